"""How to reach one POP3 account."""

from dataclasses import dataclass
from pathlib import Path

from tuimail.backend.server import Security


@dataclass(frozen=True, slots=True)
class Pop3Settings:
    """`fingerprint` is "sha256:" and hex of the leaf certificate; it replaces CA and name."""

    host: str
    port: int
    security: Security
    username: str
    ca_file: Path | None = None
    fingerprint: str | None = None
