"""Pauses between connections fall only where a connection was good for something."""

import pytest

from tests.unit.engine.world import World, synced, until
from tuimail.backend.base import Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import lifeline


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After how many failures in a row each pause came."""
    counts: list[int] = []

    def noted(count: int, _jitter: float, _longest: float) -> float:
        counts.append(count)
        return 0.0

    monkeypatch.setattr(lifeline, "pause_after", noted)
    return counts


async def test_a_log_in_alone_lets_no_pause_fall(
    world: World, failures: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailboxes = DemoBackend.mailboxes
    well: list[bool] = []

    async def lost(backend: DemoBackend) -> object:
        if not well:
            raise Unreachable("The connection was lost")
        return await mailboxes(backend)

    monkeypatch.setattr(DemoBackend, "mailboxes", lost)
    world.start()

    async def several() -> bool:
        return len(failures) >= 4

    await until(several)
    assert failures[:4] == [1, 2, 3, 4]
    well.append(True)
    mail = await world.mail()
    await synced(mail)
    failures.clear()
    world.server.cut()

    async def once_more() -> bool:
        return bool(failures)

    await until(once_more)
    assert failures[0] == 0
