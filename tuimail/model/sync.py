"""What a backend tells about its server, and what it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from tuimail.model.mail import Flag, MailboxName, Role
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True, order=True)
class ServerId:
    """A message's name on its server: UIDVALIDITY and UID (RFC 9051 2.3.1.1)."""

    validity: int
    uid: int


# An unknown UIDVALIDITY is 0.
NOWHERE = ServerId(0, 0)


def numbered_anew(validity: int, now: int) -> bool:
    """Whether UIDs told under `validity` mean nothing `now`."""
    return 0 not in (validity, now) and validity != now


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a mailbox was pulled: stored once all that came before it is stored.

    `modseq` is 0 where the server keeps none (RFC 7162); `total` is the server's count.
    """

    validity: int
    next_uid: int
    modseq: int = 0
    total: int = 0
    unseen: int = 0

    @property
    def next_id(self) -> ServerId:
        return ServerId(self.validity, self.next_uid)


@dataclass(frozen=True, slots=True)
class ServerMailbox:
    """One mailbox as LIST and STATUS tell it; `status` is None if not selectable.

    `prefix` is how the names of one's own mailboxes begin, where the server has said it: the
    inbox tells it for all of them.
    """

    name: MailboxName
    role: Role = Role.NONE
    delimiter: str | None = "/"
    selectable: bool = True
    subscribed: bool = True
    status: Bookmark | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Unlisted:
    """How many rows of a list of mailboxes could not be read, and how some of them look."""

    count: int = 0
    rows: tuple[SafeText, ...] = ()

    @property
    def words(self) -> str:
        what = "1 of its rows" if self.count == 1 else f"{self.count} of its rows"
        shown = ", ".join(self.rows)
        return f"{what} cannot be read ({shown}), and what it tells is not here"


NONE_UNLISTED = Unlisted()


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a mailbox since a bookmark.

    `reset`: UIDVALIDITY is another one; `arrived` then lists everything and nothing that
    was known counts. `arrived` are UIDs in ascending order; `flags` holds those of known
    messages that may have changed; `vanished` those that are gone. `keywords_kept` is
    False where PERMANENTFLAGS lacks `\\*`. `unreadable` is how many messages the server
    counts and does not list: then nothing is known to have vanished.
    """

    bookmark: Bookmark
    reset: bool = False
    arrived: Sequence[int] = ()
    vanished: Sequence[int] = ()
    flags: Mapping[int, frozenset[Flag]] = field(default_factory=dict)
    keywords_kept: bool = True
    unreadable: int = 0


class Part(Enum):
    """How much of a message to fetch; never sets \\Seen.

    HEADERS are at least the fields that an Envelope is made of and Content-Type.
    """

    HEADERS = auto()
    FULL = auto()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as the server sent it: `content` is the header block or all of it.

    A header block may hold only the fields that an `Envelope` and a first look need. An
    empty `content` means a message above what a backend takes (`size` tells it), or, with a
    `size` of 0, one whose row could not be read. `here`: all of it is on this machine, and
    need not be kept a second time.
    """

    uid: int
    flags: frozenset[Flag]
    received: datetime
    size: int
    content: bytes
    here: bool = False
