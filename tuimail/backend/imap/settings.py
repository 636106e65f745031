"""How to reach one IMAP account."""

from dataclasses import dataclass
from pathlib import Path

from tuimail.backend.server import Patience, Security

__all__ = ["MAX_MESSAGE", "ImapSettings", "Patience", "Security"]

# A larger message is a placeholder (design.md 3).
MAX_MESSAGE = 50 << 20


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """`fingerprint` is "sha256:" and hex of the leaf certificate; it replaces CA and name.

    `pipeline` is how many commands may be under way at once, 0 for as many as serve.
    """

    host: str
    port: int
    security: Security
    username: str
    ca_file: Path | None = None
    fingerprint: str | None = None
    pipeline: int = 0
