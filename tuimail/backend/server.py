"""What all servers have in common, whatever is spoken there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Security = Literal["tls", "starttls", "none"]
Auth = Literal["password", "oauth2"]


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach one, and how to log in there.

    `fingerprint` is "sha256:" and hex of the leaf certificate; it replaces the check of CA and
    name. `sasl` is the only mechanism that may be used, in capitals; empty for any.
    """

    host: str
    port: int
    security: Security
    username: str = ""
    ca_file: Path | None = None
    fingerprint: str | None = None
    auth: Auth = "password"
    sasl: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until we give up: on a silent line, on a handshake, on opening a line.

    After `quiet` ones without a greeting it is looked whether the port is the wrong one.
    """

    silence: float = 60
    handshake: float = 20
    opening: float = 30
    probe: float = 10
    quiet: float = 3
