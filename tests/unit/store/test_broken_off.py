"""What a crash broke off is finished once, on the right message, or parked with a reason."""

from unittest import mock

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, TRASH, World
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Copy, EntryState, Expunge, Move, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import ServerId
from tuimail.store import outcome_notes

NO_FLAGS, SEEN_ONLY = frozenset[Flag](), frozenset({SEEN})


def copy_of(world: World, source: MessageKey, to: MailboxName) -> Copy:
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    return Copy(INBOX, (source,), (copy,), to)


def states(world: World) -> list[EntryState]:
    return [entry.state for entry in world.store.pending()]


def archived_halfway(world: World) -> MessageKey:
    """Archived by a server that tells no new UIDs; the journal does not know that it is done."""
    world.server.tells_new_uids = False
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    claimed = world.claim(entry)
    world.settle_but_die_halfway(claimed, world.perform(claimed))
    world.server.number_anew(INBOX)
    return key


# Between the two files.


def test_what_the_index_has_taken_over_is_settled_at_the_next_start(world: World) -> None:
    """Its old mailbox may be numbered anew."""
    key = archived_halfway(world)
    world.reopen()
    assert (states(world), world.store.unfinished()) == ([], [])
    world.pull()
    assert world.shown(ARCHIVE) == [key]
    world.store.undo()
    world.push()
    world.pull()
    assert world.shown(None) == world.shown(INBOX) == [key]


def test_what_the_index_alone_knows_is_settled_before_anything_is_repeated(world: World) -> None:
    """The journal could not be written for a while, and nothing was started again."""
    archived_halfway(world)
    world.pull()
    assert world.store.unfinished() == []
    assert states(world) == []


def test_what_the_journal_has_is_not_settled_once_more(world: World) -> None:
    """The note of it was left in the index, and what was put off then is on its way again."""
    known, lost = pulled(world, NO_FLAGS, NO_FLAGS)
    (entry,) = world.record(StoreFlags(INBOX, frozenset({known, lost}), SEEN_ONLY))
    claimed = world.claim(entry)
    world.server.number_anew(INBOX)
    world.store.merge(INBOX, world.server.changes(INBOX, world.store.bookmark(INBOX), []))
    with mock.patch.object(outcome_notes, "forget"):
        world.store.settle(claimed, {known: ServerId(1, 1)})
    world.pull()
    world.claim(world.store.due(world.now)[0])
    world.reopen()
    ((again, _),) = world.store.unfinished()
    assert again.operation.keys == {lost}


def test_a_copy_of_a_copy_shows_although_a_crash_and_a_lost_cache_came_in_between(
    world: World,
) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    (entry,) = world.record(copy := copy_of(world, key, ARCHIVE))
    claimed = world.claim(entry)
    world.settle_but_die_halfway(claimed, world.perform(claimed))
    world.reopen()
    (again,) = world.record(copy_of(world, copy.copies[0], TRASH))
    world.lose_cache()
    world.pull()
    assert set(world.shown(TRASH)) == again.operation.keys


# Between the server and the files.


@pytest.mark.parametrize("kind", ["copy", "move"])
def test_a_transfer_is_not_repeated_into_a_target_that_was_numbered_anew(
    world: World, kind: str
) -> None:
    world.server.tells_new_uids = False
    world.server.receive(ARCHIVE)
    (key,) = pulled(world, NO_FLAGS)
    copy = copy_of(world, key, ARCHIVE)
    move = Move(INBOX, frozenset({key}), ARCHIVE)
    (entry,) = world.record(copy if kind == "copy" else move)
    world.perform(world.claim(entry))
    world.server.remove(next(iter(world.server.box(ARCHIVE).messages.values())))
    world.server.number_anew(ARCHIVE)
    world.reopen()
    world.pull()
    world.replay()
    (parked,) = world.store.pending()
    assert (parked.state, parked.reason) == (EntryState.PARKED, "Archive was numbered anew")
    assert len(world.server.box(ARCHIVE).messages) == 1


def test_a_twin_is_not_deleted_for_a_message_that_is_gone_already(world: World) -> None:
    """A copy beside its original; the deletion was done, but nothing remembers that."""
    (key,) = pulled(world, NO_FLAGS)
    world.record(copy_of(world, key, INBOX))
    world.push()
    (entry,) = world.record(Expunge(INBOX, frozenset({key})))
    world.perform(world.claim(entry))
    world.server.number_anew(INBOX)
    world.lose_cache()
    world.pull()
    world.replay()
    (parked,) = world.store.pending()
    assert parked.state is EntryState.PARKED
    assert "look the same" in parked.reason
    assert len(world.server.box(INBOX).messages) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_twin_that_the_journal_does_not_know_is_not_taken_either(
    world: World, kept: bool
) -> None:
    first = world.server.receive(INBOX)
    world.server.receive(INBOX, like=first)
    world.pull()
    key = next(k for k, token in world.token_of.items() if token == first)
    (entry,) = world.record(Expunge(INBOX, frozenset({key})))
    world.perform(world.claim(entry))
    world.server.number_anew(INBOX)
    if not kept:
        world.lose_cache()
    world.pull()
    world.replay()
    assert states(world) == [EntryState.PARKED]
    assert len(world.server.box(INBOX).messages) == 1


def test_what_was_found_again_by_its_looks_alone_is_still_changed(world: World) -> None:
    """A flag takes nothing away: it is stored once more."""
    (key,) = pulled(world, NO_FLAGS)
    (entry,) = world.record(StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED})))
    world.claim(entry)
    world.server.number_anew(INBOX)
    world.lose_cache()
    world.pull()
    world.replay()
    assert states(world) == []
    assert world.server.flags[world.token_of[key]] == {FLAGGED}


def test_undo_of_what_may_be_done_is_parked_and_not_forgotten(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    copy = copy_of(world, key, INBOX)
    (entry,) = world.record(copy)
    world.perform(world.claim(entry))
    world.store.undo()
    world.server.number_anew(INBOX)
    world.reopen()
    world.pull()
    world.replay()
    (parked,) = world.store.pending()
    assert (parked.operation, parked.undoes) == (Expunge(INBOX, copy.keys), entry.group)
    assert parked.state is EntryState.PARKED
    assert "look the same" in parked.reason
    assert len(world.server.box(INBOX).messages) == 2


def test_an_undo_is_parked_for_those_messages_only_that_are_in_doubt(world: World) -> None:
    first, second = pulled(world, NO_FLAGS, NO_FLAGS)
    (entry,) = world.record(Move(INBOX, frozenset({first, second}), ARCHIVE))
    claimed = world.claim(entry)
    world.store.undo()
    world.store.park(claimed, SafeText("in doubt"), {first}, in_doubt=True)
    found = {entry.state: entry.operation.keys for entry in world.store.pending()}
    assert found == {
        EntryState.CLAIMED: {second},
        EntryState.PARKED: {first},
        EntryState.RECORDED: {second},
    }


def test_what_may_be_a_copy_on_its_way_is_not_touched_before_that_is_known(world: World) -> None:
    """A pull has found the copy under a key of its own; deleted first, it would be made again."""
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    (entry,) = world.record(copy_of(world, key, ARCHIVE))
    world.perform(world.claim(entry))
    world.lose_cache()
    world.server.number_anew(INBOX)
    world.pull(ARCHIVE)
    (found,) = [m.key for m in world.messages(ARCHIVE) if not m.pending]
    world.record(Expunge(ARCHIVE, frozenset({found})))
    assert world.store.unfinished() == []
    assert world.store.due(world.now) == []
    world.pull()
    world.replay()
    world.push()
    assert world.server.box(ARCHIVE).messages == {}
    assert len(world.server.box(INBOX).messages) == 1
    assert states(world) == []


def test_an_undo_does_not_delete_what_the_user_changed_under_another_name(world: World) -> None:
    """The copy was undone, found under a key of its own, and flagged and copied as such."""
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    (entry,) = world.record(copy_of(world, key, ARCHIVE))
    world.perform(world.claim(entry))
    world.store.undo()
    world.lose_cache()
    world.pull()
    (found,) = world.shown(ARCHIVE)
    world.record(StoreFlags(ARCHIVE, frozenset({found}), frozenset({FLAGGED})))
    world.replay()
    (parked,) = [e for e in world.store.pending() if e.state is EntryState.PARKED]
    assert (parked.undoes, type(parked.operation)) == (entry.group, Expunge)
    assert world.shown(ARCHIVE) == [found]
    world.push()
    (token,) = world.server.box(ARCHIVE).messages.values()
    assert world.server.flags[token] == {FLAGGED}


def test_what_was_recorded_under_both_names_is_done_if_it_fits(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    copy = copy_of(world, key, ARCHIVE)
    (entry,) = world.record(copy)
    world.perform(world.claim(entry))
    world.record(StoreFlags(ARCHIVE, copy.keys, SEEN_ONLY))
    world.pull(ARCHIVE)
    (found,) = set(world.shown(ARCHIVE)) - copy.keys
    world.record(StoreFlags(ARCHIVE, frozenset({found}), frozenset({FLAGGED})))
    world.replay()
    assert world.shown(ARCHIVE) == [found]
    world.push()
    assert states(world) == []
    (token,) = world.server.box(ARCHIVE).messages.values()
    assert world.server.flags[token] == {SEEN, FLAGGED}


def test_while_an_undo_is_in_doubt_what_the_server_has_is_shown(world: World) -> None:
    (key,) = pulled(world, NO_FLAGS)
    (entry,) = world.record(StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED})))
    claimed = world.claim(entry)
    world.perform(claimed)
    world.store.undo()
    world.pull()
    world.store.park(claimed, SafeText("in doubt"), in_doubt=True)
    assert states(world) == [EntryState.PARKED]
    assert world.message(key).flags == {FLAGGED}


def test_what_gives_way_to_the_other_name_takes_with_it_what_comes_after(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, NO_FLAGS)
    copy = copy_of(world, key, ARCHIVE)
    (entry,) = world.record(copy)
    world.perform(world.claim(entry))
    (moved,) = world.record(Move(ARCHIVE, copy.keys, TRASH))
    world.record(StoreFlags(TRASH, copy.keys, SEEN_ONLY))
    world.pull(ARCHIVE)
    (found,) = [m.key for m in world.messages(ARCHIVE) if not m.pending]
    world.record(StoreFlags(ARCHIVE, frozenset({found}), frozenset({FLAGGED})))
    world.replay()
    parked = [each for each in world.store.pending() if each.state is EntryState.PARKED]
    assert [type(each.operation) for each in parked] == [Move, StoreFlags]
    first, second = (each.reason for each in parked)
    assert first == "the message was found under another name, and changed there since"
    assert second == f"waits for entry {moved.id}, which was given up"
    assert world.shown(ARCHIVE) == [found]
