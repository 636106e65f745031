"""What a crash broke off is finished once, on the right message, or parked with a reason."""

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, World
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Copy, EntryState, Expunge, Move
from tuimail.model.safe_text import SafeText

NO_FLAGS, SEEN_ONLY = frozenset[Flag](), frozenset({SEEN})


def copy_of(world: World, source: MessageKey, to: MailboxName) -> Copy:
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    return Copy(INBOX, (source,), (copy,), to)


def states(world: World) -> list[EntryState]:
    return [entry.state for entry in world.store.pending()]


# Between the two files.


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
