"""What a user may ask for: every command shows at once and can be undone."""

from dataclasses import dataclass

from tuimail.model.mail import AccountName, Flag, MailboxId, MessageKey


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
    keys: frozenset[MessageKey]
    add: frozenset[Flag] = frozenset()
    remove: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring these bodies here, before all others; `BodiesArrived` tells when."""

    keys: frozenset[MessageKey]


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


Command = Delete | Archive | Spam | Move | Copy | Mark | Fetch | Undo | Redo | Retry | Drop | Sync
