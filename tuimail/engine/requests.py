"""What may be asked at the engine's door: names only; mail never goes through it."""

from dataclasses import dataclass, field

from tuimail.engine.events import Connection
from tuimail.model.mail import AccountName, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Ring:
    """The account's journal has something new; these mailboxes look different now."""

    account: AccountName
    mailboxes: frozenset[MailboxName] = frozenset()


@dataclass(frozen=True, slots=True)
class FetchBodies:
    """`large`: those too that were left on a POP3 server for their size."""

    keys: frozenset[MessageKey]
    large: bool = False


@dataclass(frozen=True, slots=True)
class SyncNow:
    """No accounts means all of them."""

    accounts: frozenset[AccountName] = frozenset()


@dataclass(frozen=True, slots=True)
class Reconnect:
    accounts: frozenset[AccountName] = frozenset()


@dataclass(frozen=True, slots=True)
class GiveSecret:
    """The answer to `SecretNeeded`; never logged, never on disk (security.md S4)."""

    account: AccountName
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """End what is in flight, then leave; `newer` is the version of what takes over."""

    newer: str = ""


Request = Ring | FetchBodies | SyncNow | Reconnect | GiveSecret | Stop


@dataclass(frozen=True, slots=True)
class AccountStatus:
    account: AccountName
    connection: Connection
    reason: SafeText
    pending: int
    parked: int


@dataclass(frozen=True, slots=True)
class Status:
    """How the engine is; `attached` counts who is connected to it."""

    version: str
    pid: int
    attached: int
    accounts: tuple[AccountStatus, ...] = ()
