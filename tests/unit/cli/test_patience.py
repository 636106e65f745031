"""Whoever waits for a sync is told in time, whatever the engine does."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import pytest

from tuimail.cli import sync as sync_module
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import Output
from tuimail.cli.patience import LOOK, News, Patience
from tuimail.cli.run import Run
from tuimail.cli.sync import outcome, sync_once
from tuimail.config.paths import Paths
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.commands import Command
from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    EngineGone,
    Event,
    MailboxChanged,
    Progress,
    SyncFinished,
)
from tuimail.engine.mail import Mail
from tuimail.engine.requests import AccountStatus, Status
from tuimail.model.mail import INBOX, AccountName, MailboxId
from tuimail.model.operation import Entry
from tuimail.model.safe_text import SafeText

WORK, HOME = AccountName("work"), AccountName("home")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Engine:
    """Says how its accounts are; None: it is not there."""

    def __init__(self, **connections: Connection) -> None:
        self.connections = connections
        self.asked = 0
        self.gone = False

    async def __call__(self) -> Status | None:
        self.asked += 1
        if self.gone:
            raise EngineUnavailable("it was removed")
        accounts = tuple(
            AccountStatus(AccountName(name), connection, SafeText("No route."), 2, 1)
            for name, connection in self.connections.items()
        )
        return Status("1", 1, 1, accounts)


def patience(engine: Engine, clock: Clock) -> Patience:
    return Patience([WORK, HOME], engine, clock)


@pytest.mark.parametrize("connection", [Connection.OFFLINE, Connection.NEEDS_SECRET])
async def test_an_account_that_is_not_reached_is_said_to_be_so(connection: Connection) -> None:
    clock, engine = Clock(), Engine(work=connection, home=Connection.ONLINE)
    waiting = patience(engine, clock)
    clock.now = Patience.OFFLINE - 1
    assert await waiting.lost([WORK, HOME]) == []
    clock.now = Patience.OFFLINE
    [lost] = await waiting.lost([WORK, HOME])
    assert (lost.account, lost.error, lost.pending, lost.parked) == (WORK, "No route.", 2, 1)
    assert lost.exit == (Exit.LATER if connection is Connection.OFFLINE else Exit.FAILED)


async def test_news_of_an_account_are_no_news_of_another() -> None:
    clock = Clock()
    waiting = patience(Engine(work=Connection.OFFLINE, home=Connection.OFFLINE), clock)
    clock.now = Patience.OFFLINE - 1
    for news in (
        Progress(HOME, SafeText("headers"), 1, 2),
        MailboxChanged(MailboxId(HOME, INBOX)),
        ConnectionChanged(HOME, Connection.CONNECTING),
    ):
        waiting.note(news)
    clock.now = Patience.OFFLINE
    assert [each.account for each in await waiting.lost([WORK, HOME])] == [WORK]


async def test_one_that_is_at_work_is_waited_for_but_not_for_good() -> None:
    clock, engine = Clock(), Engine(work=Connection.ONLINE, home=Connection.CONNECTING)
    waiting = patience(engine, clock)
    clock.now = Patience.SILENT - 1
    assert await waiting.lost([WORK, HOME]) == []
    clock.now = Patience.SILENT + LOOK
    lost = await waiting.lost([WORK, HOME])
    assert {each.account for each in lost} == {WORK, HOME}
    assert all("nothing was heard" in each.error for each in lost)


async def test_the_engine_is_not_asked_at_every_turn() -> None:
    clock, engine = Clock(), Engine(work=Connection.ONLINE, home=Connection.ONLINE)
    waiting = patience(engine, clock)
    clock.now = Patience.OFFLINE
    for _ in range(100):
        await waiting.lost([WORK, HOME])
    assert engine.asked == 1


@pytest.mark.parametrize("gone", [True, False])
async def test_an_engine_without_an_answer_or_without_the_account_is_told(gone: bool) -> None:
    clock, engine = Clock(), Engine()
    engine.gone = gone
    waiting = patience(engine, clock)
    clock.now = Patience.OFFLINE
    lost = await waiting.lost([WORK])
    assert [each.exit for each in lost] == [Exit.LATER]


async def test_waiting_may_be_broken_off_and_nothing_is_missed() -> None:
    said: asyncio.Queue[Event | None] = asyncio.Queue()

    async def telling() -> AsyncIterator[Event]:
        while (event := await said.get()) is not None:
            yield event

    news = News(telling())
    for _ in range(3):
        assert await news.within(0) is None
        assert not news.ended
    said.put_nowait(SyncFinished(WORK, 0))
    said.put_nowait(None)
    assert await news.within(None) == SyncFinished(WORK, 0)
    assert await news.within(None) is None
    assert news.ended


class AnsweringMail:
    """Records what it was asked to do."""

    def __init__(self) -> None:
        self.submitted: list[Command] = []

    async def pending(self) -> Sequence[Entry]:
        return ()

    async def submit(self, command: Command) -> None:
        self.submitted.append(command)


async def told(*events: Event, forever: bool = False) -> AsyncIterator[Event]:
    for event in events:
        yield event
    if forever:
        await asyncio.Event().wait()


async def synced(events: AsyncIterator[Event]) -> list[SyncFinished]:
    run = Run(argparse.Namespace(), Output(quiet=True), Paths.from_environment())
    mail = cast(Mail, AnsweringMail())
    return await sync_once(run, mail, events, frozenset({WORK, HOME}))


async def test_who_is_never_answered_is_told_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patience, "OFFLINE", 0.0)
    monkeypatch.setattr(sync_module, "LOOK", 0.01)
    found = await synced(told(SyncFinished(HOME, 0), forever=True))
    assert outcome(found) in (Exit.PARTLY, Exit.LATER)
    [work] = [each for each in found if each.account == WORK]
    assert (work.exit, work.error) == (Exit.LATER, "the engine does not answer")


async def test_an_engine_that_leaves_fails_those_it_did_not_answer() -> None:
    left = EngineGone(SafeText("It was stopped."))
    found = await synced(told(SyncFinished(HOME, 0, new=3), left))
    assert [(each.account, each.exit) for each in found] == [(HOME, 0), (WORK, 1)]
    assert found[1].error == "It was stopped."
    with pytest.raises(Failure, match="It was stopped"):
        await synced(told(left))
    with pytest.raises(Failure):
        await synced(told())


async def test_why_a_log_in_waits_is_told_once_an_account_and_a_wait(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def waiting(account: AccountName, seconds: int) -> ConnectionChanged:
        words = SafeText(f"Waiting {seconds} s: at most six log-ins a minute to a.b")
        return ConnectionChanged(account, Connection.CONNECTING, words)

    news = (
        ConnectionChanged(WORK, Connection.CONNECTING),
        waiting(WORK, 9),
        waiting(HOME, 8),
        waiting(WORK, 7),
        ConnectionChanged(WORK, Connection.ONLINE),
        waiting(WORK, 60),
    )
    await synced(told(*news, SyncFinished(WORK, 0), SyncFinished(HOME, 0)))
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" s:")[0] for line in lines] == [
        "tuimail: work: Waiting 9",
        "tuimail: home: Waiting 8",
        "tuimail: work: Waiting 60",
    ]
