"""Undo is exact, message by message, whether the server has heard of it or not."""

from datetime import timedelta

import pytest

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MessageKey
from tuimail.model.operation import Copy, EntryState, Expunge, Move, StoreFlags
from tuimail.model.safe_text import SafeText

SEEN_ONLY = frozenset({SEEN})


def pulled(world: World, *flags: frozenset[Flag]) -> list[MessageKey]:
    """Messages in the inbox of server and store, newest last."""
    tokens = [world.server.receive(INBOX, its) for its in flags]
    world.pull()
    return [next(k for k, t in world.token_of.items() if t == token) for token in tokens]


def test_undo_withdraws_what_no_engine_has_claimed(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    (undone,) = world.store.undo()
    assert undone.state is EntryState.WITHDRAWN
    assert undone.undone
    assert world.store.pending() == []
    assert world.shown() == [key]


def test_nothing_to_undo_is_said_by_an_empty_answer(world: World) -> None:
    assert world.store.undo() == []
    assert world.store.redo() == []
    assert world.store.newest_undoable() is None


def test_what_was_read_before_stays_read(world: World) -> None:
    unread, seen = pulled(world, frozenset(), SEEN_ONLY)
    world.record(StoreFlags(INBOX, frozenset({unread, seen}), frozenset({SEEN, FLAGGED})))
    world.push()
    world.store.undo()
    world.push()
    world.pull()
    assert world.message(unread).flags == frozenset()
    assert world.message(seen).flags == {SEEN}
    assert world.server.flags[world.token_of[seen]] == {SEEN}


def test_a_settled_move_is_undone_on_the_server(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.store.undo()
    assert world.shown() == [key]
    world.push()
    world.pull()
    assert world.shown() == [key]
    assert world.shown(ARCHIVE) == []
    assert [e for e in world.store.history(9) if e.undoes] == [world.store.history(1)[0]]


def test_a_claimed_entry_is_undone_by_its_inverse(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.claim(entry)
    world.store.undo()
    assert world.shown() == [key]
    claimed, inverse = world.store.pending()
    assert claimed.undone
    assert (inverse.operation, inverse.undoes) == (
        Move(ARCHIVE, frozenset({key}), INBOX),
        entry.group,
    )
    assert world.store.due(world.now) == []
    world.store.settle(claimed, world.perform(claimed))
    world.push()
    world.pull()
    assert world.shown() == [key]


def test_a_refused_entry_that_was_undone_leaves_nothing_to_do(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.claim(entry)
    world.store.undo()
    world.store.park(entry, SafeText("no"))
    assert world.store.pending() == []
    assert world.shown() == [key]


def test_undo_of_a_copy_takes_the_copy_only(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.push()
    assert world.shown(ARCHIVE) == [copy]
    world.store.undo()
    world.push()
    world.pull()
    assert world.shown(ARCHIVE) == []
    assert world.shown() == [key]


def test_a_deletion_for_good_can_be_undone_until_it_is_claimed(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, SEEN_ONLY)
    later = world.now + timedelta(minutes=10)
    world.store.record([Expunge(INBOX, frozenset({first}))], not_before=later)
    world.store.undo()
    assert first in world.shown()
    world.record(Expunge(INBOX, frozenset({second})))
    world.push()
    assert world.store.undo() == []
    assert second not in world.shown(None)


def test_commands_are_undone_newest_first_and_redone_in_turn(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.undo()
    world.store.undo()
    assert (world.message(key).mailbox, world.message(key).flags) == (INBOX, frozenset())
    world.store.redo()
    assert (world.message(key).mailbox, world.message(key).flags) == (INBOX, SEEN_ONLY)
    world.store.redo()
    assert (world.message(key).mailbox, world.message(key).flags) == (ARCHIVE, SEEN_ONLY)
    assert world.store.redo() == []
    world.push()
    world.pull()
    assert world.message(key).mailbox == ARCHIVE


def test_what_was_redone_can_be_undone_again(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    for _ in range(2):
        world.store.undo()
        world.push()
        assert world.shown() == [key]
        world.store.redo()
        world.push()
        assert world.shown() == []


def test_a_new_command_ends_what_can_be_redone(world: World) -> None:
    first, second = pulled(world, frozenset(), frozenset())
    world.record(Move(INBOX, frozenset({first}), ARCHIVE))
    world.store.undo()
    assert world.store.newest_redoable() is not None
    world.record(Move(INBOX, frozenset({second}), ARCHIVE))
    assert world.store.newest_redoable() is None
    assert world.store.redo() == []


def test_a_deletion_for_good_that_is_redone_waits_again(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    wait = timedelta(minutes=10)
    world.store.record([Expunge(INBOX, frozenset({key}))], not_before=world.now + wait)
    world.now += timedelta(minutes=9)
    world.store.undo()
    (entry,) = world.store.redo()
    assert entry.not_before == world.now + wait


def test_when_a_command_was_given_tells_which_account_to_undo(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(Move(INBOX, frozenset({key}), TRASH))
    assert world.store.newest_undoable() == (world.now, entry.group)
    world.now += timedelta(seconds=5)
    world.store.undo()
    assert world.store.newest_redoable() == (world.now, entry.group)


def test_a_settled_move_is_undone_after_the_cache_was_lost(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.store.close()
    for file in world.folders.cache.iterdir():
        file.unlink()
    world.store = world.open()
    world.list_mailboxes()
    world.store.undo()
    assert world.shown(None) == []
    world.pull()
    assert world.shown() == [key]
    world.push()
    world.pull()
    assert world.message(key).mailbox == INBOX
    assert world.server.where(world.token_of[key]) == (INBOX, 2)


def test_what_the_server_no_longer_had_is_not_brought_back(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.server.remove(world.token_of[key])
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    settled = world.store.entry(entry.id)
    assert settled
    assert (settled.state, settled.reason) == (EntryState.SETTLED, "no longer on the server")
    assert world.store.undo() == []


def test_a_move_of_what_is_deleted_for_good_since_is_not_undone(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), TRASH))
    world.push()
    world.record(Expunge(TRASH, frozenset({key})))
    world.push()
    assert world.store.newest_undoable() is None
    assert world.store.undo() == []
    assert world.store.pending() == []


@pytest.mark.parametrize("carried_out", [False, True])
def test_what_is_redone_after_a_copy_means_the_copy_that_is_made_again(
    world: World, carried_out: bool
) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (copy, again) = map(MessageKey, world.store.allot_keys(2))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.record(StoreFlags(ARCHIVE, frozenset({copy}), frozenset({FLAGGED})))
    world.record(Copy(ARCHIVE, (copy,), (again,), TRASH))
    if carried_out:
        world.push()
    for _ in range(3):
        world.store.undo()
    if carried_out:
        world.push()
        world.pull()
    assert world.shown(None) == [key]
    for _ in range(3):
        world.store.redo()
    (made,) = world.messages(ARCHIVE)
    assert made.flags == {SEEN, FLAGGED}
    assert [m.flags for m in world.messages(TRASH)] == [{SEEN, FLAGGED}]
    assert made.key != copy
    world.push()
    world.pull()
    assert [m.flags for m in world.messages(ARCHIVE)] == [{SEEN, FLAGGED}]


def test_what_was_read_before_stays_read_although_it_was_redone_without_an_index(
    world: World,
) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    flags = frozenset({SEEN, FLAGGED, Flag("$todo")})
    world.record(StoreFlags(INBOX, frozenset({key}), flags))
    world.store.undo()
    world.lose_cache()
    world.store.redo()
    world.pull()
    world.push()
    assert world.server.flags[world.token_of[key]] == flags
    world.store.undo()
    assert world.message(key).flags == {SEEN}
    world.push()
    assert world.server.flags[world.token_of[key]] == {SEEN}


# An undo that no server carried out.


def copied(world: World, *keys: MessageKey) -> tuple[MessageKey, ...]:
    """Copies in the archive, on the server too."""
    copies = tuple(map(MessageKey, world.store.allot_keys(len(keys))))
    world.record(Copy(INBOX, keys, copies, ARCHIVE))
    world.push()
    world.pull()
    return copies


def refuse(world: World, *keys: MessageKey) -> None:
    """The server refuses what is due, for all messages or for these."""
    for entry in world.store.due(world.now):
        claimed = world.claim(entry)
        refused = claimed.operation.keys & set(keys) if keys else claimed.operation.keys
        world.store.park(claimed, SafeText("cannot delete single messages"), refused)
        if refused != claimed.operation.keys:
            world.store.settle(claimed, world.perform(world.store.entry(claimed.id) or claimed))


def in_archive(world: World) -> int:
    return len(world.server.box(ARCHIVE).messages)


def test_redo_of_a_copy_whose_undo_was_refused_makes_no_second_copy(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (copy,) = copied(world, key)
    for _ in range(3):
        world.store.undo()
        refuse(world)
        (parked,) = world.store.pending()
        assert parked.state is EntryState.PARKED
        assert world.store.redo()
        assert world.store.pending() == []
        world.push()
        world.pull()
        assert in_archive(world) == 1
        assert world.shown(ARCHIVE) == [copy]
    assert world.store.newest_redoable() is None


def test_redo_of_a_copy_whose_undo_was_dropped_makes_no_second_copy(world: World) -> None:
    (key,) = pulled(world, frozenset())
    copied(world, key)
    world.store.undo()
    refuse(world)
    (parked,) = world.store.pending()
    world.store.drop(parked.id)
    assert world.store.redo()
    world.push()
    assert (world.store.pending(), in_archive(world)) == ([], 1)
    assert world.store.newest_undoable() is not None


def test_redo_takes_back_an_undo_that_the_server_has_not_heard_of(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (copy,) = copied(world, key)
    world.record(Move(INBOX, frozenset({key}), TRASH))
    world.push()
    world.pull()
    world.store.undo()
    world.store.undo()
    assert [each.state for each in world.store.pending()] == [EntryState.RECORDED] * 2
    world.store.redo()
    world.store.redo()
    assert world.store.pending() == []
    assert (world.shown(TRASH), world.shown(ARCHIVE)) == ([key], [copy])
    world.store.undo()
    world.push()
    world.pull()
    assert (world.shown(), in_archive(world)) == ([key], 1)


def test_of_an_undo_that_was_refused_in_part_redo_does_the_rest(world: World) -> None:
    first, second = pulled(world, frozenset(), frozenset())
    refused, _ = copied(world, first, second)
    world.store.undo()
    refuse(world, refused)
    world.pull()
    assert in_archive(world) == 1
    world.store.redo()
    world.push()
    world.pull()
    assert (world.store.pending(), in_archive(world)) == ([], 2)
    world.store.undo()
    world.push()
    world.pull()
    assert (world.store.pending(), in_archive(world)) == ([], 0)


def test_redo_of_a_move_whose_undo_was_refused_leaves_the_message_there(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.store.undo()
    refuse(world)
    assert world.store.redo()
    assert world.store.pending() == []
    assert world.shown(ARCHIVE) == [key]
    world.store.undo()
    world.push()
    world.pull()
    assert world.shown() == [key]


def test_redo_of_flags_whose_undo_was_refused_leaves_them(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    world.push()
    world.store.undo()
    refuse(world)
    assert world.store.redo()
    assert (world.store.pending(), world.message(key).flags) == ([], SEEN_ONLY)


def test_redo_of_what_is_under_way_lets_it_go_on(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    claimed = world.claim(entry)
    world.store.undo()
    world.store.redo()
    assert [each.id for each in world.store.pending()] == [entry.id]
    world.store.settle(claimed, world.perform(claimed))
    world.push()
    assert world.shown(ARCHIVE) == [key]


# What can be taken back, and what cannot.


def test_undo_names_only_what_is_as_it_was_left(world: World) -> None:
    keys = pulled(world, *[frozenset()] * 4)
    world.record(Move(INBOX, frozenset(keys), ARCHIVE))
    world.push()
    world.pull()
    tokens = [world.token_of[key] for key in keys]
    world.server.remove(tokens[0])
    world.server.remove(tokens[1])
    world.server.put(TRASH, tokens[1])
    world.pull()
    (undone,) = world.store.undo()
    assert undone.operation.keys == set(keys[2:])
    world.push()
    world.pull()
    assert set(world.shown()) == set(keys[2:])
    assert "no longer" not in world.store.history(1)[0].reason


def test_of_what_is_gone_wholly_nothing_is_undone(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.pull()
    world.server.remove(world.token_of[key])
    world.pull()
    (undone,) = world.store.undo()
    assert undone.operation.keys == frozenset()
    assert world.store.pending() == []


def test_what_a_lost_index_does_not_have_is_still_taken_back(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.pull()
    world.lose_cache()
    (undone,) = world.store.undo()
    assert undone.operation.keys == {key}
    world.pull()
    world.push()
    world.pull()
    assert world.shown() == [key]


def test_what_was_moved_for_all_we_know_is_taken_back(world: World) -> None:
    """The line broke, and a pull sees the message go before anybody knows that we moved it."""
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    claimed = world.claim(entry)
    world.perform(claimed)
    world.pull()
    (undone,) = world.store.undo()
    assert undone.operation.keys == {key}
    world.replay()
    world.push()
    world.pull()
    assert len(world.shown()) == 1
    assert in_archive(world) == 0
