"""What the server has trouble with waits; all the rest goes on, and nothing waits for ever."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.builders import letter
from tests.unit.engine.test_push import LISTS, WORK, ready
from tests.unit.engine.world import (
    ARCHIVE,
    World,
    by_subject,
    heard,
    keys_of,
    pushed,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.base import Busy, Refused
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import lifeline, postponing
from tuimail.engine.commands import (
    Archive,
    Copy,
    Delete,
    Drop,
    Mark,
    Move,
    Redo,
    Retry,
    Undo,
)
from tuimail.engine.events import JournalChanged, OperationParked
from tuimail.engine.local import LocalMail
from tuimail.engine.performing import sources_of
from tuimail.model.mail import FLAGGED, INBOX, MessageKey
from tuimail.model.operation import Entry, EntryState, Operation

BUGGY = "Internal error occurred."
Trouble = Callable[[Operation], Exception | None]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifeline, "pause_after", lambda *_: 0.01)


class Server:
    """How the server answers, and how often it was asked for each kind of operation."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trouble: Trouble = lambda _: None
        self.asked: Counter[str] = Counter()
        perform = DemoBackend.perform

        async def answered(
            backend: DemoBackend, operation: Operation, *arguments: object, **options: object
        ) -> object:
            self.asked[type(operation).__name__] += 1
            if (trouble := self.trouble(operation)) is not None:
                raise trouble
            return await perform(backend, operation, *arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(DemoBackend, "perform", answered)

    def busy(self, *kinds: str) -> None:
        self.trouble = lambda op: Busy(BUGGY) if type(op).__name__ in kinds else None

    def busy_with(self, key: MessageKey) -> None:
        self.trouble = lambda op: Busy(BUGGY) if key in op.keys else None

    def well(self) -> None:
        self.trouble = lambda _: None


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


async def waiting(mail: LocalMail) -> Entry:
    """The one entry that is pending, as soon as it waits."""

    async def waits() -> bool:
        return [entry.waits for entry in await mail.pending()] == [True]

    await until(waits)
    return (await mail.pending())[0]


async def marked(mail: LocalMail, *names: str) -> None:
    await mail.submit(Mark(await keys_of(mail, *names), add=frozenset({FLAGGED})))


async def test_what_the_server_has_trouble_with_waits_and_the_rest_goes_on(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One", "Two")
    server.busy("StoreFlags")
    await marked(mail, "One")
    await mail.submit(Archive(await keys_of(mail, "Two")))
    entry = await waiting(mail)
    assert (entry.state, entry.reason, entry.tries) == (EntryState.RECORDED, BUGGY, 1)
    assert by_subject(world.on_server(ARCHIVE)) == ["Two"]
    world.server.deliver(letter("News"))
    (report,) = await synced(mail)
    assert (report.exit, report.pending, report.parked) == (0, 1, 0)
    assert await subjects(mail) == ["News", "One"]
    assert server.asked["StoreFlags"] == 1
    (message,) = [each for each in await shown(mail) if each.envelope.subject == "One"]
    assert FLAGGED in message.flags


async def test_it_is_tried_again_after_growing_pauses_and_parked_in_the_end(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One")
    server.busy("StoreFlags")
    await marked(mail, "One")
    pauses = []
    for tries in range(1, postponing.MOST_TRIES):

        async def tried(tries: int = tries) -> bool:
            return [entry.tries for entry in await mail.pending()] == [tries]

        await until(tried)
        entry = await waiting(mail)
        assert entry.try_at is not None
        pauses.append(entry.try_at - world.clock())
        world.clock.ahead += pauses[-1] + timedelta(seconds=1)
        await synced(mail)
    (parked,) = await mail.pending()
    assert (parked.state, parked.reason) == (EntryState.PARKED, BUGGY)
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(minutes=10)
    assert server.asked["StoreFlags"] == postponing.MOST_TRIES


async def test_what_the_server_can_do_later_is_done_later(world: World, server: Server) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Archive(await keys_of(mail, "One")))
    await waiting(mail)
    server.well()
    world.clock.ahead = timedelta(minutes=1)
    await synced(mail)
    assert not await mail.pending()
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_how_often_it_was_tried_outlives_the_engine(world: World, server: Server) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Archive(await keys_of(mail, "One")))
    await waiting(mail)
    await world.stop()
    world.start()
    mail = await world.mail()
    await synced(mail)
    assert (await waiting(mail)).tries == 1
    assert server.asked["Move"] == 1


async def test_what_waits_can_be_dropped_and_the_message_is_back(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Archive(await keys_of(mail, "One")))
    entry = await waiting(mail)
    await mail.submit(Drop(WORK, entry.id))
    assert not await mail.pending()
    assert await subjects(mail) == ["One"]


async def test_what_waits_can_be_undone_and_done_again(world: World, server: Server) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Archive(await keys_of(mail, "One")))
    await waiting(mail)
    await mail.submit(Undo())
    assert not await mail.pending()
    assert await subjects(mail) == ["One"]
    server.well()
    await mail.submit(Redo())
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_what_waits_is_tried_at_once_if_the_user_wants_it(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Archive(await keys_of(mail, "One")))
    entry = await waiting(mail)
    server.well()
    await mail.submit(Retry(WORK, entry.id))
    await pushed(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]


async def test_what_depends_on_a_dropped_entry_is_parked(world: World, server: Server) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Move(await keys_of(mail, "One"), LISTS))
    entry = await waiting(mail)
    await marked(mail, "One")
    await mail.submit(Drop(WORK, entry.id))
    (left,) = await mail.pending()
    assert left.state is EntryState.PARKED
    assert "given up" in left.reason
    (message,) = await shown(mail)
    assert FLAGGED not in message.flags


async def test_what_comes_after_it_for_the_same_message_waits_with_it(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One")
    server.busy("Move")
    await mail.submit(Move(await keys_of(mail, "One"), LISTS))
    await waiting(mail)
    await marked(mail, "One")
    await synced(mail)
    assert server.asked["StoreFlags"] == 0
    server.well()
    world.clock.ahead = timedelta(minutes=1)
    await synced(mail)
    (message,) = world.server.mailbox(LISTS.name).messages.values()
    assert message.flags == {FLAGGED}


# One of several.


@pytest.mark.parametrize("number", range(5))
async def test_of_a_set_only_the_message_at_fault_waits(
    world: World, server: Server, number: int
) -> None:
    names = [str(each) for each in range(5)]
    mail = await ready(world, *names)
    (bad,) = await keys_of(mail, names[number])
    server.busy_with(bad)
    await mail.submit(Archive(await keys_of(mail, *names)))
    entry = await waiting(mail)
    assert entry.operation.keys == {bad}
    others = sorted(set(names) - {names[number]})
    assert by_subject(world.on_server(ARCHIVE)) == others
    assert await subjects(mail, ARCHIVE) == names
    await mail.submit(Undo())
    await pushed(mail)
    assert by_subject(world.on_server()) == names


@pytest.mark.parametrize("number", range(4))
async def test_of_a_set_only_the_message_at_fault_is_parked(
    world: World, server: Server, number: int
) -> None:
    names = [str(each) for each in range(4)]
    mail = await ready(world, *names)
    (bad,) = await keys_of(mail, names[number])
    server.trouble = lambda op: Refused("Not this one.") if bad in sources_of(op) else None
    everything = await keys_of(mail, *names)
    event = await heard(mail, OperationParked, lambda: mail.submit(Copy(everything, LISTS)))
    (entry,) = [each for each in await mail.pending() if each.state is EntryState.PARKED]
    assert (event.entry, event.reason, entry.reason) == (entry.id, "Not this one.", "Not this one.")
    await synced(mail)
    others = sorted(set(names) - {names[number]})
    assert by_subject(world.on_server(LISTS.name)) == others
    assert await subjects(mail, LISTS.name) == others
    server.well()
    await mail.submit(Retry(WORK, entry.id))
    await pushed(mail)
    assert by_subject(world.on_server(LISTS.name)) == names


async def test_two_messages_at_fault_and_one_that_is_gone_are_told_apart(
    world: World, server: Server
) -> None:
    names = [str(each) for each in range(8)]
    mail = await ready(world, *names)
    bad = await keys_of(mail, "1", "6")
    world.server.go_down()
    await mail.submit(Delete(await keys_of(mail, *names)))
    world.server.expunge(INBOX, [3])
    server.trouble = lambda op: Refused("No.") if op.keys & bad else None
    world.server.come_back()
    await mail.reconnect()

    async def they_are_parked() -> bool:
        entries = await mail.pending()
        return [(e.state, e.operation.keys) for e in entries] == [(EntryState.PARKED, bad)]

    await until(they_are_parked)
    await synced(mail)
    assert await subjects(mail) == ["1", "6"]
    assert by_subject(world.on_server()) == ["1", "6"]
    assert any("1 of 6 no longer" in entry.reason for entry in await mail.history())


async def test_a_set_that_is_refused_wholly_is_not_asked_for_message_by_message(
    world: World, server: Server
) -> None:
    names = [f"{each:02}" for each in range(60)]
    mail = await ready(world, *names)
    server.trouble = lambda _: Refused("Over quota.")
    everything = await keys_of(mail, *names)
    await heard(mail, OperationParked, lambda: mail.submit(Archive(everything)))
    await synced(mail)
    assert [each.state for each in await mail.pending()] == [EntryState.PARKED]
    assert await subjects(mail) == names
    assert server.asked["Move"] < 45
    server.asked.clear()
    server.trouble = lambda _: Refused("You may not.", wholly=True)
    await heard(mail, OperationParked, lambda: mail.submit(Delete(everything)))
    assert server.asked["Move"] == 1


async def test_what_waits_together_stays_together(world: World, server: Server) -> None:
    """Or a server that has trouble with all of it would be asked more each time."""
    names = [f"{each:02}" for each in range(60)]
    mail = await ready(world, *names)
    number = 0

    def trouble(_: Operation) -> Exception:
        nonlocal number
        number += 1
        return Busy(f"Error {number}.")

    server.trouble = trouble
    await mail.submit(Archive(await keys_of(mail, *names)))
    entry = await waiting(mail)
    assert len(entry.operation.keys) == 60
    for _ in range(2):
        server.asked.clear()
        world.clock.ahead += timedelta(minutes=30)
        await synced(mail)
        entry = await waiting(mail)
        assert len(entry.operation.keys) == 60
        assert server.asked["Move"] < 45


async def test_an_undo_of_what_waits_in_doubt_is_told_once_it_is_known(
    world: World, server: Server
) -> None:
    """The line broke, and by now the server has trouble with the answer to what became of it."""
    mail = await ready(world, "One")
    world.server.lose_answers = 1
    asked = 0

    def trouble(_: Operation) -> Exception | None:
        nonlocal asked
        asked += 1
        return Busy(BUGGY) if asked == 2 else None

    server.trouble = trouble
    await mail.submit(Archive(await keys_of(mail, "One")))
    assert await heard_state(mail) is EntryState.CLAIMED
    entry = await waiting(mail)
    await mail.submit(Undo())
    await mail.submit(Retry(WORK, entry.id))
    await pushed(mail)
    await synced(mail)
    assert by_subject(world.on_server()) == ["One"]
    assert world.on_server(ARCHIVE) == []
    assert await subjects(mail) == ["One"]


async def heard_state(mail: LocalMail) -> EntryState:
    async def busy() -> bool:
        return any(entry.reason == BUGGY for entry in await mail.pending())

    await until(busy)
    return (await mail.pending())[0].state


# A line that breaks.


async def test_what_breaks_the_line_each_time_is_parked_and_the_rest_goes_on(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postponing, "_PAUSES", [timedelta(0)])
    mail = await ready(world, "One", "Two")
    (bad,) = await keys_of(mail, "One")

    def breaks(operation: Operation) -> None:
        if bad in operation.keys:
            world.server.cut()

    server.trouble = breaks
    event = await heard(mail, OperationParked, lambda: mail.submit(Archive(frozenset({bad}))))
    assert "may be done or not" in event.reason
    assert server.asked["Move"] == postponing.MOST_BREAKS
    await mail.submit(Archive(await keys_of(mail, "Two")))
    world.server.deliver(letter("News"))
    await synced(mail)
    assert by_subject(world.on_server(ARCHIVE)) == ["Two"]
    assert await subjects(mail) == ["News", "One"]


@pytest.mark.parametrize("number", [0, 7, 19])
async def test_of_a_set_at_which_the_line_breaks_all_but_one_are_done(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(postponing, "_PAUSES", [timedelta(0)])
    names = [f"{each:02}" for each in range(20)]
    mail = await ready(world, *names)
    (bad,) = await keys_of(mail, names[number])
    others = sorted(set(names) - {names[number]})

    def breaks(operation: Operation) -> None:
        if bad in operation.keys:
            world.server.cut()

    server.trouble = breaks
    everything = await keys_of(mail, *names)
    await heard(mail, OperationParked, lambda: mail.submit(Archive(everything)))

    async def only_that_one_is_left() -> bool:
        entries = await mail.pending()
        return [(e.state, e.operation.keys) for e in entries] == [
            (EntryState.PARKED, frozenset({bad}))
        ]

    await until(only_that_one_is_left)
    await synced(mail)
    assert by_subject(world.on_server(ARCHIVE)) == others
    assert await subjects(mail, ARCHIVE) == others
    assert await subjects(mail) == [names[number]]


async def test_what_breaks_the_line_again_waits_till_the_rest_is_done(
    world: World, server: Server
) -> None:
    mail = await ready(world, "One", "Two")
    (bad,) = await keys_of(mail, "One")

    def breaks(operation: Operation) -> None:
        if bad in operation.keys:
            world.server.cut()

    server.trouble = breaks
    await mail.submit(Archive(frozenset({bad})))

    async def broke_twice() -> bool:
        return [entry.tries for entry in await mail.pending()] == [2]

    await until(broke_twice)
    world.server.deliver(letter("News"))
    await mail.submit(Archive(await keys_of(mail, "Two")))
    await synced(mail)
    (entry,) = await mail.pending()
    assert (entry.state, entry.tries) == (EntryState.CLAIMED, 2)
    assert by_subject(world.on_server(ARCHIVE)) == ["Two"]
    assert await subjects(mail) == ["News"]
    await heard(mail, JournalChanged, lambda: mail.submit(Drop(WORK, entry.id)))
    assert not await mail.pending()
    assert await subjects(mail) == ["News", "One"]
