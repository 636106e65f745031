"""What no key asked for is no step of undo; it comes and goes with what it belongs to."""

from datetime import datetime, timedelta

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, World
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MessageKey
from tuimail.model.operation import EntryState, Move, StoreFlags
from tuimail.store.recording import by_itself

SEEN_ONLY = frozenset({SEEN})


def read(world: World, key: MessageKey, act: datetime | None = None) -> None:
    world.now += timedelta(seconds=1)
    world.store.record([StoreFlags(INBOX, frozenset({key}), SEEN_ONLY)], how=by_itself(act))


def archive(world: World, key: MessageKey) -> datetime:
    world.now += timedelta(seconds=1)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    return entry.recorded


@pytest.mark.parametrize("told", [False, True])
def test_undo_of_the_act_takes_back_the_mark_that_belongs_to_it(
    world: World, *, told: bool
) -> None:
    first, second = pulled(world, SEEN_ONLY, frozenset())
    act = archive(world, first)
    read(world, second, act)
    if told:
        world.push()
    (undone,) = world.store.undo()
    assert undone.operation == Move(INBOX, frozenset({first}), ARCHIVE)
    world.store.undo_parts(act)
    assert set(world.shown()) == {first, second}
    assert world.message(second).unread
    world.push()
    assert world.server.flags[world.token_of[second]] == frozenset()


def test_redo_marks_it_again_and_another_undo_takes_both_back(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, frozenset())
    act = archive(world, first)
    read(world, second, act)
    world.now += timedelta(seconds=1)
    world.store.undo()
    world.store.undo_parts(act)
    top = world.store.newest_redoable()
    assert top is not None
    (again,) = world.store.redo()
    (part,) = world.store.redo_parts(top[0])
    assert part.undoes == 0
    assert not world.message(second).unread
    assert world.store.newest_redoable() is None
    world.now += timedelta(seconds=1)
    world.store.undo()
    world.store.undo_parts(again.recorded)
    assert world.message(second).unread


def test_what_belongs_to_no_act_is_never_undone(world: World) -> None:
    (key,) = pulled(world, frozenset())
    read(world, key)
    assert [entry.undoes for entry in world.store.pending()] == [0]
    assert world.store.newest_undoable() is None
    assert world.store.undo() == []
    assert world.store.undo_parts(world.now) == []
    assert not world.message(key).unread


def test_a_mark_by_itself_leaves_what_can_be_redone(world: World) -> None:
    first, second = pulled(world, frozenset(), frozenset())
    archive(world, first)
    world.store.undo()
    read(world, second)
    assert world.store.redo()
    assert world.shown(ARCHIVE) == [first]


def test_only_the_marks_of_that_act_go_with_it(world: World) -> None:
    first, second, third = pulled(world, SEEN_ONLY, frozenset(), frozenset())
    earlier = archive(world, first)
    read(world, second, earlier)
    later = archive(world, second)
    read(world, third, later)
    world.store.undo()
    world.store.undo_parts(later)
    assert world.message(third).unread
    assert not world.message(second).unread


def test_what_the_user_changed_since_stays(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, frozenset())
    act = archive(world, first)
    read(world, second, act)
    world.now += timedelta(seconds=1)
    world.record(StoreFlags(INBOX, frozenset({second}), frozenset({FLAGGED})))
    world.store.undo()
    world.store.undo()
    world.store.undo_parts(act)
    assert world.message(second).flags == frozenset()


def test_the_list_of_what_was_done_leaves_it_out(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, frozenset())
    act = archive(world, first)
    read(world, second, act)
    assert [type(entry.operation) for entry in world.store.history(9)] == [Move]
    states = [entry.state for entry in world.store.pending()]
    assert states == [EntryState.RECORDED, EntryState.RECORDED]
