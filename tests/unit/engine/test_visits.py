"""Which visit to a maildrop answers a sync: one that sees all that was there when it was asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import PASSWORD, Pop3Server
from tests.unit.engine.test_drain import Machine
from tuimail.backend.base import Refused
from tuimail.backend.pop3.session import Pop3Session
from tuimail.engine.drain import Pop3Access
from tuimail.engine.events import Connection
from tuimail.engine.maildrop import Maildrop
from tuimail.engine.secret_keeper import SecretKeeper


class Gate:
    """Opens sessions when it is let: `before` and `after` the log-in stand doors."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.asked = asyncio.Event()
        self.before = asyncio.Event()
        self.opened = asyncio.Event()
        self.after = asyncio.Event()
        self.on_arrival: Callable[[], None] = lambda: None

    def arrived(self) -> None:
        self.on_arrival()

    async def open_session(self) -> Pop3Session:
        self.asked.set()
        await self.before.wait()
        session = await self._machine.open_session()
        self.opened.set()
        await self.after.wait()
        return session


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Machine, Gate, Maildrop]]:
    async with Pop3Server().open() as server:
        machine = Machine(folder, server)
        gate = Gate(machine)

        async def find_secret() -> str:
            return PASSWORD

        maildrop = Maildrop(
            machine.link,
            Pop3Access(gate.open_session, machine.maildir, machine.placeholders),
            SecretKeeper(find_secret),
            gate.arrived,
        )
        task = asyncio.create_task(maildrop.run())
        yield machine, gate, maildrop
        task.cancel()
        await asyncio.wait([task])
        await machine.close()


async def test_a_visit_that_has_not_logged_in_yet_answers(tmp_path: Path) -> None:
    async with running(tmp_path) as (machine, gate, maildrop):
        await gate.asked.wait()
        visit = asyncio.create_task(maildrop.visit())
        await asyncio.sleep(0)
        gate.before.set()
        gate.after.set()
        assert await visit is None
        assert machine.server.sessions == 1


async def test_mail_that_came_after_the_log_in_is_fetched_before_the_answer(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (machine, gate, maildrop):
        gate.before.set()
        await gate.opened.wait()
        late = letter("late", "hello")
        machine.server.add(late)
        visit = asyncio.create_task(maildrop.visit())
        await asyncio.sleep(0)
        gate.after.set()
        assert await visit is None
        assert machine.contents == [late]
        assert machine.server.sessions == 2


async def test_what_can_wait_waits_while_mail_is_fetched_and_no_longer(tmp_path: Path) -> None:
    async with running(tmp_path) as (machine, gate, maildrop):
        await gate.asked.wait()
        await maildrop.rested()
        machine.server.add(letter("one", "hello"))
        arrived = asyncio.Event()
        rested: list[asyncio.Task[None]] = []

        def note() -> None:
            if not rested:
                rested.append(asyncio.create_task(maildrop.rested()))
            arrived.set()

        gate.on_arrival = note
        gate.before.set()
        gate.after.set()
        await arrived.wait()
        await asyncio.sleep(0)
        assert not rested[0].done()
        await rested[0]
        assert machine.server.letters == []


async def test_a_visit_that_left_a_letter_out_is_online_and_names_it(tmp_path: Path) -> None:
    async with running(tmp_path) as (machine, gate, maildrop):
        machine.server.add(letter("one"), letter("two"))
        machine.server.letters[0].refused = True
        gate.before.set()
        gate.after.set()
        trouble = await maildrop.visit()
        assert isinstance(trouble, Refused)
        assert "not this one" in str(trouble)
        assert maildrop.state.connection is Connection.ONLINE
        assert "not this one" in maildrop.state.reason
        machine.server.letters[0].refused = False
        assert await maildrop.visit() is None
        assert not maildrop.state.reason


@pytest.mark.parametrize("brings", [True, False])
async def test_a_line_that_breaks_is_opened_again_soon_and_six_times_a_minute_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brings: bool
) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def passed_over(seconds: float, *_: object) -> bool:
        pauses.append(seconds)
        if len(pauses) == 8:
            enough.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return True

    monkeypatch.setattr("tuimail.engine.maildrop.pause", passed_over)
    monkeypatch.setattr("tuimail.engine.maildrop.random.random", lambda: 1.0)
    async with running(tmp_path) as (machine, gate, _):
        machine.server.add(*(letter(f"{n}", "x" * 2_000) for n in range(40)))
        machine.server.breaks_every = 6_000 if brings else 900
        gate.before.set()
        gate.after.set()
        await enough.wait()
    assert all(seconds > 9 for seconds in pauses)
    assert (max(pauses) < 20) is brings
