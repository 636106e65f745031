"""What the engine gives a store and gets from it besides the model's own values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tuimail.model.mail import Envelope, Flag, MailboxName, MessageKey
from tuimail.model.operation import Copy, Entry, Move
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class Failed:
    """Something that was asked for in vain; `sure`: it was asked for alone, or refused."""

    reason: SafeText
    sure: bool = True
    broke: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as it enters the index.

    `missed` makes a placeholder of it, `received` now: why not even its header came.
    `here`: its bytes are a file of this machine's, and not to be kept a second time.
    """

    uid: int
    validity: int
    flags: frozenset[Flag]
    received: datetime
    size: int
    envelope: Envelope
    attachments: tuple[SafeText, ...] = ()
    missed: Failed | None = None
    here: bool = False


@dataclass(frozen=True, slots=True)
class Touched:
    """Which mailboxes look different now, and how many messages made them so."""

    mailboxes: frozenset[MailboxName] = frozenset()
    arrived: int = 0
    removed: int = 0
    flags_changed: int = 0

    @classmethod
    def by(cls, entries: Iterable[Entry]) -> "Touched":
        """What these operations touch."""
        operations = [entry.operation for entry in entries]
        targets = {each.target for each in operations if isinstance(each, Move | Copy)}
        return cls(frozenset(targets | {each.mailbox for each in operations}))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message whose bytes are not here yet, and where the server has it.

    `suspect`: it could not be had before; let it spoil nothing for others.
    """

    mailbox: MailboxName
    validity: int
    uid: int
    key: MessageKey
    size: int
    suspect: bool = False
