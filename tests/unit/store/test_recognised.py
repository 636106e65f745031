"""Who is recognised as whom: a move whose new UID nobody told, and that a pull saw first."""

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, TRASH, World
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MessageKey
from tuimail.model.operation import Entry, EntryState, Move, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, ServerId

NONE = frozenset[Flag]()


def archive(world: World, *keys: MessageKey) -> Entry:
    """Claim an archiving; the server tells no new UIDs."""
    world.server.tells_new_uids = False
    (entry,) = world.record(Move(INBOX, frozenset(keys), ARCHIVE))
    return world.claim(entry)


def seen_by_a_pull_first(world: World, entry: Entry) -> None:
    """The server did it, the line broke, and a pull came before the repetition."""
    world.perform(entry)
    world.pull()
    ((again, checkpoint),) = world.store.unfinished()
    world.store.settle(again, world.perform(again, checkpoint=checkpoint, again=True))
    world.pull()


def in_archive(world: World) -> list[int]:
    return sorted(world.server.box(ARCHIVE).messages)


def test_undo_brings_back_the_message_that_the_pull_had_seen(world: World) -> None:
    (key,) = pulled(world, frozenset({SEEN}))
    seen_by_a_pull_first(world, archive(world, key))
    (there,) = world.shown(ARCHIVE)
    assert world.store.pending() == []
    world.store.undo()
    assert (world.shown(), world.shown(ARCHIVE)) == ([there], [])
    world.push()
    world.pull()
    assert len(world.shown()) == 1
    assert in_archive(world) == []


def test_its_old_id_leads_to_the_message_that_the_pull_had_seen(world: World) -> None:
    (key,) = pulled(world, NONE)
    old = world.message(key).id
    seen_by_a_pull_first(world, archive(world, key))
    (there,) = world.shown(ARCHIVE)
    assert world.store.resolve(old) == there


def test_what_was_in_the_target_before_is_not_the_message(world: World) -> None:
    """It looks the same and has a lower UID than what the operation made."""
    (key,) = pulled(world, NONE)
    token = world.token_of[key]
    world.server.receive(ARCHIVE, like=token)
    world.pull()
    (older,) = world.shown(ARCHIVE)
    entry = archive(world, key)
    world.store.settle(entry, world.perform(entry))
    world.pull()
    assert set(world.shown(ARCHIVE)) == {older, key}
    world.store.undo()
    world.push()
    world.pull()
    assert world.shown(ARCHIVE) == [older]
    assert world.shown() == [key]


@pytest.mark.parametrize("checkpoint", [NOWHERE, ServerId(7, 1)])
def test_nothing_is_recognised_if_nobody_knows_what_came_since(
    world: World, checkpoint: ServerId
) -> None:
    """No checkpoint, or one from before the target was numbered anew."""
    (key,) = pulled(world, NONE)
    world.server.receive(ARCHIVE, like=world.token_of[key])
    world.pull()
    (other,) = world.shown(ARCHIVE)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    (claimed,) = world.store.claim([entry.id], checkpoint)
    world.store.settle(claimed, {key: None})
    assert world.shown(ARCHIVE) == sorted({other, key}, reverse=True)
    assert world.store.looks([key])


def test_of_two_that_look_the_same_none_is_recognised(world: World) -> None:
    """One of the twins was moved by us, the other one came from elsewhere."""
    (key,) = pulled(world, NONE)
    entry = archive(world, key)
    world.server.receive(ARCHIVE, like=world.token_of[key])
    seen_by_a_pull_first(world, entry)
    both = world.shown(ARCHIVE)
    assert len(both) == len(in_archive(world)) == 2
    world.store.undo()
    world.push()
    world.pull()
    assert len(world.shown(ARCHIVE)) + len(world.shown()) == 2


def test_two_moved_twins_are_not_taken_for_one(world: World) -> None:
    """Only one of them has been seen so far."""
    first, second = pulled(world, NONE, NONE)
    world.server.looks[world.token_of[second]] = world.server.looks[world.token_of[first]]
    world.server.number_anew(INBOX)
    world.pull()
    twins = world.shown()
    entry = archive(world, *twins)
    world.server.receive(ARCHIVE, like=world.token_of[first])
    world.pull(ARCHIVE)
    (seen,) = set(world.shown(ARCHIVE)) - set(twins)
    world.store.settle(entry, dict.fromkeys(twins))
    assert set(world.shown(ARCHIVE)) == {seen, *twins}


def test_what_is_marked_as_deleted_in_the_target_is_not_the_message(world: World) -> None:
    (key,) = pulled(world, NONE)
    entry = archive(world, key)
    left = world.server.receive(ARCHIVE, {Flag("\\Deleted")}, like=world.token_of[key])
    world.pull(ARCHIVE)
    world.store.settle(entry, world.perform(entry))
    assert world.shown(ARCHIVE) == [key]
    world.pull()
    assert world.shown(ARCHIVE) == [key]
    assert world.server.where(left) is not None


# What is gone, and what comes after it.


def test_what_was_gone_is_not_waited_for_by_what_comes_after(world: World) -> None:
    gone, stays = pulled(world, NONE, NONE)
    (move,) = world.record(Move(INBOX, frozenset({gone, stays}), ARCHIVE))
    (flagged,) = world.record(StoreFlags(ARCHIVE, frozenset({gone}), frozenset({FLAGGED})))
    (later,) = world.record(StoreFlags(ARCHIVE, frozenset({gone, stays}), frozenset({SEEN})))
    world.server.remove(world.token_of[gone])
    claimed = world.claim(move)
    world.store.settle(claimed, world.perform(claimed))
    assert [each.id for each in world.store.pending()] == [later.id]
    assert world.store.pending()[0].operation.keys == {stays}
    reasons = {each.id: each.reason for each in world.store.history(9)}
    assert reasons[move.id] == "1 of 2 no longer on the server"
    assert reasons[flagged.id] == "no longer on the server"
    world.push()
    assert world.server.flags[world.token_of[stays]] == {SEEN}


def test_of_a_flag_that_was_gone_what_comes_after_goes_on(world: World) -> None:
    """Gone from its mailbox may be moved elsewhere: the later change finds that out itself."""
    (key,) = pulled(world, NONE)
    (first,) = world.record(StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED})))
    (second,) = world.record(Move(INBOX, frozenset({key}), TRASH))
    world.server.remove(world.token_of[key])
    claimed = world.claim(first)
    world.store.settle(claimed, world.perform(claimed))
    assert [each.id for each in world.store.pending()] == [second.id]
    world.push()
    assert "no longer on the server" in world.store.history(1)[0].reason


@pytest.mark.parametrize("ended", [EntryState.SETTLED, EntryState.PARKED, EntryState.WITHDRAWN])
def test_what_has_ended_is_not_parked(world: World, ended: EntryState) -> None:
    (key,) = pulled(world, NONE)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    match ended:
        case EntryState.SETTLED:
            world.push()
        case EntryState.PARKED:
            world.store.park(entry, SafeText("first reason"))
        case _:
            world.store.undo()
    before = world.store.history(9)
    world.store.park(entry, SafeText("no"))
    assert world.store.history(9) == before
    assert before[0].state is ended


def test_nothing_is_parked_for_messages_that_an_entry_does_not_name(world: World) -> None:
    key, other = pulled(world, NONE, NONE)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.store.park(entry, SafeText("no"), {other})
    world.store.park(entry, SafeText("no"), set())
    assert [each.state for each in world.store.pending()] == [EntryState.RECORDED]
