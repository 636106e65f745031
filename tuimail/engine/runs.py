"""Which journal entries may go to the server as one command."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tuimail.model.mail import MessageKey
from tuimail.model.operation import (
    Append,
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
)

MOST_MESSAGES = 5000


def runs_of(due: Sequence[Entry]) -> Iterator[list[Entry]]:
    """All entries in runs, in an order that is as good as theirs."""
    while due:
        run = first_run(due)
        yield run
        taken = {entry.id for entry in run}
        due = [entry for entry in due if entry.id not in taken]


def first_run(due: Sequence[Entry]) -> list[Entry]:
    """The first entry, and all later ones of the same kind that nothing before them forbids.

    An entry may overtake only what has no message in common with it; what the server had trouble
    with goes alone.
    """
    first, *others = due
    run = [first]
    if isinstance(first.operation, Copy | Append) or _goes_alone(first):
        return run
    taken = len(first.operation.keys)
    passed_over: set[MessageKey] = set()
    for entry in others:
        messages = messages_of(entry.operation)
        joins = (
            _alike(first.operation, entry.operation)
            and not _goes_alone(entry)
            and passed_over.isdisjoint(messages)
            and taken + len(messages) <= MOST_MESSAGES
        )
        if joins:
            run.append(entry)
            taken += len(messages)
        else:
            passed_over |= messages
    return run


def as_one(entries: Iterable[Entry]) -> Operation:
    """The operation that does what all entries of a run do."""
    first, *others = (entry.operation for entry in entries)
    if isinstance(first, Copy | Append):
        return first
    return replace(first, keys=first.keys.union(*(other.keys for other in others)))


def messages_of(operation: Operation) -> frozenset[MessageKey]:
    """Those that it changes, and those that it is made of."""
    if isinstance(operation, Copy):
        return operation.keys | frozenset(operation.sources)
    return operation.keys


def _goes_alone(entry: Entry) -> bool:
    """What went with others when the line broke goes with them once more: see `Push.replay`."""
    return entry.tries > (1 if entry.state is EntryState.CLAIMED else 0)


def _alike(one: Operation, other: Operation) -> bool:
    match one, other:
        case StoreFlags(), StoreFlags():
            return (one.mailbox, one.add, one.remove) == (other.mailbox, other.add, other.remove)
        case Move(), Move():
            return (one.mailbox, one.target) == (other.mailbox, other.target)
        case Expunge(), Expunge():
            return one.mailbox == other.mailbox
        case _:
            # Two copies of one message could not be told apart after a crash.
            return False
