"""Of each step of a push the screens are told, and a pull is asked for where it shows a gap."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import letter
from tests.unit.engine.world import ARCHIVE, WORK
from tests.unit.store.worlds import delivery
from tuimail.backend.base import Busy, InDoubt, NotKept, Refused, Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event, JournalChanged, MailboxChanged, OperationParked
from tuimail.engine.link import Link
from tuimail.engine.performing import sources_of
from tuimail.engine.push import Push
from tuimail.mime.worker import Parser
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxId, MailboxName, MessageKey
from tuimail.model.operation import (
    Append,
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
)
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Changes, ServerId, ServerMailbox
from tuimail.store.store import AccountFolders, Store

NEWS = JournalChanged(WORK)
Trouble = Callable[[Operation], Exception | None]


def changed(*names: MailboxName) -> set[Event]:
    return {MailboxChanged(MailboxId(WORK, name)) for name in names}


class Server(DemoBackend):
    """Notes what it is asked for, and answers `trouble` if there is any."""

    def __init__(self, server: DemoServer) -> None:
        super().__init__(server)
        self.asked: list[tuple[int, bool]] = []
        self.trouble: Trouble = lambda _: None
        self.tells_status = True
        self.unkept: frozenset[Flag] = frozenset()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    def accepts(self, operation: Operation) -> bool:
        if not isinstance(operation, StoreFlags):
            return True
        return self.unkept.isdisjoint(operation.add | operation.remove)

    async def mailboxes(self) -> Sequence[ServerMailbox]:
        found = await super().mailboxes()
        return found if self.tells_status else [replace(each, status=None) for each in found]

    async def perform(
        self,
        operation: Operation,
        ids: Mapping[MessageKey, ServerId],
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        assert ids.keys() <= sources_of(operation)
        self.asked.append((len(operation.keys), again))
        if self.meanwhile is not None:
            await self.meanwhile()
        if trouble := self.trouble(operation):
            raise trouble
        return await super().perform(
            operation, ids, checkpoint=checkpoint, again=again, content=content
        )


class Alone:
    """A push with nothing around it: a store, a server, the news, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime.now(UTC)
        self.server = DemoServer()
        self.backend = Server(self.server)
        folders = AccountFolders(folder / "data", folder / "cache")
        self.disk = Disk(lambda: Store(WORK, folders, writer=True, clock=lambda: self.now), "store")
        self.news: list[Event] = []
        self.pull_needed = asyncio.Event()
        self.link = Link(
            WORK, self.backend, self.disk, Parser(), self.news.append, lambda: self.now
        )
        self.push = Push(self.link, self.pull_needed)
        self.keys: list[MessageKey] = []

    async def begin(self) -> None:
        """Three letters are in the inbox, and here."""
        for number in range(3):
            self.server.deliver(letter(str(number)))
        await self.backend.connect()
        self.keys = await self.disk(self._pulled)

    def _pulled(self, store: Store) -> list[MessageKey]:
        inbox = self.server.mailbox(INBOX)
        store.merge_mailboxes(self.server.listing())
        store.bookmark(INBOX)
        store.merge(INBOX, Changes(inbox.status, arrived=list(inbox.messages)))
        arrived = [delivery(uid, validity=inbox.validity) for uid in inbox.messages]
        keys = store.deliver(INBOX, arrived)
        store.finish_pull(INBOX, inbox.status)
        return keys

    async def record(self, *operations: Operation) -> None:
        await self.disk(Store.record, list(operations))

    async def entries(self) -> list[Entry]:
        return await self.disk(Store.pending)

    async def break_off(self) -> None:
        """The line breaks at the next operation, and there is a new one."""
        self.server.lose_commands = 1
        with pytest.raises(Unreachable):
            await self.push.run()
        await self.backend.connect()
        self.news.clear()

    async def close(self) -> None:
        await self.disk.close()
        await self.link.parser.close()

    def archive(self) -> Move:
        return Move(INBOX, frozenset(self.keys), ARCHIVE)

    async def copy(self, *keys: MessageKey) -> Copy:
        copies = await self.disk(Store.allot_keys, len(keys))
        return Copy(INBOX, keys, tuple(map(MessageKey, copies)), ARCHIVE)

    def flag(self, key: MessageKey) -> StoreFlags:
        return StoreFlags(INBOX, frozenset({key}), frozenset({FLAGGED}))


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Alone]:
    made = Alone(tmp_path)
    await made.begin()
    yield made
    await made.close()


async def test_of_what_is_done_the_screens_are_told(alone: Alone) -> None:
    await alone.record(alone.archive())
    await alone.push.run()
    assert set(alone.news) == {*changed(INBOX, ARCHIVE), NEWS}
    assert not alone.pull_needed.is_set()


async def test_of_what_is_parked_the_screens_are_told_with_the_reason(alone: Alone) -> None:
    alone.server.refuse(Move, "no")
    await alone.record(alone.archive())
    await alone.push.run()
    (parked,) = await alone.entries()
    told = OperationParked(WORK, parked.id, SafeText("no"))
    assert set(alone.news) == {*changed(INBOX, ARCHIVE), NEWS, told}


@pytest.mark.parametrize("again", [False, True])
async def test_of_what_waits_the_screens_are_told(alone: Alone, again: bool) -> None:
    await alone.record(alone.flag(alone.keys[0]))
    if again:
        await alone.break_off()
    alone.backend.trouble = lambda _: Busy("busy")
    await (alone.push.replay(pulled=True) if again else alone.push.run())
    (entry,) = await alone.entries()
    assert (entry.reason, entry.waits) == ("busy", True)
    assert NEWS in alone.news
    assert again or changed(INBOX) <= set(alone.news)


async def test_of_a_broken_line_the_screens_are_told(alone: Alone) -> None:
    await alone.record(alone.flag(alone.keys[0]))
    alone.server.lose_commands = 1
    with pytest.raises(Unreachable):
        await alone.push.run()
    assert alone.news == [NEWS]
    (entry,) = await alone.entries()
    assert (entry.state, entry.tries) == (EntryState.CLAIMED, 1)
    assert entry.reason == "the connection broke while the server was told of this"


async def test_a_set_at_which_the_line_broke_once_goes_as_a_set_again(alone: Alone) -> None:
    await alone.record(alone.archive())
    await alone.break_off()
    await alone.push.replay(pulled=False)
    assert alone.backend.asked == [(3, False), (3, True)]
    assert await alone.entries() == []


async def test_at_the_third_try_it_goes_message_by_message(alone: Alone) -> None:
    await alone.record(alone.archive())
    await alone.break_off()
    alone.server.lose_commands = 1
    with pytest.raises(Unreachable):
        await alone.push.replay(pulled=False)
    await alone.backend.connect()
    alone.now += timedelta(minutes=1)
    await alone.push.replay(pulled=False)
    assert len(await alone.entries()) == 1
    await alone.push.replay(pulled=True)
    assert alone.backend.asked[2:] == [(1, True)] * 3
    assert await alone.entries() == []


@pytest.mark.parametrize("again", [False, True])
async def test_what_a_new_numbering_hits_waits_for_a_pull(alone: Alone, again: bool) -> None:
    await alone.record(alone.flag(alone.keys[0]), alone.archive())
    if again:
        await alone.break_off()
    alone.server.renumber(INBOX)
    await (alone.push.replay(pulled=True) if again else alone.push.run())
    assert alone.pull_needed.is_set()
    states = [entry.state for entry in await alone.entries()]
    assert states == [EntryState.CLAIMED if again else EntryState.RECORDED, EntryState.RECORDED]
    assert [again for _, again in alone.backend.asked] == [False, True][: 1 + again]


@pytest.mark.parametrize(("told", "needed"), [(True, False), (False, True)])
async def test_a_pull_is_asked_for_where_the_new_uid_is_not_told(
    alone: Alone, told: bool, needed: bool
) -> None:
    alone.server.tells_copyuid = told
    await alone.record(alone.archive())
    await alone.push.run()
    assert alone.pull_needed.is_set() is needed


async def test_no_pull_is_asked_for_after_a_deletion(alone: Alone) -> None:
    alone.server.tells_copyuid = False
    await alone.record(Expunge(INBOX, frozenset(alone.keys)))
    await alone.push.run()
    assert not alone.pull_needed.is_set()
    assert await alone.entries() == []


async def test_what_is_deleted_for_good_is_named_before_it_is_gone(alone: Alone) -> None:
    told: list[tuple[list[int], int]] = []

    async def removing(uids: Collection[int]) -> None:
        told.append((sorted(uids), len(alone.server.mailbox(INBOX).messages)))

    await alone.record(Expunge(INBOX, frozenset(alone.keys)))
    await Push(replace(alone.link, removing=removing), alone.pull_needed).run()
    assert told == [([1, 2, 3], 3)]
    assert alone.server.mailbox(INBOX).messages == {}


async def test_a_pull_brings_what_was_appended(alone: Alone) -> None:
    (key,) = await alone.disk(lambda store: store.allot_keys(1))
    append = Append(ARCHIVE, MessageKey(key), frozenset(), alone.now, "9@example.org")
    await alone.disk(lambda store: store.record([append], content=letter("Own")))
    await alone.push.run()
    assert alone.pull_needed.is_set()
    assert len(alone.server.mailbox(ARCHIVE).messages) == 1


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(("cause", "kept"), [(InDoubt("perhaps"), True), (Refused("no"), False)])
async def test_an_undo_is_kept_for_what_may_be_done(
    alone: Alone, cause: Refused, kept: bool, moved: bool
) -> None:
    """It is parked with it, so that the user can have it tried; else there is nothing to undo."""
    await alone.record(alone.archive() if moved else alone.flag(alone.keys[0]))
    await alone.break_off()
    alone.backend.trouble = lambda _: cause
    await alone.disk(Store.undo)
    await alone.push.replay(pulled=True)
    states = [entry.state for entry in await alone.entries()]
    assert states == ([EntryState.PARKED] if kept else [])


async def test_moves_that_are_refused_as_one_are_told_one_by_one_the_second_time(
    alone: Alone,
) -> None:
    """Half of them could be taken for its twins in the other half."""
    await alone.record(*(Move(INBOX, frozenset({key}), ARCHIVE) for key in alone.keys))
    await alone.break_off()
    alone.backend.trouble = lambda op: Refused("no") if alone.keys[0] in op.keys else None
    await alone.push.replay(pulled=True)
    assert alone.backend.asked == [(3, False), (3, True), (1, True), (1, True), (1, True)]
    (parked,) = await alone.entries()
    assert (parked.state, parked.operation.keys) == (EntryState.PARKED, frozenset({alone.keys[0]}))


async def test_of_moves_that_go_as_one_the_refused_one_is_parked_and_the_others_end(
    alone: Alone,
) -> None:
    await alone.record(*(Move(INBOX, frozenset({key}), ARCHIVE) for key in alone.keys))
    alone.backend.trouble = lambda op: Refused("no") if alone.keys[0] in op.keys else None
    await alone.push.run()
    (parked,) = await alone.entries()
    assert (parked.state, parked.operation.keys) == (EntryState.PARKED, frozenset({alone.keys[0]}))
    assert len(alone.server.mailbox(ARCHIVE).messages) == 2
    assert alone.link.tally.pushed == 2


@pytest.mark.parametrize(
    ("other", "parked"),
    [(Refused("two"), [1, 1]), (InDoubt("one"), [1, 1]), (Refused("one"), [2])],
)
async def test_what_is_refused_in_other_words_is_parked_with_its_own(
    alone: Alone, other: Refused, parked: list[int]
) -> None:
    first, second, _ = alone.keys
    causes: dict[MessageKey, Refused] = {first: Refused("one"), second: other}

    def trouble(operation: Operation) -> Exception | None:
        refused = [cause for key, cause in causes.items() if key in operation.keys]
        if len(operation.keys) > 1 and refused:
            return Refused("some of them")
        return refused[0] if refused else None

    alone.backend.trouble = trouble
    await alone.record(alone.archive())
    await alone.push.run()
    entries = await alone.entries()
    assert sorted(len(entry.operation.keys) for entry in entries) == parked
    assert {entry.reason for entry in entries} == {"one", str(other)}
    assert len(alone.server.mailbox(ARCHIVE).messages) == 1


@pytest.mark.parametrize("cause", [Refused("no", wholly=True), InDoubt("perhaps")])
async def test_what_is_refused_for_all_is_not_asked_for_in_halves(
    alone: Alone, cause: Refused
) -> None:
    await alone.record(alone.archive())
    alone.backend.trouble = lambda _: cause
    await alone.push.run()
    assert alone.backend.asked == [(3, False)]
    assert [entry.state for entry in await alone.entries()] == [EntryState.PARKED]


async def test_a_copy_that_may_be_there_is_not_asked_for_in_halves(alone: Alone) -> None:
    await alone.record(await alone.copy(*alone.keys))
    await alone.break_off()
    alone.backend.trouble = lambda _: Refused("no")
    await alone.push.replay(pulled=True)
    assert alone.backend.asked == [(3, False), (3, True)]
    assert [entry.state for entry in await alone.entries()] == [EntryState.PARKED]


async def test_a_flag_that_nobody_asked_for_and_that_is_not_kept_is_a_refusal(
    alone: Alone,
) -> None:
    alone.backend.trouble = lambda _: NotKept("not that one", frozenset({SEEN}))
    await alone.record(alone.flag(alone.keys[0]))
    await alone.push.run()
    assert [entry.reason for entry in await alone.entries()] == ["not that one"]


async def test_what_the_server_is_busy_with_six_times_is_parked(alone: Alone) -> None:
    await alone.record(alone.flag(alone.keys[0]))
    alone.backend.trouble = lambda _: Busy("busy")
    for tries, seconds in enumerate((5, 20, 60, 300, 900), 1):
        await alone.push.run()
        (entry,) = await alone.entries()
        until = alone.now + timedelta(seconds=seconds)
        assert (entry.state, entry.tries, entry.try_at) == (EntryState.RECORDED, tries, until)
        assert await alone.push.next_timer(alone.now) == until
        alone.now = until
    await alone.push.run()
    assert [entry.state for entry in await alone.entries()] == [EntryState.PARKED]


async def test_what_breaks_the_line_three_times_is_parked(alone: Alone) -> None:
    await alone.record(alone.flag(alone.keys[0]))
    await alone.break_off()
    for pause in (timedelta(0), timedelta(seconds=5)):
        (entry,) = await alone.entries()
        assert (entry.state, entry.try_at) == (EntryState.CLAIMED, alone.now + pause)
        alone.now += pause
        alone.server.lose_commands = 1
        with pytest.raises(Unreachable):
            await alone.push.replay(pulled=True)
        await alone.backend.connect()
    (parked,) = await alone.entries()
    assert parked.state is EntryState.PARKED
    assert parked.reason.startswith("the connection broke each time")


@pytest.mark.parametrize("begun", [False, True])
async def test_what_was_begun_before_the_server_was_busy_waits_in_doubt(
    alone: Alone, begun: bool
) -> None:
    cause = Busy("busy")
    cause.begun = begun
    alone.backend.trouble = lambda _: cause
    await alone.record(alone.flag(alone.keys[0]))
    await alone.push.run()
    (entry,) = await alone.entries()
    assert entry.state is (EntryState.CLAIMED if begun else EntryState.RECORDED)
    assert entry.waits


async def test_an_undo_is_kept_for_what_was_begun_before_it_was_refused(alone: Alone) -> None:
    cause = Refused("no")
    cause.begun = True
    alone.backend.trouble = lambda _: cause
    await alone.record(alone.flag(alone.keys[0]))
    alone.backend.meanwhile = lambda: alone.disk(Store.undo)
    await alone.push.run()
    assert [entry.state for entry in await alone.entries()] == [EntryState.PARKED]


async def test_a_line_that_breaks_at_a_half_is_a_try_too(alone: Alone) -> None:
    await alone.record(alone.archive())
    answers = iter([Refused("no"), Unreachable("gone")])
    alone.backend.trouble = lambda _: next(answers)
    with pytest.raises(Unreachable):
        await alone.push.run()
    (entry,) = await alone.entries()
    assert (entry.state, entry.tries) == (EntryState.CLAIMED, 1)
    assert NEWS in alone.news


@pytest.mark.parametrize("told", [True, False])
async def test_another_mailbox_is_numbered_otherwise_and_that_is_no_gap(
    alone: Alone, told: bool
) -> None:
    """What is refused in the archive is parked, whether its numbering is told or not."""
    await alone.record(alone.archive())
    await alone.push.run()
    alone.backend.tells_status = told
    alone.server.refuse(StoreFlags, "no")
    await alone.record(StoreFlags(ARCHIVE, frozenset(alone.keys), frozenset({FLAGGED})))
    await alone.push.run()
    assert [entry.state for entry in await alone.entries()] == [EntryState.PARKED]
    assert not alone.pull_needed.is_set()


async def test_an_older_twin_in_the_target_does_not_pass_for_the_copy(alone: Alone) -> None:
    alone.server.append(ARCHIVE, letter("0"))
    await alone.record(await alone.copy(alone.keys[0]))
    await alone.break_off()
    await alone.push.replay(pulled=True)
    assert len(alone.server.mailbox(ARCHIVE).messages) == 2


async def test_what_follows_one_that_waits_waits_with_all_its_messages(alone: Alone) -> None:
    first, second, third = alone.keys
    for keys in ((first,), (first, second), (second,), (third,)):
        await alone.record(await alone.copy(*keys))
    alone.backend.trouble = lambda op: Busy("busy") if first in sources_of(op) else None
    await alone.push.run()
    assert alone.backend.asked == [(1, False), (1, False)]
    assert len(await alone.entries()) == 3
    alone.backend.trouble = lambda _: None
    alone.now += timedelta(minutes=1)
    await alone.push.run()
    assert await alone.entries() == []
    assert len(alone.server.mailbox(ARCHIVE).messages) == 5


async def test_the_server_is_told_the_flags_that_it_keeps_and_no_others(alone: Alone) -> None:
    alone.backend.unkept = frozenset({Flag("$Work")})
    for added, removed in (({FLAGGED, Flag("$Work")}, {SEEN}), ({Flag("$Work")}, set[Flag]())):
        keys = frozenset(alone.keys)
        await alone.record(StoreFlags(INBOX, keys, frozenset(added), frozenset(removed)))
        await alone.push.run()
        await alone.disk(Store.undo)
        await alone.push.run()
    assert alone.backend.asked == [(3, False), (3, False)]
    assert (alone.link.tally.pushed, alone.link.tally.here) == (2, 2)
    flags = [message.flags for message in alone.server.mailbox(INBOX).messages.values()]
    assert flags == [frozenset()] * 3


async def test_what_was_done_is_counted_by_entries(alone: Alone) -> None:
    await alone.record(*map(alone.flag, alone.keys))
    await alone.push.run()
    assert (alone.link.tally.pushed, alone.link.tally.here) == (3, 0)
    assert alone.backend.asked == [(3, False)]
