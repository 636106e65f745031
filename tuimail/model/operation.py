"""What the journal holds and what a backend performs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from tuimail.model.mail import AccountName, Flag, MailboxName, Message, MessageKey
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class StoreFlags:
    """Add and remove flags (RFC 9051 6.4.6)."""

    mailbox: MailboxName
    keys: frozenset[MessageKey]
    add: frozenset[Flag] = frozenset()
    remove: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class Move:
    """Move to another mailbox (RFC 6851); the target is created when missing."""

    mailbox: MailboxName
    keys: frozenset[MessageKey]
    target: MailboxName


@dataclass(frozen=True, slots=True)
class Copy:
    """Copy to another mailbox. `keys` are the copies' own keys, `sources` what they copy.

    The two tuples run in parallel; the copies are shown in the target at once.
    """

    mailbox: MailboxName
    sources: tuple[MessageKey, ...]
    copies: tuple[MessageKey, ...]
    target: MailboxName

    @property
    def keys(self) -> frozenset[MessageKey]:
        return frozenset(self.copies)


@dataclass(frozen=True, slots=True)
class Expunge:
    """Delete for good: these messages only, never a plain EXPUNGE (RFC 4315)."""

    mailbox: MailboxName
    keys: frozenset[MessageKey]


@dataclass(frozen=True, slots=True)
class Append:
    """Put a new message into a mailbox; its bytes wait in the data folder under `key`.

    `unless_there`: a message with its Message-ID, whoever put it there, takes its place.
    """

    mailbox: MailboxName
    key: MessageKey
    flags: frozenset[Flag]
    received: datetime
    message_id: str
    unless_there: bool = False

    @property
    def keys(self) -> frozenset[MessageKey]:
        return frozenset({self.key})


Operation = StoreFlags | Move | Copy | Expunge | Append


class EntryState(StrEnum):
    """recorded → claimed → settled, or parked, or withdrawn (design.md 2)."""

    RECORDED = "recorded"
    CLAIMED = "claimed"
    SETTLED = "settled"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation in the journal; entries of one command share `group`.

    `not_before` holds a deletion back for its ten minutes; `undoes` names the group that
    this entry takes back; `reason` says why it was parked, or why it waits. `tries` counts the
    times in a row that the server could not carry it out, or the line broke at it; until
    `try_at` nobody tries again.
    """

    id: int
    account: AccountName
    group: int
    operation: Operation
    state: EntryState
    recorded: datetime
    not_before: datetime | None = None
    undoes: int | None = None
    undone: bool = False
    reason: SafeText = SafeText("")
    tries: int = 0
    try_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether the server had trouble with it, so that the others go first."""
        return self.tries > 0 and self.state in (EntryState.RECORDED, EntryState.CLAIMED)


def narrowed(operation: Operation, keys: Iterable[MessageKey]) -> Operation:
    """The same for `keys` only."""
    wanted = frozenset(keys)
    match operation:
        case Append():
            return operation
        case Copy(sources=sources, copies=copies):
            pairs = [pair for pair in zip(sources, copies, strict=True) if pair[1] in wanted]
            return replace(
                operation,
                sources=tuple(source for source, _ in pairs),
                copies=tuple(copy for _, copy in pairs),
            )
        case _:
            return replace(operation, keys=operation.keys & wanted)


def overlay(message: Message, pending: Iterable[Operation]) -> Message | None:
    """Return `message` as it will be once `pending` has run, None if gone.

    The rule that the store's query must agree with; tests hold one against the other.
    """
    for operation in pending:
        if message.key not in operation.keys:
            continue
        match operation:
            case StoreFlags(add=add, remove=remove):
                message = replace(message, flags=message.flags - remove | add)
            case Move(target=target) | Copy(target=target):
                message = replace(message, mailbox=target)
            case Expunge():
                return None
            case Append(mailbox=mailbox):
                message = replace(message, mailbox=mailbox)
            case _:
                assert_never(operation)
    return message
