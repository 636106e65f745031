"""Entries on their way: claimed once, settled message by message, parked with a reason."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, TRASH, World
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MailboxName, MessageKey
from tuimail.model.operation import Copy, EntryState, Move, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import ServerId
from tuimail.store.journal_file import JournalFile

SEEN_ONLY = frozenset({SEEN})
NO = SafeText("the server said no")


def move(*keys: MessageKey, to: MailboxName = ARCHIVE, out_of: MailboxName = INBOX) -> Move:
    return Move(out_of, frozenset(keys), to)


def test_an_entry_is_claimed_once(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(move(key))
    assert [e.id for e in world.store.claim([entry.id], ServerId(1, 7))] == [entry.id]
    assert world.store.claim([entry.id], ServerId(1, 8)) == []
    ((unfinished, checkpoint),) = world.store.unfinished()
    assert (unfinished.id, checkpoint) == (entry.id, ServerId(1, 7))


def test_what_was_withdrawn_cannot_be_claimed(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(move(key))
    world.store.undo()
    assert world.store.claim([entry.id], ServerId(1, 7)) == []


def test_an_unclaimed_entry_is_due_again(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(move(key))
    (claimed,) = world.store.claim([entry.id], ServerId(1, 7))
    assert world.store.due(world.now) == []
    assert world.store.unclaim(claimed)
    assert [e.id for e in world.store.due(world.now)] == [entry.id]


def test_settling_moves_the_row_and_ends_the_entry(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(move(key))
    claimed = world.claim(entry)
    touched = world.store.settle(claimed, {key: ServerId(1, 9)})
    assert touched.mailboxes == {INBOX, ARCHIVE}
    assert world.store.pending() == []
    message = world.message(key)
    assert (message.mailbox, message.uid, message.pending) == (ARCHIVE, 9, False)


def test_of_a_chain_of_moves_only_the_first_is_due(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (first,) = world.record(move(key))
    (second,) = world.record(move(key, out_of=ARCHIVE, to=TRASH))
    assert [e.id for e in world.store.due(world.now)] == [first.id]
    assert world.store.places(second) == {}
    world.carry_out(first)
    assert [e.id for e in world.store.due(world.now)] == [second.id]
    world.push()
    world.pull()
    assert world.shown(TRASH) == [key]


def test_a_held_entry_holds_what_follows_on_the_same_message_only(world: World) -> None:
    first, other = pulled(world, frozenset(), frozenset())
    (held,) = world.store.record([move(first)], not_before=world.now.replace(year=2030))
    world.record(StoreFlags(ARCHIVE, frozenset({first}), SEEN_ONLY))
    (free,) = world.record(StoreFlags(INBOX, frozenset({other}), SEEN_ONLY))
    assert [e.id for e in world.store.due(world.now)] == [free.id]
    assert held.not_before


def test_messages_are_settled_one_by_one(world: World) -> None:
    here, gone = pulled(world, frozenset(), frozenset())
    (entry,) = world.record(move(here, gone))
    claimed = world.claim(entry)
    world.store.settle(claimed, {here: ServerId(1, 5)})
    settled = world.store.entry(entry.id)
    assert settled
    assert (settled.state, settled.reason) == (
        EntryState.SETTLED,
        "1 of 2 no longer on the server",
    )
    assert world.message(here).mailbox == ARCHIVE
    assert world.message(gone).mailbox == INBOX


def test_what_is_parked_shows_as_before_with_the_reason(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(move(key))
    world.store.park(entry, NO)
    (parked,) = world.store.pending()
    assert (parked.state, parked.reason) == (EntryState.PARKED, NO)
    assert world.shown() == [key]
    assert world.store.due(world.now) == []


def test_part_of_an_entry_is_parked_and_the_rest_goes_on(world: World) -> None:
    good, bad = pulled(world, frozenset(), frozenset())
    (entry,) = world.record(move(good, bad))
    claimed = world.claim(entry)
    world.store.park(claimed, NO, {bad})
    world.store.settle(claimed, {good: ServerId(1, 5)})
    assert world.shown() == [bad]
    assert world.shown(ARCHIVE) == [good]
    (parked,) = world.store.pending()
    assert (parked.state, parked.operation) == (EntryState.PARKED, move(bad))
    assert parked.group == entry.group


def test_what_depends_on_a_parked_move_is_parked_with_it(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (first,) = world.record(move(key))
    (second,) = world.record(StoreFlags(ARCHIVE, frozenset({key}), SEEN_ONLY))
    world.store.park(first, NO)
    assert [e.state for e in world.store.pending()] == [EntryState.PARKED] * 2
    assert str(first.id) in world.store.pending()[1].reason
    assert world.message(key).flags == frozenset()
    assert second.id == world.store.pending()[1].id


def test_a_parked_flag_change_parks_nothing_else(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (first,) = world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    (second,) = world.record(move(key))
    world.store.park(first, NO)
    assert [e.id for e in world.store.due(world.now)] == [second.id]
    assert (world.message(key).mailbox, world.message(key).flags) == (ARCHIVE, frozenset())


def test_a_copy_of_what_a_refused_move_left_behind_is_parked_with_all_that_follows(
    world: World,
) -> None:
    (key,) = pulled(world, frozenset())
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    (first,) = world.record(move(key))
    world.record(Copy(ARCHIVE, (key,), (copy,), TRASH))
    world.record(StoreFlags(TRASH, frozenset({copy}), SEEN_ONLY))
    world.store.park(first, NO)
    assert [e.state for e in world.store.pending()] == [EntryState.PARKED] * 3
    assert world.shown(None) == [key]


def test_a_parked_entry_is_tried_again_with_what_was_parked_with_it(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (first,) = world.record(move(key))
    world.record(StoreFlags(ARCHIVE, frozenset({key}), SEEN_ONLY))
    world.store.park(first, NO)
    assert world.store.retry(first.id)
    assert not world.store.retry(first.id)
    assert [e.state for e in world.store.pending()] == [EntryState.RECORDED] * 2
    world.push()
    world.pull()
    message = world.message(key)
    assert (message.mailbox, message.flags) == (ARCHIVE, SEEN_ONLY)


def test_a_parked_entry_can_be_forgotten(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (entry,) = world.record(move(key))
    assert not world.store.drop(entry.id)
    world.store.park(entry, NO)
    assert world.store.drop(entry.id)
    assert world.store.pending() == []


def test_a_pull_does_not_undo_the_user(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    world.server.flags[world.token_of[key]] = frozenset({FLAGGED})
    world.pull()
    assert world.message(key).flags == {SEEN, FLAGGED}


def test_settling_again_after_a_crash_between_the_two_files_changes_nothing(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, SEEN_ONLY)
    (entry,) = world.record(move(first, second))
    claimed = world.claim(entry)
    done = world.perform(claimed)
    world.settle_but_die_halfway(claimed, done)
    world.reopen()
    assert sorted(world.shown(ARCHIVE)) == sorted([first, second])
    assert world.shown() == []
    world.store.settle(claimed, done)
    world.store.settle(claimed, done)
    assert world.store.unfinished() == []
    assert sorted(world.shown(ARCHIVE)) == sorted([first, second])
    assert world.counts(ARCHIVE) == (2, 0)


def test_a_message_that_a_pull_stored_as_new_after_a_crash_is_not_doubled(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    (entry,) = world.record(move(key))
    claimed = world.claim(entry)
    done = world.perform(claimed)
    world.reopen()
    world.pull()
    ((again, _),) = world.store.unfinished()
    world.store.settle(again, done)
    (message,) = world.messages(None)
    assert message.mailbox == ARCHIVE
    world.store.undo()
    assert [m.mailbox for m in world.messages(None)] == [INBOX]
    world.push()
    world.pull()
    assert [m.mailbox for m in world.messages(None)] == [INBOX]


def test_a_copied_message_brings_its_bytes(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.store.keep_raw([(key, b"the letter")])
    (copy,) = map(MessageKey, world.store.allot_keys(1))
    world.record(Copy(INBOX, (key,), (copy,), ARCHIVE))
    assert world.store.raw(copy) == b"the letter"
    world.push()
    assert world.store.raw(copy) == b"the letter"
    assert copy in world.store.unparsed(5)


SCRIPT = """
from contextlib import closing
from pathlib import Path
from tests.unit.store.worlds import *
from tuimail.model.operation import Move
world = World(Path(__import__("sys").argv[1]))
world.server.receive(INBOX)
world.pull()
world.record(Move(INBOX, frozenset(world.shown()), ARCHIVE))
world.push()
"""


def test_the_failpoint_kills_between_index_and_journal(tmp_path: Path) -> None:
    environment = os.environ | {"TUIMAIL_FAIL": "between_index_and_journal:1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], env=environment, check=False
    )
    assert done.returncode == 137
    with closing(
        JournalFile(tmp_path / "data" / "work", tmp_path / "no index", writer=False)
    ) as left:
        assert left.rows("SELECT state FROM entry") == [("claimed",)]
    world = World(tmp_path)
    assert len(world.shown(ARCHIVE)) == 1
    assert world.store.pending() == []
    world.store.close()


def test_of_an_undone_change_that_was_refused_in_part_the_rest_is_taken_back(
    world: World,
) -> None:
    bad, good = pulled(world, frozenset(), frozenset())
    (entry,) = world.record(Move(INBOX, frozenset({bad, good}), ARCHIVE))
    claimed = world.claim(entry)
    world.store.undo()
    world.store.park(claimed, NO, {bad})
    (left,) = [each for each in world.store.pending() if each.undone]
    world.store.settle(left, world.perform(left))
    world.push()
    world.pull()
    assert set(world.shown()) == {bad, good}
    assert world.shown(ARCHIVE) == []
    assert world.store.pending() == []


def test_only_what_cannot_be_found_again_is_parked(world: World) -> None:
    lost, other, third = pulled(world, frozenset(), frozenset(), frozenset())
    copies = tuple(map(MessageKey, world.store.allot_keys(2)))
    world.record(StoreFlags(INBOX, frozenset({lost, other}), SEEN_ONLY))
    world.record(Copy(INBOX, (lost, other), copies, ARCHIVE))
    world.record(StoreFlags(INBOX, frozenset({third}), SEEN_ONLY))
    world.server.remove(world.token_of[lost])
    world.server.number_anew(INBOX)
    world.pull()
    found = {(each.state, each.operation.keys) for each in world.store.pending()}
    assert found == {
        (EntryState.PARKED, frozenset({lost})),
        (EntryState.PARKED, frozenset({copies[0]})),
        (EntryState.RECORDED, frozenset({other})),
        (EntryState.RECORDED, frozenset({copies[1]})),
        (EntryState.RECORDED, frozenset({third})),
    }
