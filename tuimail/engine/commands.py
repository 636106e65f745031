"""What a user may ask for: every command shows at once and can be undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tuimail.model.draft import Draft
from tuimail.model.mail import AccountName, Flag, MailboxId, MessageKey
from tuimail.model.outbox import Posting

UNDO_SEND = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Delete:
    """To the trash; from the trash for good, ten minutes later."""

    keys: frozenset[MessageKey]


@dataclass(frozen=True, slots=True)
class Archive:
    keys: frozenset[MessageKey]


@dataclass(frozen=True, slots=True)
class Spam:
    """To the junk mailbox, marked $Junk."""

    keys: frozenset[MessageKey]


@dataclass(frozen=True, slots=True)
class Move:
    keys: frozenset[MessageKey]
    target: MailboxId


@dataclass(frozen=True, slots=True)
class Copy:
    keys: frozenset[MessageKey]
    target: MailboxId


@dataclass(frozen=True, slots=True)
class Mark:
    """`by_itself`: read by opening it, which is no step of undo; it is taken back with the
    command that opened the message, recorded at `act`, if one did."""

    keys: frozenset[MessageKey]
    add: frozenset[Flag] = frozenset()
    remove: frozenset[Flag] = frozenset()
    by_itself: bool = False
    act: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """These stay on their POP3 server, or (not `kept`) leave it as its settings say."""

    keys: frozenset[MessageKey]
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring these bodies here, before all others; `BodiesArrived` tells when.

    `large`: those too that were left on a POP3 server for their size.
    """

    keys: frozenset[MessageKey]
    large: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """Queue a letter: it leaves `at` a time, else after `hold`, unless it is undone before."""

    account: AccountName
    letter: Draft | Posting
    hold: timedelta = UNDO_SEND
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CancelSending:
    """A queued letter does not leave; an unknown or refused one is given up."""

    account: AccountName
    letter: int


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The user takes it upon themselves that an unknown letter may arrive twice."""

    account: AccountName
    letter: int


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """Put a draft into the server's mailbox for drafts, instead of an earlier version of it.

    `name` is what it is called here, for ever and by no other; `origin` is a message there that
    it goes on with.
    """

    account: AccountName
    name: str
    draft: Draft
    origin: MessageKey | None = None


@dataclass(frozen=True, slots=True)
class DropDraft:
    """It was sent or thrown away: its versions on the server go to the trash.

    `by_itself`: it was sent, so that no key asked for this, which is then no step of undo.
    """

    name: str
    origin: MessageKey | None = None
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the newest command of any origin, on the server too."""


@dataclass(frozen=True, slots=True)
class Redo:
    """Carry out again what was undone last."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try a parked entry again."""

    account: AccountName
    entry: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget a parked entry."""

    account: AccountName
    entry: int


@dataclass(frozen=True, slots=True)
class Sync:
    """Push what is pending and pull, now; no accounts means all of them."""

    accounts: frozenset[AccountName] = frozenset()


Command = (
    Delete
    | Archive
    | Spam
    | Move
    | Copy
    | Mark
    | Keep
    | Fetch
    | Send
    | CancelSending
    | SendAgain
    | KeepDraft
    | DropDraft
    | Undo
    | Redo
    | Retry
    | Drop
    | Sync
)
