"""Entries that wait keep their place, and are there for whoever tries, drops or undoes them."""

from datetime import timedelta

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, World
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MessageKey
from tuimail.model.operation import Entry, EntryState, Move, StoreFlags
from tuimail.model.safe_text import SafeText

NONE = frozenset[Flag]()
BUSY = SafeText("The server has trouble.")
SOON = timedelta(minutes=1)


@pytest.fixture
def keys(world: World) -> list[MessageKey]:
    return pulled(world, NONE, NONE)


def flag(world: World, *keys: MessageKey) -> Entry:
    (entry,) = world.record(StoreFlags(INBOX, frozenset(keys), frozenset({FLAGGED})))
    return entry


def unflag(world: World, *keys: MessageKey) -> Entry:
    (entry,) = world.record(StoreFlags(INBOX, frozenset(keys), remove=frozenset({FLAGGED})))
    return entry


def ids(entries: list[Entry]) -> list[int]:
    return [entry.id for entry in entries]


def test_a_part_shows_and_goes_where_the_whole_stood(world: World, keys: list[MessageKey]) -> None:
    first, second = keys
    claimed = world.claim(flag(world, first, second))
    later = unflag(world, second)
    part = world.store.part(claimed, {second})
    assert part is not None
    assert part.id > later.id
    assert world.message(second).flags == NONE
    assert world.message(first).flags == {FLAGGED}
    world.store.postpone(part, BUSY, world.now + SOON)
    assert world.message(second).flags == NONE
    assert world.store.due(world.now) == []
    world.now += SOON
    assert ids(world.store.due(world.now)) == [part.id, later.id]


def test_what_depends_on_a_part_that_is_refused_goes_with_it(
    world: World, keys: list[MessageKey]
) -> None:
    first, second = keys
    (entry,) = world.record(Move(INBOX, frozenset(keys), ARCHIVE))
    claimed = world.claim(entry)
    world.record(StoreFlags(ARCHIVE, frozenset(keys), frozenset({SEEN})))
    part = world.store.part(claimed, {second})
    assert part is not None
    world.store.park(part, BUSY)
    assert world.message(second).flags == NONE
    assert world.message(first).flags == {SEEN}
    assert world.shown() == [second]


def test_nothing_is_parted_from_what_is_not_claimed(world: World, keys: list[MessageKey]) -> None:
    entry = flag(world, *keys)
    assert world.store.part(entry, {keys[0]}) is None
    claimed = world.claim(entry)
    assert world.store.part(claimed, set()) is None
    for wanted in ({*keys}, {*keys, MessageKey(1)}):
        whole = world.store.part(claimed, wanted)
        assert whole is not None
        assert whole.id == entry.id
    assert world.store.part(claimed, {MessageKey(1)}) is None


def test_it_is_due_again_at_its_time_and_says_so(world: World, keys: list[MessageKey]) -> None:
    claimed = world.claim(flag(world, keys[0]))
    until = world.now + SOON
    world.store.postpone(claimed, BUSY, until)
    (entry,) = world.store.pending()
    assert (entry.state, entry.tries, entry.try_at, entry.reason) == (
        EntryState.RECORDED,
        1,
        until,
        BUSY,
    )
    assert entry.waits
    assert (world.store.due(world.now), world.store.next_timer()) == ([], until)
    world.now = until
    assert ids(world.store.due(world.now)) == [claimed.id]
    assert world.store.next_timer() is None
    world.push()
    assert world.store.pending() == []


def test_of_two_times_the_later_one_counts(world: World, keys: list[MessageKey]) -> None:
    soon, late = world.now + SOON, world.now + 2 * SOON
    drafts = [StoreFlags(INBOX, frozenset({keys[0]}), frozenset({FLAGGED}))]
    (entry,) = world.store.record(drafts, not_before=late)
    world.store.postpone(world.claim(entry), BUSY, soon)
    assert world.store.next_timer() == late
    assert world.store.due(soon) == []
    assert ids(world.store.due(late)) == [entry.id]


def test_what_is_in_doubt_stays_claimed_till_its_time(world: World, keys: list[MessageKey]) -> None:
    claimed = world.claim(flag(world, keys[0]))
    world.store.leave_in_doubt([claimed], BUSY, world.now + SOON)
    assert (world.store.unfinished(), world.store.due(world.now)) == ([], [])
    assert world.store.next_timer() == world.now + SOON
    world.now += SOON
    ((again, _),) = world.store.unfinished()
    assert (again.id, again.tries, again.state) == (claimed.id, 1, EntryState.CLAIMED)
    (taken,) = world.store.take_up([again])
    assert taken.try_at is None
    assert not world.store.drop(claimed.id)


def test_what_is_in_doubt_can_be_dropped_till_it_is_taken_up(
    world: World, keys: list[MessageKey]
) -> None:
    claimed = world.claim(flag(world, keys[0]))
    assert not world.store.drop(claimed.id)
    world.store.leave_in_doubt([claimed], BUSY, world.now)
    assert world.store.drop(claimed.id)
    assert not world.store.drop(claimed.id)
    assert world.store.take_up([claimed]) == []
    assert (world.store.pending(), world.message(keys[0]).flags) == ([], NONE)


def test_dropping_an_undone_entry_forgets_its_undo_too(
    world: World, keys: list[MessageKey]
) -> None:
    claimed = world.claim(flag(world, keys[0]))
    world.store.leave_in_doubt([claimed], BUSY, world.now)
    world.store.undo()
    assert len(world.store.pending()) == 2
    assert world.store.drop(claimed.id)
    assert world.store.pending() == []


def test_what_was_undone_meanwhile_is_not_tried_again(world: World, keys: list[MessageKey]) -> None:
    claimed = world.claim(flag(world, keys[0]))
    world.store.undo()
    world.store.postpone(claimed, BUSY, world.now)
    assert world.store.pending() == []
    assert world.message(keys[0]).flags == NONE


def test_what_waits_is_hastened_and_nothing_else(world: World, keys: list[MessageKey]) -> None:
    first, second = flag(world, keys[0]), flag(world, keys[1])
    assert not world.store.retry(second.id)
    world.store.postpone(world.claim(first), BUSY, world.now + SOON)
    assert world.store.retry(first.id)
    assert not world.store.retry(first.id)
    assert ids(world.store.due(world.now)) == [first.id, second.id]
    (entry, _) = world.store.pending()
    assert entry.tries == 1
    assert world.store.drop(first.id)
    assert ids(world.store.pending()) == [second.id]


def test_what_has_ended_neither_waits_nor_is_taken_up(world: World, keys: list[MessageKey]) -> None:
    claimed = world.claim(flag(world, keys[0]))
    world.store.settle(claimed, world.perform(claimed))
    world.store.postpone(claimed, BUSY, world.now + SOON)
    world.store.leave_in_doubt([claimed], BUSY, world.now + SOON)
    assert world.store.take_up([claimed]) == []
    assert (world.store.pending(), world.store.next_timer()) == ([], None)
    assert world.store.history(1)[0].state is EntryState.SETTLED
    world.store.undo()
    before = world.store.history(9)
    world.store.postpone(claimed, BUSY, world.now + SOON)
    assert world.store.history(9) == before


def test_a_new_try_counts_on(world: World, keys: list[MessageKey]) -> None:
    entry = flag(world, keys[0])
    for tries in range(1, 4):
        world.store.postpone(world.claim(entry), BUSY, world.now)
        assert [each.tries for each in world.store.pending()] == [tries]
