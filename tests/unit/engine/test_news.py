"""Mail that arrives while an engine looks around, or while it begins to listen, is told soon."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.builders import letter
from tests.unit.engine.world import ARCHIVE, World, subjects, synced, until
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.engine import retry, session
from tuimail.engine.retry import Surroundings
from tuimail.model.sync import ServerMailbox

SOON = 3.0


class Steps:
    """Counts what is asked of a server and what it answers; at one step a letter arrives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        self.arrival = -1
        ask, answer = DemoBackend._ask, DemoBackend._answer

        async def asked(backend: DemoBackend, command: str) -> None:
            await ask(backend, command)
            self._step(backend)

        async def answered(backend: DemoBackend) -> None:
            self._step(backend)
            await answer(backend)

        monkeypatch.setattr(DemoBackend, "_ask", asked)
        monkeypatch.setattr(DemoBackend, "_answer", answered)

    def begin(self, arrival: int = -1) -> None:
        self.taken, self.arrival = 0, arrival

    def _step(self, backend: DemoBackend) -> None:
        if self.taken == self.arrival:
            backend._server.deliver(letter("Late"))
        self.taken += 1


async def visit(world: World) -> bool:
    """Start an engine and let it listen; whether a letter came within a moment."""
    heard_before = world.server.commands["listen"]
    world.start()
    mail = await world.mail()

    async def listens() -> bool:
        return world.server.commands["listen"] > heard_before

    async def is_here() -> bool:
        return "Late" in await subjects(mail)

    await until(listens)
    try:
        async with asyncio.timeout(SOON if b"Late" in b"".join(world.on_server()) else 0.2):
            await until(is_here)
    except TimeoutError:
        return False
    finally:
        await world.stop()
    return True


@pytest.mark.parametrize("visits_before", [0, 1])
async def test_a_letter_is_told_at_whatever_step_it_arrives(
    visits_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BETWEEN_PULLS", 0.05)
    steps = Steps(monkeypatch)
    lost = []
    arrival, last = -1, 0
    while arrival < last:
        async with World(tmp_path / str(arrival)) as world:
            world.server.deliver(letter("First"))
            for _ in range(visits_before):
                steps.begin()
                await visit(world)
            steps.begin(arrival)
            if not await visit(world):
                lost.append(arrival)
            if arrival < 0:
                last = steps.taken - 1
        arrival += 1
    assert last >= 2
    assert lost == [-1]


async def test_news_are_believed_although_status_is_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    mail = await world.mail()
    await synced(mail)
    behind = world.server.listing()

    def listing(_: DemoServer) -> Sequence[ServerMailbox]:
        return behind

    monkeypatch.setattr(DemoServer, "listing", listing)
    world.server.deliver(letter("Late"))

    async def is_here() -> bool:
        return await subjects(mail) == ["Late"]

    await until(is_here)


async def test_what_no_server_tells_is_looked_for_after_a_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LOOK_AGAIN", 0.2)
    world.start()
    mail = await world.mail()
    await synced(mail)
    world.server.append(ARCHIVE, letter("Late"))

    async def is_here() -> bool:
        return await subjects(mail, ARCHIVE) == ["Late"]

    await until(is_here)


async def test_where_the_machine_slept_or_the_user_wants_it_a_new_listening_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listens_anew() -> bool:
        return world.server.commands["listen"] > before

    world.start()
    mail = await world.mail()
    await synced(mail)
    before = 0
    await until(listens_anew)
    before = world.server.commands["listen"]
    await mail.reconnect()
    await until(listens_anew)
    before = world.server.commands["listen"]
    monkeypatch.setattr(Surroundings, "changed", lambda _: True)
    monkeypatch.setattr(retry, "LOOK_AROUND", 0.05)
    await mail.reconnect()
    before += 1
    await until(listens_anew)
