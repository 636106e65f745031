"""How to reach one IMAP account."""

from dataclasses import dataclass

from tuimail.backend.server import Patience, Security, Server

__all__ = ["MAX_MESSAGE", "ImapSettings", "Patience", "Security"]

# A larger message is a placeholder (design.md 3).
MAX_MESSAGE = 50 << 20


@dataclass(frozen=True, slots=True)
class ImapSettings(Server):
    """`pipeline` is how many commands may be under way at once, 0 for as many as serve.

    `everything`: mailboxes of others are listed also where they are not subscribed.
    """

    pipeline: int = 0
    everything: bool = False
