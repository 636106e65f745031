"""What a server says, as values: one class for each kind of response (RFC 9051 7)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tuimail.model.mail import Flag
from tuimail.model.safe_text import SafeText
from tuimail.wire.uid_set import Ranges


@dataclass(frozen=True, slots=True)
class Code:
    """A response code: its name in capitals and what follows it."""

    name: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH; `tag` is empty where it is untagged."""

    tag: str
    condition: str
    code: Code
    text: SafeText


@dataclass(frozen=True, slots=True)
class Continuation:
    """The server waits for more of a command."""

    text: bytes


class FetchRow(NamedTuple):
    """One message of FETCH; None is what the row does not tell.

    `section` says of which part `content` is: empty for a whole message. `withheld`: the row
    is about it, and does not give it (NIL, or more than is kept).
    """

    uid: int | None
    flags: frozenset[Flag] | None = None
    modseq: int = 0
    received: datetime | None = None
    size: int | None = None
    content: bytes | None = None
    section: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A response of a known kind that could not be read; `text` is the beginning of it."""

    kind: str
    text: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True)
class Exists:
    """How many messages the selected mailbox has."""

    total: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """A message went: by its number, or (VANISHED) by UID."""

    uids: Ranges
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server can do, in capitals."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListRow:
    """One mailbox of LIST or LSUB; `name` is as on the wire, attributes in lower case."""

    name: bytes
    delimiter: str | None
    attributes: frozenset[str]
    subscribed_list: bool = False


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """STATUS: the items by their names in capitals."""

    name: bytes
    items: dict[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """SEARCH or ESEARCH: what matched, or how many did."""

    uids: Ranges
    count: int | None = None


class Prefix(NamedTuple):
    """A namespace: how its mailboxes' names begin on the wire, and what divides its levels."""

    name: bytes
    delimiter: str | None


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE (RFC 2342): one's own mailboxes, other users', shared ones."""

    personal: tuple[Prefix, ...]
    others: tuple[Prefix, ...]
    shared: tuple[Prefix, ...]


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """QUOTA of one root: use and limit by the resource's name in capitals (RFC 9208 4.2.1)."""

    resources: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Other:
    """A response nobody here asks for."""

    kind: str


Untagged = (
    FetchRow
    | Unreadable
    | Exists
    | Expunged
    | Capabilities
    | ListRow
    | MailboxStatus
    | Found
    | Namespace
    | QuotaRow
    | Other
)
Response = Status | Continuation | Untagged
