"""Who writes and who reads: addresses as a terminal may show them, and as mail may be sent to."""

import re
from dataclasses import dataclass

from tuimail.model.safe_text import EMPTY, SafeText, safe_line

LONGEST = 254

# RFC 5321 4.1.2: a dot-string; a quoted one is nothing that a new letter should need.
_SENDABLE = (
    r"[^\s@<>()\[\]\\,;:\"\0-\x20\x7f-\x9f]{1,64}"
    r"@(?:[^\s@<>()\[\]\\,;:\"\0-\x20\x7f-\x9f]{1,253}|\[[0-9A-Za-z.:]{2,60}\])"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox in the sense of RFC 5322 3.4; `name` is empty where there is none."""

    name: SafeText
    address: SafeText

    @property
    def shown(self) -> SafeText:
        """The name if there is one, else the address."""
        return self.name or self.address


class BadAddress(ValueError):
    """No letter can be sent to or from it; the text is a sentence for the user."""


def check_sendable(address: str) -> str:
    """`address` itself if a letter can bear it on its envelope (security.md N11)."""
    if not re.fullmatch(_SENDABLE, address) or len(address) > LONGEST or not address.isprintable():
        shown = safe_line(address, 100) or SafeText("(nothing)")
        raise BadAddress(f"{shown} is no address that mail can be sent to")
    return address


def plain(address: str, name: str = "") -> Address:
    """An address of our own settings or typed by the user."""
    return Address(safe_line(name) if name else EMPTY, safe_line(address))
