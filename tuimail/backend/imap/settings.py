"""How to reach one IMAP account."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# A larger message is a placeholder (design.md 3).
MAX_MESSAGE = 50 << 20

Security = Literal["tls", "starttls", "none"]


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


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until we give up: on a silent line, on a handshake, on opening a line."""

    silence: float = 60
    handshake: float = 20
    opening: float = 30
    probe: float = 10
