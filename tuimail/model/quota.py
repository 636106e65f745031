"""How full a mailbox is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """Bytes in use, and how many there may be."""

    used: int
    limit: int
