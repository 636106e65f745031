"""Flags that no server keeps live in the journal, whatever the server says and whatever is lost."""

import pytest

from tests.unit.store.worlds import ARCHIVE, World
from tuimail.model.mail import DELETED, FLAGGED, INBOX, SEEN, Flag, MessageKey
from tuimail.model.operation import Copy, EntryState, Expunge, Move, StoreFlags
from tuimail.store.own_flags import NOTHING, OwnFlags

LABEL = Flag("$Label1")
OTHER = Flag("other")


def pulled(world: World, *flags: Flag) -> MessageKey:
    token = world.server.receive(INBOX, frozenset(flags))
    world.pull()
    return next(key for key, its in world.token_of.items() if its == token)


def kept_here(
    world: World,
    key: MessageKey,
    *,
    add: tuple[Flag, ...] = (),
    remove: tuple[Flag, ...] = (),
    here: frozenset[Flag] | None = None,
) -> None:
    """The user's change, of which the server keeps nothing (or all but `here`)."""
    wanted = frozenset(add), frozenset(remove)
    world.record(StoreFlags(INBOX, frozenset({key}), *wanted))
    settle_here(world, wanted[0] | wanted[1] if here is None else here)


def settle_here(world: World, here: frozenset[Flag]) -> None:
    for entry in world.store.due(world.now):
        claimed = world.claim(entry)
        world.store.keep_here([claimed], here)
        world.store.settle(claimed, world.store.places(claimed))


def shown(world: World, key: MessageKey) -> frozenset[Flag]:
    return world.message(key).flags


@pytest.fixture
def key(world: World) -> MessageKey:
    return pulled(world, FLAGGED)


def test_the_server_cannot_take_it_away(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN, LABEL))
    world.server.flags[world.token_of[key]] = frozenset({OTHER})
    world.pull()
    assert shown(world, key) == {SEEN, LABEL, OTHER}
    assert world.counts(INBOX) == (1, 0)
    assert world.shown(INBOX, "is:read tag:$Label1") == [key]
    assert world.store.pending() == []


def test_it_outlives_the_cache(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN, LABEL), remove=(FLAGGED,))
    world.lose_cache()
    world.pull()
    assert world.shown() == [key]
    assert shown(world, key) == {SEEN, LABEL}
    assert world.counts(INBOX) == (1, 0)


def test_it_outlives_a_new_numbering(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN,))
    world.server.number_anew(INBOX)
    world.pull()
    assert world.shown() == [key]
    assert shown(world, key) == {SEEN, FLAGGED}


def test_it_outlives_the_journals_memory_of_what_was_done(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(LABEL,))
    world.now = world.now.replace(year=world.now.year + 1)
    world.store.expire()
    assert world.store.history(9) == []
    world.lose_cache()
    world.pull()
    assert shown(world, key) == {FLAGGED, LABEL}


def test_the_history_says_that_it_is_kept_here(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN,))
    (entry,) = world.store.history(1)
    assert entry.state is EntryState.SETTLED
    assert "kept here" in entry.reason


@pytest.mark.parametrize(
    ("add", "remove"),
    [((SEEN,), ()), ((), (FLAGGED,)), ((LABEL,), ()), ((SEEN, OTHER), (FLAGGED,))],
)
def test_undo_leaves_what_the_server_says(
    world: World, key: MessageKey, add: tuple[Flag, ...], remove: tuple[Flag, ...]
) -> None:
    kept_here(world, key, add=add, remove=remove)
    world.store.undo()
    settle_here(world, frozenset({*add, *remove}))
    world.server.flags[world.token_of[key]] = frozenset({SEEN, FLAGGED, LABEL, OTHER})
    world.pull()
    assert shown(world, key) == {SEEN, FLAGGED, LABEL, OTHER}
    world.server.flags[world.token_of[key]] = frozenset()
    world.pull()
    assert shown(world, key) == frozenset()


def test_what_the_server_keeps_by_now_is_the_servers_again(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN, LABEL), remove=(FLAGGED,))
    world.record(
        StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED}), frozenset({SEEN, LABEL}))
    )
    world.push()
    world.pull()
    assert shown(world, key) == {FLAGGED}
    world.server.flags[world.token_of[key]] = frozenset({SEEN})
    world.pull()
    assert shown(world, key) == {SEEN}


def test_of_one_change_the_server_keeps_a_part(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(SEEN, LABEL), here=frozenset({LABEL}))
    world.server.flags[world.token_of[key]] = frozenset()
    world.pull()
    assert shown(world, key) == {LABEL}


def test_it_goes_along_with_a_move_and_a_copy(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(LABEL,))
    copy = MessageKey(world.store.allot_keys(1)[0])
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    world.pull()
    world.pull()
    assert set(world.shown(ARCHIVE)) == {key, copy}
    assert shown(world, key) == shown(world, copy) == {FLAGGED, LABEL}


def test_another_message_has_none_of_it(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(LABEL,))
    other = pulled(world)
    world.server.flags[world.token_of[other]] = frozenset({SEEN})
    world.pull()
    assert shown(world, other) == {SEEN}


def test_of_a_message_that_is_gone_nothing_is_kept(world: World, key: MessageKey) -> None:
    kept_here(world, key, add=(LABEL,))
    world.record(Expunge(INBOX, frozenset({key})))
    world.push()
    world.pull()
    assert world.shown() == []
    world.now = world.now.replace(year=world.now.year + 1)
    world.store.expire()
    assert world.store.looks([key]) == {}


def test_a_crash_before_the_journal_knows_changes_nothing(world: World, key: MessageKey) -> None:
    world.record(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN})))
    claimed = world.claim(world.store.due(world.now)[0])
    world.store.keep_here([claimed], frozenset({SEEN}))
    world.settle_but_die_halfway(claimed, world.store.places(claimed))
    world.reopen()
    world.lose_cache()
    world.pull()
    assert shown(world, key) == {SEEN, FLAGGED}


def test_a_mark_of_deletion_that_is_kept_here_hides_the_message(
    world: World, key: MessageKey
) -> None:
    kept_here(world, key, add=(DELETED,))
    world.lose_cache()
    world.pull()
    assert world.shown() == []
    assert world.mailbox(INBOX).deleted == 1


def test_what_is_taken_back_leaves_nothing() -> None:
    own = NOTHING.changed(OwnFlags(added=1, added_words="a")).changed(OwnFlags(removed=2))
    assert own == OwnFlags(added=1, removed=2, added_words="a")
    assert own.changed(OwnFlags(added=2, removed=1, removed_words="a")) == NOTHING
    assert own.told(OwnFlags(removed=1, added_words="a")) == OwnFlags(removed=2)
