"""What a command becomes in the journal: what really changes, once, for every process."""

import threading
from datetime import timedelta

import pytest

from tests.unit.store.worlds import ARCHIVE, TRASH, World, delivery
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxName, MessageKey, Order
from tuimail.model.operation import Append, Copy, EntryState, Expunge, Move, StoreFlags
from tuimail.model.sync import ServerId
from tuimail.store.store import StoreError

SEEN_ONLY = frozenset({SEEN})


def read(*keys: MessageKey) -> StoreFlags:
    return StoreFlags(INBOX, frozenset(keys), add=SEEN_ONLY)


def test_what_is_recorded_shows_at_once_and_in_other_processes(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    screen = world.open(writer=False)
    (entry,) = screen.record([Move(INBOX, frozenset({first}), ARCHIVE)])
    assert entry.state is EntryState.RECORDED
    assert world.shown() == [second]
    assert world.shown(ARCHIVE) == [first]
    assert world.message(first).mailbox == ARCHIVE
    assert world.message(first).pending
    assert not world.message(second).pending
    screen.close()


def test_a_command_is_one_group(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    entries = world.record(read(first), Move(INBOX, frozenset({second}), ARCHIVE))
    assert len({entry.group for entry in entries}) == 1
    assert [entry.id for entry in world.store.pending()] == [entry.id for entry in entries]


def test_what_is_so_already_is_left_out(world: World) -> None:
    unread, seen = world.hold([delivery(1), delivery(2, flags=[SEEN])])
    (entry,) = world.record(read(unread, seen))
    assert entry.operation.keys == {unread}


def test_a_command_that_changes_nothing_is_not_recorded(world: World) -> None:
    (key,) = world.hold([delivery(1, flags=[SEEN])])
    assert world.record(read(key)) == []
    assert world.record(Move(INBOX, frozenset({key}), INBOX)) == []
    assert world.store.history(10) == []


def test_a_message_that_was_moved_meanwhile_goes_under_its_own_mailbox(world: World) -> None:
    stays, moved = world.hold([delivery(1), delivery(2)])
    world.record(Move(INBOX, frozenset({moved}), ARCHIVE))
    entries = world.record(read(stays, moved))
    assert {(e.operation.mailbox, e.operation.keys) for e in entries} == {
        (INBOX, frozenset({stays})),
        (ARCHIVE, frozenset({moved})),
    }


def test_a_move_takes_a_message_from_where_it_is_by_then(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(Move(INBOX, frozenset({key}), TRASH))
    (entry,) = world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    assert entry.operation == Move(TRASH, frozenset({key}), ARCHIVE)
    assert world.shown(ARCHIVE) == [key]


def test_nothing_is_deleted_for_good_in_another_mailbox_than_was_meant(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    assert world.record(Expunge(INBOX, frozenset({key}))) == []
    assert world.shown(ARCHIVE) == [key]


def test_a_deleted_message_shows_nowhere_and_takes_no_commands(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(Expunge(INBOX, frozenset({key})))
    assert world.shown(None) == []
    assert world.store.messages([key]) == []
    assert world.record(read(key)) == []


def test_keywords_are_kept_like_flags(world: World) -> None:
    todo, done = Flag("$todo"), Flag("$done")
    (key,) = world.hold([delivery(1, flags=[todo])])
    world.record(StoreFlags(INBOX, frozenset({key}), frozenset({done}), frozenset({todo})))
    assert world.message(key).flags == {done}


def test_flags_of_several_commands_add_up(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(StoreFlags(INBOX, frozenset({key}), frozenset({SEEN, FLAGGED})))
    world.record(StoreFlags(INBOX, frozenset({key}), remove=SEEN_ONLY))
    assert world.message(key).flags == {FLAGGED}


def test_counts_include_what_is_pending(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    world.record(read(first))
    world.record(Move(INBOX, frozenset({second}), ARCHIVE))
    assert world.counts(INBOX) == (1, 0)
    assert world.counts(ARCHIVE) == (1, 1)


def test_a_mailbox_that_only_a_move_names_is_listed(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.record(Move(INBOX, frozenset({key}), MailboxName("Projects/Ünïque")))
    assert world.counts(MailboxName("Projects/Ünïque")) == (1, 1)
    assert world.shown(MailboxName("Projects/Ünïque")) == [key]


def test_a_copy_shows_beside_its_original_under_a_name_of_its_own(world: World) -> None:
    (key,) = world.hold([delivery(1, "Plans")])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    assert world.shown() == [key]
    (shown,) = world.messages(ARCHIVE)
    assert (shown.key, shown.envelope.subject) == (copy, "Plans")
    assert shown.uid is None
    assert world.store.resolve(shown.id) == copy
    assert shown.id != world.message(key).id


def test_a_copy_is_what_its_original_was_then(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(read(key))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    world.record(StoreFlags(INBOX, frozenset({key}), add=frozenset({FLAGGED})))
    assert world.message(copy).flags == {SEEN}
    assert world.message(key).flags == {SEEN, FLAGGED}


def test_an_append_keeps_its_bytes_until_it_is_settled(world: World) -> None:
    (key,) = map(MessageKey, world.store.allot_keys(1))
    draft = Append(ARCHIVE, key, SEEN_ONLY, world.now, "1@example.org")
    (entry,) = world.store.record([draft], content=b"Subject: x\r\n\r\n")
    assert entry.operation == draft
    assert world.store.content(entry) == b"Subject: x\r\n\r\n"
    assert world.store.due(world.now) == [entry]
    (claimed,) = world.store.claim([entry.id], ServerId(1, 5))
    world.store.settle(claimed, {key: ServerId(1, 5)})
    assert world.store.content(entry) == b""


def test_an_append_without_bytes_is_refused(world: World) -> None:
    draft = Append(ARCHIVE, MessageKey(1), SEEN_ONLY, world.now, "1@example.org")
    with pytest.raises(StoreError):
        world.record(draft)
    assert world.store.history(5) == []


def test_keys_are_never_used_twice_by_any_process(world: World) -> None:
    other = world.open(writer=False)
    taken = [*world.store.allot_keys(5), *other.allot_keys(5), *world.hold([delivery(1)])]
    other.close()
    world.reopen()
    taken += world.store.allot_keys(5)
    assert len(set(taken)) == len(taken)


def test_many_processes_may_record_at_once(world: World) -> None:
    keys = world.hold([delivery(uid) for uid in range(1, 41)])

    def work(part: list[MessageKey]) -> None:
        store = world.open(writer=False)
        for key in part:
            assert store.record([read(key)])
        store.close()

    threads = [threading.Thread(target=work, args=(keys[at::4],)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.store.pending()) == 40
    assert world.counts(INBOX) == (40, 0)


def test_ten_thousand_messages_are_one_entry_that_holds_the_journal_for_a_moment(
    world: World,
) -> None:
    keys = world.hold([delivery(uid) for uid in range(1, 10_001)])
    (entry,) = world.record(Move(INBOX, frozenset(keys), TRASH))
    assert entry.operation.keys == frozenset(keys)
    assert world.counts(INBOX) == (0, 0)
    assert world.counts(TRASH) == (10_000, 10_000)


def test_a_held_entry_shows_but_is_not_due(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    later = world.now + timedelta(minutes=10)
    world.store.record([Expunge(INBOX, frozenset({key}))], not_before=later)
    assert world.shown() == []
    assert world.store.due(world.now) == []
    assert world.store.next_timer() == later
    assert len(world.store.due(later)) == 1


def test_history_is_newest_first(world: World) -> None:
    first, second = world.hold([delivery(1), delivery(2)])
    (older,) = world.record(read(first))
    (newer,) = world.record(read(second))
    assert world.store.history(10) == [newer, older]
    assert world.store.history(1) == [newer]
    assert world.store.entry(older.id) == older
    assert world.store.entry(999) is None


def test_lists_have_the_order_that_is_asked_for(world: World) -> None:
    hours = [timedelta(hours=n) for n in range(3)]
    a, b, c = world.hold(
        [
            delivery(1, "Re: beta", received=world.now + hours[0], size=30),
            delivery(2, "alpha", received=world.now + hours[1], size=10),
            delivery(3, "Gamma", received=world.now + hours[2], size=20),
        ]
    )
    world.record(read(b))
    orders = {order: list(world.store.keys(INBOX, None, order)) for order in Order}
    assert orders[Order.NEWEST] == [c, b, a]
    assert orders[Order.OLDEST] == [a, b, c]
    assert orders[Order.SUBJECT] == [b, a, c]
    assert orders[Order.SIZE] == [a, c, b]
    ranked = world.store.ranked_keys(INBOX, None, Order.NEWEST, 2)
    assert [*ranked.keys] == [c, b]
    assert ranked.ranks[1] - ranked.ranks[0] == 3_600_000_000
    assert [*world.store.ranked_keys(INBOX, None, Order.OLDEST).keys] == [a, b, c]


def test_a_list_asked_for_again_knows_what_happened_meanwhile(world: World) -> None:
    a, b = world.hold([delivery(1, "one"), delivery(2, "two")])
    assert {*world.store.ranked_keys(INBOX, None, Order.NEWEST).keys} == {a, b}
    world.record(Move(INBOX, frozenset({a}), ARCHIVE))
    assert {*world.store.ranked_keys(INBOX, None, Order.NEWEST).keys} == {b}
    (c,) = world.hold([delivery(3, "three")])
    assert {*world.store.ranked_keys(INBOX, None, Order.NEWEST).keys} == {b, c}
    world.store.undo()
    assert {*world.store.ranked_keys(INBOX, None, Order.NEWEST).keys} == {a, b, c}
