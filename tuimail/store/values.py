"""Where an account lives, what a store fails with, and how it tells the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


class StoreError(Exception):
    """The store cannot do it; the text is one sentence for the user. Nothing was changed."""


class CacheLost(StoreError):
    """The index went away under a pull; a new one has begun, so pull from nothing."""


@dataclass(frozen=True, slots=True)
class AccountFolders:
    """Where one account lives: `data` is not re-creatable, `cache` may go at any time."""

    data: Path
    cache: Path


def utc_now() -> datetime:
    return datetime.now(UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
