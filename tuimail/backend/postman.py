"""What an engine may ask of a server that takes letters, and how that ends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tuimail.model.safe_text import SafeText


class Unknown(Exception):
    """The final dot has left and no answer came; the text is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a recipient was not accepted, and whether it may be later."""

    reason: SafeText
    for_good: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server has the letter for all recipients but these."""

    refusals: Mapping[str, Refusal] = field(default_factory=dict)


class Postman(Protocol):
    """Takes letters to one server."""

    async def deliver(
        self,
        sender: str,
        recipients: Sequence[str],
        content: bytes,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Receipt:
        """Return once the server has it; `before_dot` is over before the final dot leaves.

        Raises Unreachable, NotAuthorized and Refused while the server surely has nothing,
        Unknown if it may have the letter.
        """

    def leave(self) -> None:
        """No letter follows soon: keep nothing open."""


def listed(refusals: Mapping[str, Refusal]) -> str:
    """Each recipient with the server's reason."""
    return "; ".join(f"{address} ({refusal.reason})" for address, refusal in refusals.items())
