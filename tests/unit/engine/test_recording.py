"""What a key does in the journals: what it says, whose lists change, and what undo takes back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.store.worlds import ARCHIVE, ROLES, delivery
from tuimail.engine.commands import Archive, Copy, Delete, Drop, Keep, Mark, Move, Redo, Retry, Undo
from tuimail.engine.mail import CommandFailed
from tuimail.engine.recording import Outcome, Recorded, Recorder
from tuimail.engine.shelf import LocalAccount, Shelf, Stamp
from tuimail.model.mail import (
    FLAGGED,
    INBOX,
    KEPT,
    SEEN,
    AccountName,
    Flag,
    MailboxId,
    MailboxName,
    MessageKey,
)
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Bookmark, Changes, ServerMailbox
from tuimail.model.uid import uid_of
from tuimail.store import maildrop
from tuimail.store.store import AccountFolders, Store

HOME, POP, WORK = (AccountName(name) for name in ("home", "pop", "work"))
EPOCH = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)
LISTS = MailboxName("Lists")


class World:
    """Two accounts and a maildrop, each with messages in its inbox, and no engine."""

    def __init__(self, folder: Path) -> None:
        self.now = EPOCH
        self.stores = {name: self._store(folder, name) for name in (HOME, POP, WORK)}
        self.keys = {name: self._filled(store) for name, store in self.stores.items()}
        stamp = Stamp(self._clock)
        originals = {POP: lambda *_: None}
        self.shelves = {
            name: Shelf(
                LocalAccount(name, _folders(folder, name), originals=originals.get(name)), stamp
            )
            for name in self.stores
        }
        self.recorder = Recorder(self.shelves, stamp)

    async def do(self, command: Recorded) -> Outcome:
        self.now += timedelta(seconds=1)
        return await self.recorder.carry_out(command)

    async def said(self, command: Recorded) -> str:
        return str((await self.do(command)).done.words)

    async def close(self) -> None:
        for shelf in self.shelves.values():
            await shelf.close()
        for store in self.stores.values():
            store.close()

    def flags(self, name: AccountName, number: int = 0) -> frozenset[Flag]:
        (message,) = self.stores[name].messages([self.keys[name][number]])
        return message.flags

    def is_read_in(self, name: AccountName) -> tuple[MailboxName, bool]:
        """Where its first message is, and whether it is marked as read."""
        (message,) = self.stores[name].messages(self.keys[name][:1])
        return message.mailbox, SEEN in message.flags

    def stays(self) -> list[bool]:
        return [drop.kept for drop in self.stores[POP].maildrop.drops()]

    def of(self, name: AccountName, *numbers: int) -> frozenset[MessageKey]:
        return frozenset(self.keys[name][number] for number in numbers or (0,))

    def _clock(self) -> datetime:
        return self.now

    def _store(self, folder: Path, name: AccountName) -> Store:
        return Store(name, _folders(folder, name), writer=True, clock=self._clock)

    def _filled(self, store: Store) -> list[MessageKey]:
        uids = [uid_of(f"P{number}.tuimail") for number in range(3)]
        store.merge_mailboxes([ServerMailbox(name, role) for name, role in ROLES.items()])
        reached = Bookmark(1, max(uids) + 1, 0, len(uids))
        store.bookmark(INBOX)
        store.merge(INBOX, Changes(reached, arrived=uids))
        keys = store.deliver(INBOX, [delivery(uid) for uid in uids])
        store.finish_pull(INBOX, reached)
        drops = [maildrop.Drop(f"{n}", b"%d" % n, f"P{n}.tuimail", 10, EPOCH) for n in range(3)]
        store.maildrop.store(drops, [])
        return keys


def _folders(folder: Path, name: AccountName) -> AccountFolders:
    return AccountFolders(folder / "data" / name, folder / "cache" / name)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    await made.close()


# What stays on a POP3 server.


async def test_what_is_kept_stays_and_undo_and_redo_follow(world: World) -> None:
    outcome = await world.do(Keep(world.of(POP, 0, 1)))
    assert (outcome.done.words, outcome.done.count) == ("Kept 2 on the server", 2)
    assert outcome.done.undoable
    assert outcome.done.recorded == world.now
    assert outcome.touched == {POP: {INBOX}}
    assert world.stays() == [True, True, False]
    assert world.flags(POP) == {KEPT}
    assert await world.said(Undo()) == "Undone: Kept 2 on the server"
    assert (world.stays(), KEPT in world.flags(POP)) == ([False] * 3, False)
    assert await world.said(Redo()) == "Done again: Kept 2 on the server"
    assert (world.stays(), KEPT in world.flags(POP)) == ([True, True, False], True)
    await world.do(Keep(world.of(POP), kept=False))
    assert (world.stays(), KEPT in world.flags(POP)) == ([False, True, False], False)
    await world.do(Undo())
    assert (world.stays(), KEPT in world.flags(POP)) == ([True, True, False], True)
    await world.do(Redo())
    assert world.stays() == [False, True, False]


async def test_what_is_undone_of_other_flags_keeps_and_releases_nothing(world: World) -> None:
    await world.do(Keep(world.of(POP, 1)))
    await world.do(Mark(world.of(POP, 0, 1), add=frozenset({FLAGGED})))
    await world.do(Undo())
    assert world.stays() == [False, True, False]
    await world.do(Redo())
    assert world.stays() == [False, True, False]


async def test_only_what_the_server_still_has_is_kept(world: World) -> None:
    world.stores[POP].maildrop.deleted(["1"], world.now)
    done = (await world.do(Keep(world.of(POP, 0, 1)))).done
    assert (done.words, done.count) == ("Kept 1 on the server", 1)
    assert world.flags(POP, 1) == frozenset()
    with pytest.raises(CommandFailed, match="does not have that any more"):
        await world.do(Keep(world.of(POP, 1)))


async def test_what_is_kept_already_is_no_step_of_undo(world: World) -> None:
    await world.do(Keep(world.of(POP)))
    done = (await world.do(Keep(world.of(POP)))).done
    assert (done.words, done.undoable) == ("Kept 1 on the server", False)
    await world.do(Undo())
    assert world.stays() == [False] * 3


async def test_mail_of_an_imap_account_is_not_kept(world: World) -> None:
    with pytest.raises(CommandFailed, match="work is no POP3 account"):
        await world.do(Keep(world.of(WORK)))
    assert world.flags(WORK) == frozenset()


# Whose lists change, and what can be taken back.


async def test_both_mailboxes_of_every_account_look_different(world: World) -> None:
    outcome = await world.do(Archive(world.of(WORK) | world.of(HOME, 0, 1)))
    assert (outcome.done.words, outcome.done.count) == ("Archived 3", 3)
    assert (outcome.done.undoable, outcome.done.recorded) == (True, world.now)
    both = {INBOX, ARCHIVE}
    assert outcome.touched == {HOME: both, WORK: both}
    undone = await world.do(Undo())
    assert (undone.done.words, undone.done.undoable) == ("Undone: Archived 3", False)
    assert undone.touched == {HOME: both, WORK: both}
    redone = await world.do(Redo())
    assert (redone.done.words, redone.done.undoable) == ("Done again: Archived 3", True)
    assert redone.outbox is None
    marked = await world.do(Mark(world.of(POP), add=frozenset({SEEN})))
    assert marked.touched == {POP: {INBOX}}
    copied = await world.do(Copy(world.of(WORK, 1), MailboxId(WORK, LISTS)))
    assert copied.touched == {WORK: {INBOX, LISTS}}


async def test_what_changes_nothing_touches_nothing(world: World) -> None:
    await world.do(Archive(world.of(WORK)))
    outcome = await world.do(Archive(world.of(WORK)))
    assert (outcome.done.words, outcome.done.count) == ("Archived already", 0)
    assert (outcome.done.undoable, outcome.touched) == (False, {})


async def test_undo_and_redo_take_the_newest_of_any_account(world: World) -> None:
    await world.do(Archive(world.of(WORK)))
    await world.do(Delete(world.of(HOME)))
    await world.do(Mark(world.of(WORK, 1), add=frozenset({FLAGGED})))
    for words in ("Flagged 1", "Deleted 1", "Archived 1"):
        assert await world.said(Undo()) == f"Undone: {words}"
    with pytest.raises(CommandFailed, match=r"^There is nothing to undo\.$"):
        await world.do(Undo())
    for words in ("Archived 1", "Deleted 1", "Flagged 1"):
        assert await world.said(Redo()) == f"Done again: {words}"
    with pytest.raises(CommandFailed, match=r"^There is nothing to redo\.$"):
        await world.do(Redo())


async def test_a_move_to_the_archive_is_said_as_an_archiving(world: World) -> None:
    assert await world.said(Move(world.of(WORK), MailboxId(WORK, ARCHIVE))) == "Archived 1"
    assert await world.said(Move(world.of(WORK, 1), MailboxId(WORK, LISTS))) == "Moved 1 to Lists"


async def test_what_was_done_by_itself_goes_and_comes_with_its_command(world: World) -> None:
    await world.do(Mark(world.of(WORK, 1), add=frozenset({FLAGGED})))
    archived = (await world.do(Archive(world.of(WORK)))).done
    read = Mark(world.of(WORK), add=frozenset({SEEN}), by_itself=True, act=archived.recorded)
    done = (await world.do(read)).done
    assert (done.words, done.undoable) == ("Marked 1 read", False)
    assert world.is_read_in(WORK) == (ARCHIVE, True)
    assert await world.said(Undo()) == "Undone: Archived 1"
    assert world.is_read_in(WORK) == (INBOX, False)
    assert await world.said(Redo()) == "Done again: Archived 1"
    assert world.is_read_in(WORK) == (ARCHIVE, True)


async def test_of_an_account_that_is_not_there_nothing_is_tried_again(world: World) -> None:
    with pytest.raises(CommandFailed, match="no account named nobody"):
        await world.do(Retry(AccountName("nobody"), 1))
    with pytest.raises(CommandFailed, match="no parked entry 7 in account work"):
        await world.do(Retry(WORK, 7))


async def test_what_is_parked_is_tried_again_or_dropped_by_its_number(world: World) -> None:
    store = world.stores[WORK]
    await world.do(Archive(world.of(WORK, 0, 1)))
    for act, said in ((Retry, "Tried again"), (Drop, "Dropped")):
        (due,) = store.due(world.now)
        (claimed,) = store.claim([due.id], NOWHERE)
        store.park(claimed, SafeText("full"))
        outcome = await world.do(act(WORK, due.id))
        assert (outcome.done.words, outcome.done.count) == (f"{said}: entry work:{due.id}", 2)
        assert outcome.touched == {WORK: {INBOX, ARCHIVE}}
    assert store.pending() == []
    assert world.is_read_in(WORK) == (INBOX, False)
    with pytest.raises(CommandFailed, match=f"no parked entry {due.id} in account work"):
        await world.do(Drop(WORK, due.id))
