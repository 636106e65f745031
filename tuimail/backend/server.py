"""What all servers have in common, whatever is spoken there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach one; `fingerprint` is "sha256:" and hex of the leaf certificate.

    It replaces the check of CA and name.
    """

    host: str
    port: int
    security: Security
    username: str = ""
    ca_file: Path | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until we give up: on a silent line, on a handshake, on opening a line."""

    silence: float = 60
    handshake: float = 20
    opening: float = 30
    probe: float = 10
