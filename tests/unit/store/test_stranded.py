"""A change that was overtaken: its message is elsewhere, and nothing brings it back."""

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import INBOX, SEEN, MessageKey
from tuimail.model.operation import Copy, Entry, EntryState, Move, Operation, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import ServerId
from tuimail.store.outgoing import Stranded

NO = SafeText("the message is elsewhere")


def overtaken(world: World, operation: Operation) -> Entry:
    """A change that is recorded for a message in INBOX, which was moved before it was made."""
    (key,) = world.shown()
    (entry,) = world.record(operation)
    (later,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.settle(world.claim(later), {key: ServerId(1, 9)})
    return entry


def flags_of(key: MessageKey) -> StoreFlags:
    return StoreFlags(INBOX, frozenset({key}), add=frozenset({SEEN}))


def test_a_change_whose_message_is_elsewhere_is_found(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    entry = overtaken(world, flags_of(key))
    assert world.store.due(world.now) == []
    (stranded,) = world.store.stranded()
    assert stranded == Stranded(entry, frozenset({key}), ARCHIVE)
    world.store.park(entry, NO, stranded.keys)
    assert not world.store.stranded()
    assert [each.state for each in world.store.pending()] == [EntryState.PARKED]


def test_a_copy_whose_source_is_elsewhere_is_found(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    entry = overtaken(world, Copy(INBOX, (key,), (copy,), TRASH))
    assert world.store.stranded() == [Stranded(entry, frozenset({copy}), ARCHIVE)]


def test_a_part_whose_messages_are_elsewhere_is_found(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    world.record(StoreFlags(INBOX, frozenset({first, second}), add=frozenset({SEEN})))
    (later,) = world.record(Move(INBOX, frozenset({first}), ARCHIVE))
    world.store.settle(world.claim(later), {first: ServerId(1, 9)})
    (stranded,) = world.store.stranded()
    assert stranded.keys == {first}
    world.store.park(stranded.entry, NO, stranded.keys)
    (due,) = world.store.due(world.now)
    assert due.operation.keys == {second}


def test_what_an_earlier_change_brings_is_not_lost(world: World) -> None:
    """Nor what is in its place, nor what waits for the pull that tells its UID."""
    (key,) = world.hold([delivery(1)])
    (move,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.record(StoreFlags(ARCHIVE, frozenset({key}), add=frozenset({SEEN})))
    assert world.store.stranded() == []
    claimed = world.claim(move)
    world.record(Move(ARCHIVE, frozenset({key}), INBOX))
    assert world.store.stranded() == []
    world.store.settle(claimed, {key: None})
    assert world.store.stranded() == []
