"""Stopped means gone: nobody has the data folder once `stop` returns."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tuimail.engine import process
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.door import Door
from tuimail.engine.engine import Engine
from tuimail.engine.lock import DataLock, Locked, no_engine
from tuimail.engine.process import Place, stop


@pytest.fixture
def place() -> Iterator[Place]:
    """Near the root: the path of a socket may not be long."""
    with TemporaryDirectory(prefix="tuimail-") as folder:
        root = Path(folder)
        yield Place(root / "data" / "lock", root / "run" / "engine.sock", root / "log")


@pytest.fixture
def lock(place: Place) -> Iterator[DataLock]:
    held = DataLock(place.lock)
    held.acquire(place.socket, place.version)
    yield held
    held.release()


async def _begun(place: Place) -> "asyncio.Task[bool]":
    """A `stop` that has looked at least once."""
    stopping = asyncio.create_task(stop(place))
    done, _ = await asyncio.wait([stopping], timeout=3 * process.LOOK_AGAIN)
    assert not done
    return stopping


async def test_an_engine_that_lets_nobody_in_any_more_is_waited_for(
    place: Place, lock: DataLock
) -> None:
    stopping = await _begun(place)
    lock.release()
    assert await stopping
    with no_engine(place.lock):
        pass


async def test_an_engine_that_is_about_to_open_its_door_is_stopped(
    place: Place, lock: DataLock
) -> None:
    stopping = await _begun(place)
    engine = Engine(list)
    door = Door(engine, place.socket)
    place.socket.parent.mkdir(mode=0o700)
    door.open()
    serving = asyncio.create_task(door.serve())
    await engine.run()
    door.close()
    serving.cancel()
    lock.release()
    assert await stopping


async def test_where_nobody_has_the_folder_nothing_was_stopped(place: Place) -> None:
    assert not await stop(place)


async def test_an_engine_that_does_not_leave_is_named(
    place: Place, lock: DataLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LEAVE_SECONDS", -1.0)
    with pytest.raises(EngineUnavailable, match="does not leave"):
        await stop(place)


async def test_who_only_looks_at_the_lock_keeps_nobody_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking = DataLock(place.lock)
    looking.acquire(place.socket, place.version)
    asyncio.get_running_loop().call_soon(looking.release)

    def taken() -> None:
        with no_engine(place.lock):
            pass

    await asyncio.to_thread(taken)
    with no_engine(place.lock), pytest.raises(Locked), no_engine(place.lock):
        pass
