"""The engine's news: names of what changed, never data; may be merged, repeated or late."""

from dataclasses import dataclass
from enum import StrEnum

from tuimail.model.mail import AccountName, MailboxId, MessageKey
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class MailboxChanged:
    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class MailboxesChanged:
    """Mailboxes came, went, or are other ones; read them all again."""

    account: AccountName


@dataclass(frozen=True, slots=True)
class JournalChanged:
    """Something was recorded, settled, parked or withdrawn."""

    account: AccountName


@dataclass(frozen=True, slots=True)
class OutboxChanged:
    """A letter was queued or cancelled, left, or came back."""

    account: AccountName


@dataclass(frozen=True, slots=True)
class BodiesArrived:
    keys: frozenset[MessageKey]


@dataclass(frozen=True, slots=True)
class BodiesFailed:
    """A `Fetch` could not be served now; the reason is for the user."""

    keys: frozenset[MessageKey]
    reason: SafeText


@dataclass(frozen=True, slots=True)
class OperationParked:
    account: AccountName
    entry: int
    reason: SafeText


class Connection(StrEnum):
    ONLINE = "online"
    CONNECTING = "connecting"
    OFFLINE = "offline"
    NEEDS_SECRET = "needs password"  # noqa: S105 (words for the user)
    NEEDS_TOKEN = "needs token"  # noqa: S105 (words for the user)

    @property
    def needs_help(self) -> bool:
        """Whether only the user can let it go on."""
        return self in (Connection.NEEDS_SECRET, Connection.NEEDS_TOKEN)


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """`reason` is a sentence for the user, empty while all is well.

    Online with a reason: the server refuses some of the mail.
    """

    account: AccountName
    connection: Connection
    reason: SafeText = SafeText("")


@dataclass(frozen=True, slots=True)
class SecretNeeded:
    """The server wants a password that the engine does not have; see `Mail.give_secret`.

    An access token (`token`) cannot be typed: the settings' command has to print another one.
    """

    account: AccountName
    reason: SafeText = SafeText("")
    token: bool = False


@dataclass(frozen=True, slots=True)
class ServerAlert:
    """What a server wants the user to read, in its own words (RFC 9051 7.1, ALERT)."""

    account: AccountName
    text: SafeText

    @property
    def sentence(self) -> str:
        return f"{self.account}: the server says: {self.text}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work: `done` of `total` (0: unknown) messages; the last has done == total."""

    account: AccountName
    what: SafeText
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SyncFinished:
    """Closes a `Sync`: the object of contract.md's `sync --json`; `exit` is 0, 1 or 75.

    `here` counts changes that its server keeps no trace of: flags that live on this machine.
    """

    account: AccountName
    exit: int
    error: SafeText = SafeText("")
    new: int = 0
    removed: int = 0
    flags_changed: int = 0
    pushed: int = 0
    here: int = 0
    pending: int = 0
    parked: int = 0
    mailboxes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EngineGone:
    """The engine is not there any more and stays away; the reason is for the user.

    `outdated`: a newer version took over, so this program must not change anything.
    """

    reason: SafeText
    outdated: bool = False


Event = (
    MailboxChanged
    | MailboxesChanged
    | JournalChanged
    | OutboxChanged
    | BodiesArrived
    | BodiesFailed
    | OperationParked
    | ConnectionChanged
    | SecretNeeded
    | ServerAlert
    | Progress
    | SyncFinished
    | EngineGone
)
