"""The line to the terminal, as those who draw see it."""

from collections.abc import Callable
from typing import Protocol


class Line(Protocol):
    """Takes bytes while it is ready; whoever finds it busy waits and then sends the newest.

    `send` takes everything it is given, but after it `ready` is False until the terminal has
    taken it; `on_ready` is called each time that `ready` turns True again.
    """

    on_ready: Callable[[], None] | None

    @property
    def ready(self) -> bool: ...

    def send(self, data: bytes) -> None:
        """Write `data` as one piece, now or as the terminal takes it. Never blocks or raises."""
