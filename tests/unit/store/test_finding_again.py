"""A message that we knew keeps its key, and what is pending finds it; twins are not guessed."""

from datetime import timedelta
from unittest import mock

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MessageKey
from tuimail.model.operation import EntryState, Expunge, Move, StoreFlags
from tuimail.model.sync import Bookmark, Changes, ServerId, ServerMailbox
from tuimail.store.adoption import Guess, Identity
from tuimail.store.parcels import Touched
from tuimail.store.places import Places
from tuimail.store.pulling import Guessed
from tuimail.store.store import CacheLost

SEEN_ONLY = frozenset({SEEN})


def read(*keys: MessageKey) -> StoreFlags:
    return StoreFlags(INBOX, frozenset(keys), add=SEEN_ONLY)


def test_a_message_delivered_twice_is_one(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    assert world.store.deliver(INBOX, [delivery(1, flags=[SEEN])]) == [key]
    assert world.counts(INBOX) == (1, 0)


def test_two_messages_with_one_uid_in_a_batch_are_one(world: World) -> None:
    assert len(set(world.hold([delivery(1), delivery(1, "other")]))) == 1


def test_a_lost_index_gets_new_keys_but_the_journals_messages_keep_theirs(world: World) -> None:
    named, other = pulled(world, frozenset(), frozenset())
    world.record(read(named))
    world.lose_cache()
    assert world.shown(None) == []
    assert len(world.store.pending()) == 1
    world.pull()
    keys = world.shown()
    assert named in keys
    assert other not in keys
    assert len(keys) == 2
    assert world.message(named).flags == {SEEN}
    world.push()
    assert world.server.flags[world.token_of[named]] == {SEEN}


def test_until_it_is_found_again_an_entry_overlays_nothing_and_is_not_due(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.lose_cache()
    assert world.shown(None) == []
    assert world.counts(ARCHIVE) == (0, 0)
    assert world.store.due(world.now) == []
    world.pull()
    assert world.shown(ARCHIVE) == [key]
    assert len(world.store.due(world.now)) == 1


def test_an_entry_claimed_before_the_index_was_lost_waits_for_a_pull(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(read(key))
    world.claim(entry)
    world.lose_cache()
    assert world.store.unfinished() == []
    world.pull()
    assert [e.id for e, _ in world.store.unfinished()] == [entry.id]


def test_after_a_new_uidvalidity_messages_keep_keys_bodies_and_what_is_pending(
    world: World,
) -> None:
    named, other = pulled(world, frozenset(), frozenset())
    world.store.keep_raw([(named, b"named"), (other, b"other")])
    world.record(read(named))
    world.server.number_anew(INBOX)
    world.pull()
    assert sorted(world.shown()) == sorted([named, other])
    assert world.store.raw(named) == b"named"
    assert world.store.raw(other) == b"other"
    world.push()
    assert world.server.flags[world.token_of[named]] == {SEEN}
    assert world.server.flags[world.token_of[other]] == frozenset()


def test_while_it_is_pulled_anew_nothing_old_shows_and_nothing_is_due(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(read(key))
    world.server.number_anew(INBOX)
    changes = world.server.changes(INBOX, world.store.bookmark(INBOX), [])
    touched = world.store.merge(INBOX, changes)
    assert touched == Touched(frozenset({INBOX}))
    assert world.shown() == []
    assert world.store.due(world.now) == []
    world.store.deliver(INBOX, [world.server.delivery(INBOX, 1)])
    assert world.store.due(world.now) == []
    world.store.finish_pull(INBOX, changes.bookmark)
    assert len(world.store.due(world.now)) == 1


def test_a_pull_that_a_crash_broke_off_is_begun_anew(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.server.number_anew(INBOX)
    world.begin_pull(INBOX)
    world.reopen()
    assert world.store.bookmark(INBOX) is None
    world.pull()
    assert world.shown() == [key]


def test_uids_of_an_unfinished_pull_mean_nothing_after_another_uidvalidity(world: World) -> None:
    world.server.receive(INBOX)
    world.begin_pull(INBOX)
    world.server.number_anew(INBOX)
    with pytest.raises(CacheLost):
        world.pull(INBOX)
    world.pull(INBOX)
    assert world.counts(INBOX) == (1, 1)


@pytest.mark.parametrize("lost", [False, True])
def test_an_operation_on_one_of_two_twins_is_parked_when_they_cannot_be_told(
    world: World, lost: bool
) -> None:
    first = world.server.receive(INBOX)
    world.server.receive(INBOX, like=first)
    world.pull()
    key = next(k for k, token in world.token_of.items() if token == first)
    world.record(Expunge(INBOX, frozenset({key})))
    world.server.number_anew(INBOX)
    if lost:
        world.lose_cache()
    world.pull()
    (parked,) = world.store.pending()
    assert parked.state is EntryState.PARKED
    assert "look the same" in parked.reason
    assert len(world.shown()) == 2
    assert key not in world.shown()
    assert world.store.due(world.now) == []


def test_twins_that_keep_their_uids_are_told_apart_without_an_index(world: World) -> None:
    first = world.server.receive(INBOX)
    world.server.receive(INBOX, like=first)
    world.pull()
    key = next(k for k, token in world.token_of.items() if token == first)
    world.record(Expunge(INBOX, frozenset({key})))
    world.lose_cache()
    world.pull()
    world.push()
    assert world.server.where(first) is None
    assert len(world.server.box(INBOX).messages) == 1


def test_a_twin_that_comes_in_a_later_batch_undoes_the_guess(world: World) -> None:
    first = world.server.receive(INBOX)
    world.pull()
    (key,) = world.shown()
    world.record(read(key))
    world.server.number_anew(INBOX)
    world.server.receive(INBOX, like=first)
    changes = world.server.changes(INBOX, world.store.bookmark(INBOX), [])
    world.store.merge(INBOX, changes)
    for uid in (1, 2):
        world.store.deliver(INBOX, [world.server.delivery(INBOX, uid)])
    world.store.finish_pull(INBOX, changes.bookmark)
    (parked,) = world.store.pending()
    assert parked.state is EntryState.PARKED
    assert [m.flags for m in world.messages()] == [frozenset()] * 2
    # It is found by its text under its new key, and only under that.
    (word, *_) = world.messages()[0].envelope.subject.split()
    assert sorted(world.shown(INBOX, word)) == sorted(world.shown())
    assert world.store.check() == []


def test_an_operation_on_a_message_that_is_not_there_any_more_is_parked(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(read(key))
    world.server.remove(world.token_of[key])
    world.server.number_anew(INBOX)
    world.pull()
    (parked,) = world.store.pending()
    assert parked.state is EntryState.PARKED
    assert "could not be found again" in parked.reason


def test_operations_in_a_mailbox_that_was_removed_are_parked(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(read(key))
    world.store.merge_mailboxes([])
    assert world.shown() == [key]
    box = world.server.boxes.pop(INBOX)
    world.store.merge_mailboxes([m for m in _listed(world) if m.name != INBOX])
    assert box.messages
    assert world.shown(None) == []
    (parked,) = world.store.pending()
    assert "INBOX is no longer on the server" in parked.reason


def _listed(world: World) -> list[ServerMailbox]:
    return [ServerMailbox(name) for name in world.server.boxes]


def test_a_move_without_copyuid_is_found_at_the_next_pull(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    assert world.message(key).uid is None
    world.record(StoreFlags(ARCHIVE, frozenset({key}), frozenset({FLAGGED})))
    assert world.store.due(world.now) == []
    world.pull()
    assert world.shown(None) == [key]
    assert world.message(key).uid == 1
    world.push()
    assert world.server.flags[world.token_of[key]] == {SEEN, FLAGGED}


def test_a_move_without_copyuid_that_came_after_a_pull_began_survives_it(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, SEEN_ONLY)
    changes = world.server.changes(ARCHIVE, world.store.bookmark(ARCHIVE), [])
    world.store.merge(ARCHIVE, changes)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.store.finish_pull(ARCHIVE, changes.bookmark)
    assert world.shown(ARCHIVE) == [key]
    world.pull()
    assert world.shown(ARCHIVE) == [key]
    assert world.message(key).uid == 1


def test_a_server_may_date_anew_what_it_moves(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, SEEN_ONLY)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    changes = world.server.changes(ARCHIVE, world.store.bookmark(ARCHIVE), [])
    world.store.merge(ARCHIVE, changes)
    moved = world.server.delivery(ARCHIVE, 1)
    dated = delivery(
        1,
        moved.envelope.subject,
        received=moved.received + timedelta(days=3),
        size=moved.size,
        message_id=moved.envelope.message_id,
    )
    assert world.store.deliver(ARCHIVE, [dated]) == [key]


def test_a_public_id_names_the_message_after_a_move_and_a_lost_cache(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    before = world.message(key).id
    world.record(Move(INBOX, frozenset({key}), TRASH))
    assert world.message(key).id == before
    world.push()
    after = world.message(key).id
    assert after != before
    assert world.store.resolve(before) == world.store.resolve(after) == key
    world.lose_cache()
    world.pull()
    assert world.message(key).id == after
    assert world.store.resolve(before) == key


def test_a_public_id_is_the_same_in_every_cache(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    public_id = world.message(key).id
    assert public_id.startswith("work:")
    world.lose_cache()
    world.pull()
    (again,) = world.messages()
    assert again.id == public_id
    assert world.store.resolve(public_id) == again.key != key


@pytest.mark.parametrize("name", ["", "work:", "work:aaaaaaaaaaaaaaaa", "home:x", "x", "work:'--"])
def test_what_names_no_message_resolves_to_none(world: World, name: str) -> None:
    world.hold([delivery(1)])
    assert world.store.resolve(name) is None


def test_vanished_messages_go_with_their_bytes(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.store.keep_raw([(key, b"letter")])
    world.server.remove(world.token_of[key])
    changes = world.server.changes(INBOX, world.store.bookmark(INBOX), world.store.known(INBOX))
    touched = world.store.merge(INBOX, changes)
    assert (touched.removed, touched.mailboxes) == (1, frozenset({INBOX}))
    assert world.shown(None, "letter") == []
    assert world.store.raw(key) is None


def test_flags_that_did_not_change_touch_nothing(world: World) -> None:
    world.hold([delivery(1, flags=[SEEN])])
    reached = Bookmark(1, 2, 0, 1)
    same = world.store.merge(INBOX, Changes(reached, flags={1: SEEN_ONLY, 99: SEEN_ONLY}))
    assert (same.flags_changed, same.mailboxes) == (0, frozenset())
    assert world.store.merge(INBOX, Changes(reached)) == same
    other = world.store.merge(INBOX, Changes(reached, flags={1: frozenset({FLAGGED})}))
    assert (other.flags_changed, other.mailboxes) == (1, frozenset({INBOX}))


def test_a_bookmark_is_kept_when_all_before_it_is_stored(world: World) -> None:
    world.server.receive(INBOX)
    assert world.store.bookmark(INBOX) is None
    world.begin_pull(INBOX)
    assert world.store.bookmark(INBOX) is None
    assert list(world.store.known(INBOX)) == [1]
    reached = Bookmark(1, 2, 77, 1, 1)
    world.store.finish_pull(INBOX, reached)
    world.reopen()
    assert world.store.bookmark(INBOX) == reached
    assert world.mailbox(INBOX).on_server == 1


def test_an_old_uid_means_nothing_under_a_new_uidvalidity_also_after_a_crash(
    world: World,
) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(read(key))
    world.server.remove(world.token_of[key])
    world.server.number_anew(INBOX)
    world.server.receive(INBOX)
    dies = mock.patch.object(Places, "not_found", side_effect=KeyboardInterrupt)
    with dies, pytest.raises(KeyboardInterrupt):
        world.pull(INBOX)
    world.reopen()
    assert world.store.places(entry) == {}
    assert world.store.due(world.now) == []
    world.pull(INBOX)
    assert [e.state for e in world.store.pending()] == [EntryState.PARKED]


def test_what_could_not_be_asked_for_stays_recorded(world: World) -> None:
    known, lost = pulled(world, frozenset(), frozenset())
    (entry,) = world.record(read(known, lost))
    claimed = world.claim(entry)
    world.server.number_anew(INBOX)
    changes = world.server.changes(INBOX, world.store.bookmark(INBOX), [])
    world.store.merge(INBOX, changes)
    world.store.settle(claimed, {known: ServerId(1, 1)})
    (waits,) = world.store.pending()
    assert (waits.state, waits.operation.keys) == (EntryState.RECORDED, frozenset({lost}))
    world.pull()
    world.push()
    assert world.server.flags[world.token_of[lost]] == {SEEN}


def test_a_repeated_settlement_forgets_no_uid_that_a_pull_has_found(world: World) -> None:
    world.server.tells_new_uids = False
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    claimed = world.claim(entry)
    done = world.perform(claimed)
    world.settle_but_die_halfway(claimed, done)
    world.pull()
    assert world.message(key).uid == 1
    world.store.settle(claimed, done)
    assert world.message(key).uid == 1
    world.pull()
    assert world.shown(None) == [key]


def test_uids_that_were_told_before_a_first_pull_mean_nothing_after_another_uidvalidity(
    world: World,
) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.lose_cache()
    world.pull(INBOX)
    (key,) = world.shown(INBOX)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.server.number_anew(ARCHIVE)
    world.pull()
    assert world.shown(None) == world.shown(ARCHIVE) == [key]


def test_what_the_server_told_of_is_no_twin_of_what_is_found_by_its_looks(world: World) -> None:
    first = world.server.receive(INBOX)
    second = world.server.receive(INBOX, like=first)
    world.pull()
    untold, told = (
        next(k for k, token in world.token_of.items() if token == its) for its in (first, second)
    )
    world.server.tells_new_uids = False
    world.record(Move(INBOX, frozenset({untold}), ARCHIVE))
    world.push()
    world.server.tells_new_uids = True
    world.record(Move(INBOX, frozenset({told}), ARCHIVE))
    world.push()
    world.pull()
    assert [(m.key, m.uid) for m in world.messages(ARCHIVE)] == [(told, 2), (untold, 1)]


@pytest.mark.parametrize(
    ("guess", "same", "later"),
    [(Guess.BY_IDENTITY, True, False), (Guess.BY_IDENTITY | Guess.WITHOUT_DATE, True, True)],
)
def test_what_a_guess_may_be_depends_on_its_date_unless_the_server_may_date_it_anew(
    guess: Guess, same: bool, later: bool
) -> None:
    looks = Identity(5, 100, 9)
    guessed = Guessed(MessageKey(1), guess, looks)
    assert guessed.may_be(looks) is same
    assert guessed.may_be(Identity(5, 100, 10)) is later
    assert not guessed.may_be(Identity(5, 101, 9))
    assert not guessed.may_be(Identity(6, 100, 9))
