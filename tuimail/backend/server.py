"""What all servers have in common, whatever is spoken there."""

from dataclasses import dataclass
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until we give up: on a silent line, on a handshake, on opening a line."""

    silence: float = 60
    handshake: float = 20
    opening: float = 30
    probe: float = 10
