"""Redo: what an undo took back is done again, and no more; what it did not stays as it is."""

from datetime import timedelta

import pytest

from tests.unit.store.test_undoing import pulled, refuse
from tests.unit.store.worlds import ARCHIVE, TRASH, World
from tuimail.model.mail import INBOX, SEEN, Flag, MessageKey
from tuimail.model.operation import Append, EntryState, Move, StoreFlags
from tuimail.model.sync import ServerId

NO_FLAGS, SEEN_ONLY = frozenset[Flag](), frozenset({SEEN})


def states(world: World) -> list[EntryState]:
    return [entry.state for entry in world.store.pending()]


def test_redo_goes_backwards_although_the_clock_was_set_back(world: World) -> None:
    (key,) = pulled(world, NO_FLAGS)
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.undo()
    world.now -= timedelta(hours=1)
    world.store.undo()
    world.store.redo()
    assert (world.message(key).mailbox, world.message(key).flags) == (INBOX, SEEN_ONLY)


def test_of_a_move_whose_undo_was_refused_in_part_the_rest_is_moved_again(world: World) -> None:
    there, back = pulled(world, NO_FLAGS, NO_FLAGS)
    world.record(Move(INBOX, frozenset({there, back}), ARCHIVE))
    world.push()
    world.store.undo()
    refuse(world, there)
    assert (world.shown(ARCHIVE), world.shown()) == ([there], [back])
    world.store.redo()
    assert states(world) == [EntryState.RECORDED]
    world.push()
    world.pull()
    assert (set(world.shown(ARCHIVE)), world.shown()) == ({there, back}, [])


@pytest.mark.parametrize("refused", [True, False])
def test_no_entry_of_no_message_is_left_by_a_redo(world: World, refused: bool) -> None:
    first, second = pulled(world, NO_FLAGS, NO_FLAGS)
    world.record(Move(INBOX, frozenset({first}), ARCHIVE), Move(INBOX, frozenset({second}), TRASH))
    world.push()
    world.store.undo()
    if refused:
        refuse(world)
    world.push()
    world.store.redo()
    world.push()
    world.pull()
    assert (world.shown(ARCHIVE), world.shown(TRASH)) == ([first], [second])
    assert all(entry.operation.keys for entry in world.store.history(99))
    assert world.store.pending() == []


def test_what_stands_can_be_undone_although_nothing_else_was_to_be_done_again(
    world: World,
) -> None:
    """The undo of the move was refused; the flag that it took back is there by another client."""
    read, moved = pulled(world, NO_FLAGS, NO_FLAGS)
    world.record(
        StoreFlags(INBOX, frozenset({read}), SEEN_ONLY), Move(INBOX, frozenset({moved}), ARCHIVE)
    )
    world.push()
    world.store.undo()
    refuse(world, moved)
    world.push()
    world.server.flags[world.token_of[read]] = SEEN_ONLY
    world.pull()
    assert [entry.operation.keys for entry in world.store.redo()] == [{moved}]
    assert world.store.pending() == []
    world.store.undo()
    world.push()
    world.pull()
    assert set(world.shown()) == {read, moved}
    assert world.message(read).flags == SEEN_ONLY


def appended(world: World) -> MessageKey:
    (key,) = map(MessageKey, world.store.allot_keys(1))
    draft = Append(ARCHIVE, key, SEEN_ONLY, world.now, "1@example.org")
    world.store.record([draft], content=b"Subject: x\r\n\r\n")
    return key


def test_an_append_that_no_server_has_heard_of_is_redone_with_its_bytes(world: World) -> None:
    key = appended(world)
    world.store.undo()
    assert world.store.pending() == []
    (again,) = world.store.redo()
    assert isinstance(again.operation, Append)
    assert again.operation.message_id == "1@example.org"
    assert again.operation.key != key
    assert world.store.content(again) == b"Subject: x\r\n\r\n"
    assert world.store.due(world.now) == [again]


def test_an_append_whose_bytes_are_gone_is_not_redone(world: World) -> None:
    key = appended(world)
    (claimed,) = world.store.claim([world.store.pending()[0].id], ServerId(1, 1))
    world.store.settle(claimed, {key: ServerId(1, 1)})
    world.store.undo()
    (inverse,) = world.store.claim([world.store.pending()[0].id], ServerId(1, 1))
    world.store.settle(inverse, {key: None})
    assert world.store.redo() == []
    assert world.store.pending() == []


def test_a_command_that_changes_nothing_leaves_what_can_be_redone(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.undo()
    assert world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY)) == []
    assert world.store.redo()
    assert world.shown(ARCHIVE) == [key]
