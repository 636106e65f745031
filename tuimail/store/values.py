"""What goes into a store and comes out of it besides the model's own values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tuimail.model.mail import Envelope, Flag, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText


class StoreError(Exception):
    """The store cannot do it; the text is one sentence for the user. Nothing was changed."""


class CacheLost(StoreError):
    """The index went away under a pull; a new one has begun, so pull from nothing."""


@dataclass(frozen=True, slots=True)
class AccountFolders:
    """Where one account lives: `data` is not re-creatable, `cache` may go at any time."""

    data: Path
    cache: Path


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it enters the index; `unreadable` makes a placeholder row.

    `here`: its bytes are a file of this machine's, and not to be kept a second time.
    """

    uid: int
    validity: int
    flags: frozenset[Flag]
    received: datetime
    size: int
    envelope: Envelope
    attachments: tuple[SafeText, ...] = ()
    unreadable: bool = False
    here: bool = False


@dataclass(frozen=True, slots=True)
class Touched:
    """Which mailboxes look different now, and how many messages made them so."""

    mailboxes: frozenset[MailboxName] = frozenset()
    arrived: int = 0
    removed: int = 0
    flags_changed: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message whose bytes are not here yet, and where the server has it."""

    mailbox: MailboxName
    validity: int
    uid: int
    key: MessageKey
    size: int


def utc_now() -> datetime:
    return datetime.now(UTC)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
