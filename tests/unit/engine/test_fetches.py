"""Who waits for a small message does not wait for a large one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.builders import letter
from tests.unit.engine.world import WORK, World, hearing, keys_of, synced, until
from tuimail.backend.base import Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import in_pieces
from tuimail.engine.bodies import BIG, BodyPolicy
from tuimail.engine.commands import Fetch
from tuimail.engine.events import BodiesArrived, BodiesFailed
from tuimail.model.body import NotHere

LARGEST = 4 * BIG


@pytest.fixture
def held(world: World, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Of what comes in pieces nothing comes until this is set; no body comes by itself."""
    pieces = DemoBackend.pieces
    held = asyncio.Event()

    async def held_pieces(backend: DemoBackend, *where: Any, **how: Any) -> AsyncIterator[bytes]:
        await held.wait()
        async for piece in pieces(backend, *where, **how):
            yield piece

    monkeypatch.setattr(DemoBackend, "pieces", held_pieces)
    world.policy = BodyPolicy(wanted=False, largest=LARGEST)
    return held


@pytest.mark.parametrize("size", [2 * BIG, 2 * LARGEST], ids=["big", "only if asked for"])
async def test_a_large_message_on_its_way_keeps_no_other_waiting(
    world: World, held: asyncio.Event, size: int
) -> None:
    world.server.deliver(letter("Large", "x" * size))
    world.server.deliver(letter("Small"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    large, small = await keys_of(mail, "Large"), await keys_of(mail, "Small")
    async with hearing(mail) as news:
        await mail.submit(Fetch(large, large=size > LARGEST))
        await mail.submit(Fetch(small))
        arrived: list[frozenset[object]] = []
        async for event in news:
            if isinstance(event, BodiesArrived):
                arrived.append(event.keys)
                held.set()
            if len(arrived) == 2:
                break
    assert arrived == [small, large]


async def test_one_request_for_both_is_answered_in_two(world: World, held: asyncio.Event) -> None:
    world.server.deliver(letter("Large", "x" * 2 * BIG))
    world.server.deliver(letter("Small"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    both = await keys_of(mail, "Large", "Small")
    async with hearing(mail) as news:
        await mail.submit(Fetch(both))
        arrived: list[frozenset[object]] = []
        async for event in news:
            if isinstance(event, BodiesArrived):
                arrived.append(event.keys)
                held.set()
            if frozenset().union(*arrived) == both:
                break
    assert arrived == [await keys_of(mail, "Small"), await keys_of(mail, "Large")]


async def test_a_large_message_goes_on_where_the_line_was_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    lost_once: list[int] = []
    pieces = DemoBackend.pieces

    async def lossy(
        backend: DemoBackend, *where: Any, start: int = 0, size: int = 0
    ) -> AsyncIterator[bytes]:
        asked.append(start)
        count = 0
        async for piece in pieces(backend, *where, start=start, size=1 << 16):
            count += 1
            if count == 4 and len(lost_once) < 3:
                lost_once.append(start)
                backend._connected_in = None
                raise Unreachable("The connection was lost")
            yield piece

    monkeypatch.setattr(DemoBackend, "pieces", lossy)
    world.policy = BodyPolicy(wanted=False)
    content = letter("Large", "x" * 2 * BIG)
    world.server.deliver(content)
    world.start()
    mail = await world.mail()
    await synced(mail)
    (key,) = keys = await keys_of(mail, "Large")

    async def is_here() -> bool:
        return not isinstance(await mail.body(key), NotHere)

    await mail.submit(Fetch(keys))
    await until(is_here)
    assert await mail.raw(key) == content
    assert asked == [0, 3 << 16, 6 << 16, 9 << 16]
    assert not [*world.folders(WORK).cache.glob("arriving*")]


async def test_what_came_of_a_large_message_outlives_the_engine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    pieces = DemoBackend.pieces
    mended: list[bool] = []

    async def lossy(
        backend: DemoBackend, *where: Any, start: int = 0, size: int = 0
    ) -> AsyncIterator[bytes]:
        asked.append(start)
        async for piece in pieces(backend, *where, start=start, size=1 << 16):
            if start and not mended:
                backend._connected_in = None
                raise Unreachable("The connection was lost")
            yield piece
            if not mended:
                backend._connected_in = None
                raise Unreachable("The connection was lost")

    monkeypatch.setattr(DemoBackend, "pieces", lossy)
    monkeypatch.setattr(in_pieces, "MOST_BREAKS", 2)
    world.policy = BodyPolicy(wanted=False)
    content = letter("Large", "x" * 2 * BIG)
    world.server.deliver(content)
    world.start()
    mail = await world.mail()
    await synced(mail)
    (key,) = keys = await keys_of(mail, "Large")
    async with hearing(mail) as news:
        await mail.submit(Fetch(keys))
        async for event in news:
            if isinstance(event, BodiesFailed):
                break
    await world.stop()
    mended.append(True)
    asked.clear()
    world.start()
    mail = await world.mail()
    await synced(mail)

    async def is_here() -> bool:
        return not isinstance(await mail.body(key), NotHere)

    await mail.submit(Fetch(keys))
    await until(is_here)
    assert await mail.raw(key) == content
    assert asked == [1 << 16]
