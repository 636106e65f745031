"""One engine process for a data folder: found, started, raced for, killed, replaced, left."""

import asyncio
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest

from tests.integration.engine_process import (
    engine_log,
    engine_pid,
    forget_deaths,
    kill_engine,
    no_engine_left,
    place,
    wait_until_gone,
)
from tests.unit.cli.test_logs import UNUSABLE
from tuimail.config.paths import Paths
from tuimail.engine import engine_channel
from tuimail.engine.channel import EngineUnavailable, Outdated
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.events import EngineGone, Event
from tuimail.engine.process import check_data_folder, status_of, stop, visit_or_start
from tuimail.engine.requests import Reconnect
from tuimail.engine.visit import Visit


def process_facts(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


async def listen(
    channel: EngineChannel,
    news: AsyncIterator[Event] | None = None,
    told: list[Event] | None = None,
) -> None:
    async for event in channel.news() if news is None else news:
        if told is not None:
            told.append(event)


async def left(channel: EngineChannel, listening: "asyncio.Task[None]") -> None:
    listening.cancel()
    await asyncio.wait([listening])
    await channel.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 (other processes send no event)
            await asyncio.sleep(0.02)


async def until_attached(visit: Visit, count: int) -> None:
    async with asyncio.timeout(20):
        while (await visit.status()).attached != count:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


async def test_the_first_who_needs_an_engine_starts_it() -> None:
    assert await status_of(place()) is None
    visit = await visit_or_start(place())
    status = await visit.status()
    assert status.pid == engine_pid()
    await visit.leave()


async def test_the_engine_belongs_to_nobody_who_started_it() -> None:
    visit = await visit_or_start(place())
    status = await visit.status()
    assert os.getsid(status.pid) != os.getsid(0)
    assert f"PPid:\t{os.getpid()}\n" not in process_facts(status.pid)
    await visit.leave()


async def test_who_loses_the_race_connects_to_the_winner() -> None:
    visits = await asyncio.gather(*(visit_or_start(place()) for _ in range(8)))
    statuses = [await visit.status() for visit in visits]
    assert {status.pid for status in statuses} == {engine_pid()}
    for visit in visits:
        await visit.leave()


async def test_processes_race_too(tmp_path: Path) -> None:
    program = (
        "import asyncio\n"
        "from tests.integration.engine_process import place\n"
        "from tuimail.engine.process import visit_or_start\n"
        "async def main():\n"
        "    visit = await visit_or_start(place(grace=3))\n"
        "    print((await visit.status()).pid)\n"
        "    await visit.leave()\n"
        "asyncio.run(main())\n"
    )
    starters = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    answers = [(await starter.communicate())[0] for starter in starters]
    assert answers[0] == answers[1]
    assert int(answers[0]) == engine_pid()


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_hundred_races_and_kills_leave_one_engine_each_time() -> None:
    for _ in range(100):
        forget_deaths()
        visits = await asyncio.gather(*(visit_or_start(place()) for _ in range(2)))
        pids = {(await visit.status()).pid for visit in visits}
        assert pids == {engine_pid()}
        await asyncio.to_thread(kill_engine)
        for visit in visits:
            await visit.leave()


async def test_it_leaves_when_nobody_is_there_and_nothing_is_to_do() -> None:
    visit = await visit_or_start(place())
    await asyncio.sleep(1.0)
    assert engine_pid() is not None
    await visit.leave()
    await asyncio.to_thread(wait_until_gone)
    assert "engine left" in engine_log()


async def test_stop_is_orderly_and_told_to_those_inside() -> None:
    channel = EngineChannel(place())
    news = channel.news()
    await channel.send(Reconnect())
    assert await stop(place())
    assert isinstance(await anext(news), EngineGone)
    assert engine_pid() is None
    await channel.close()


async def test_a_screen_that_was_told_does_not_start_another() -> None:
    channel = EngineChannel(place())
    news = channel.news()
    await channel.send(Reconnect())
    await stop(place())
    assert isinstance(await anext(news), EngineGone)
    listening = asyncio.create_task(listen(channel, news))
    for _ in range(3):
        with pytest.raises(EngineUnavailable, match="was stopped"):
            await channel.send(Reconnect())
        await asyncio.sleep(0.1)
    assert engine_pid() is None
    await left(channel, listening)


async def test_it_finds_the_engine_that_somebody_else_starts_after_a_stop() -> None:
    channel = EngineChannel(place(grace=10), look_again=0.05)
    await channel.send(Reconnect())
    listening = asyncio.create_task(listen(channel, channel.news()))
    for _ in range(2):
        await stop(place())
        visit = await visit_or_start(place(grace=10))
        await until_attached(visit, 2)
        await channel.send(Reconnect())
        await visit.leave()
    await left(channel, listening)


async def test_it_finds_the_engine_after_three_deaths_whoever_starts_it() -> None:
    channel = EngineChannel(place(grace=10), look_again=0.05)
    await channel.send(Reconnect())
    told: list[Event] = []
    listening = asyncio.create_task(listen(channel, channel.news(), told))
    for _ in range(3):
        await until(lambda: channel._visit is not None)
        await asyncio.to_thread(kill_engine)
        await until(lambda: channel._visit is None or bool(told))
    await until(lambda: bool(told))
    assert isinstance(told[0], EngineGone)
    assert "died three times" in told[0].reason
    with pytest.raises(EngineUnavailable, match="died three times"):
        await channel.send(Reconnect())
    assert engine_pid() is None
    forget_deaths()
    visit = await visit_or_start(place(grace=10))
    await until_attached(visit, 2)
    await visit.leave()
    assert len(told) == 1
    await left(channel, listening)


async def test_after_three_deaths_one_request_starts_it_again_for_who_listens() -> None:
    channel = EngineChannel(place(grace=10), look_again=60)
    told: list[Event] = []
    for _ in range(3):
        visit = await visit_or_start(place(grace=10))
        await asyncio.to_thread(kill_engine)
        await visit.leave()
    listening = asyncio.create_task(listen(channel, channel.news(), told))
    await until(lambda: bool(told))
    forget_deaths()
    await channel.send(Reconnect())
    visit = await visit_or_start(place(grace=10))
    await until_attached(visit, 2)
    await stop(place())
    await until(lambda: len(told) == 2)
    await visit.leave()
    await left(channel, listening)


async def test_while_there_is_none_it_is_looked_for_with_pauses() -> None:
    asked = []

    async def start(*_: object) -> NoReturn:
        asked.append("start")
        raise EngineUnavailable("There is none.")

    async def look(*_: object) -> None:
        asked.append("look")

    with (
        mock.patch.object(engine_channel, "visit_or_start", start),
        mock.patch.object(engine_channel, "visit_running", look),
    ):
        channel = EngineChannel(place(), look_again=0.05)
        told: list[Event] = []
        listening = asyncio.create_task(listen(channel, channel.news(), told))
        await asyncio.sleep(0.5)
        await left(channel, listening)
    assert len(told) == 1
    assert asked.count("start") == 1
    assert 2 <= asked.count("look") <= 10


async def test_stopping_no_engine_is_no_trouble() -> None:
    assert not await stop(place())


async def test_sigterm_is_orderly() -> None:
    visit = await visit_or_start(place())
    pid = engine_pid()
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    assert [type(event) async for event in visit.news()] == [EngineGone]
    await asyncio.to_thread(wait_until_gone)


async def test_a_killed_engine_is_started_again_by_those_who_need_it() -> None:
    channel = EngineChannel(place())
    await channel.send(Reconnect())
    listening = asyncio.create_task(listen(channel))
    await asyncio.sleep(0.1)
    killed = await asyncio.to_thread(kill_engine)
    async with asyncio.timeout(20):
        while engine_pid() in (None, killed):  # noqa: ASYNC110 (a process sends no event)
            await asyncio.sleep(0.02)
    listening.cancel()
    await asyncio.wait([listening])
    await channel.close()


async def test_after_three_deaths_within_a_minute_it_stays_down_and_says_why() -> None:
    for _ in range(3):
        visit = await visit_or_start(place())
        await asyncio.to_thread(kill_engine)
        await visit.leave()
    with pytest.raises(EngineUnavailable, match="died three times within a minute"):
        await visit_or_start(place())
    assert engine_pid() is None


async def test_a_newer_program_replaces_the_engine_and_an_older_one_does_not() -> None:
    visit = await visit_or_start(place())
    pid = engine_pid()
    with pytest.raises(Outdated, match="start again"):
        await visit_or_start(place("0.0.1"))
    assert engine_pid() == pid
    # The engine that is started bears this package's version, so only the stop is seen.
    starting = asyncio.create_task(visit_or_start(place("99.0")))
    gone = [event async for event in visit.news()]
    starting.cancel()
    assert len(gone) == 1
    assert isinstance(gone[0], EngineGone)
    assert gone[0].outdated
    await asyncio.wait([starting])


async def test_another_machines_lock_is_told_in_a_sentence(tmp_path: Path) -> None:
    paths = Paths.from_environment()
    program = (
        "import fcntl, json, os, pathlib, sys, time\n"
        "path = pathlib.Path(sys.argv[1]); path.parent.mkdir(parents=True)\n"
        "file = path.open('w'); fcntl.flock(file, fcntl.LOCK_EX)\n"
        "json.dump({'pid': 7, 'host': 'laptop', 'running': True}, file); file.flush()\n"
        "print('held', flush=True); time.sleep(60)\n"
    )
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(paths.lock), stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        await holder.stdout.readline()
        with pytest.raises(EngineUnavailable, match="in use by tuimail on laptop"):
            check_data_folder(place())
        with pytest.raises(EngineUnavailable, match="in use by tuimail on laptop"):
            await visit_or_start(place())
    finally:
        holder.kill()
        await holder.wait()


async def test_a_removed_runtime_folder_is_made_again() -> None:
    visit = await visit_or_start(place(grace=10))
    pid = engine_pid()
    socket = Paths.from_environment().socket
    socket.unlink()
    began = time.monotonic()
    later = await visit_or_start(place(grace=10))
    assert (await later.status()).pid == pid
    assert time.monotonic() - began < 15
    await later.leave()
    await visit.leave()


async def test_files_are_private_whatever_the_umask() -> None:
    before = os.umask(0)
    try:
        visit = await visit_or_start(place())
        await visit.leave()
    finally:
        os.umask(before)
    paths = Paths.from_environment()
    modes = {
        str(path): stat.S_IMODE(path.lstat().st_mode)
        for folder in (paths.data, paths.state, paths.socket.parent)
        for path in [folder, *folder.rglob("*")]
    }
    assert len(modes) >= 6
    assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.parametrize("spoil", UNUSABLE)
async def test_an_engine_works_without_a_log(spoil: Callable[[Path], None]) -> None:
    spoil(Paths.from_environment().log)
    visit = await visit_or_start(place())
    assert (await visit.status()).pid == engine_pid()
    await visit.leave()


@pytest.mark.parametrize("where", ["lock", "runtime", "data"])
async def test_what_stands_in_the_way_of_an_engine_is_a_sentence(where: str) -> None:
    paths = Paths.from_environment()
    spoiled = {"lock": paths.lock, "runtime": paths.socket.parent, "data": paths.data}[where]
    spoiled.parent.mkdir(parents=True, exist_ok=True)
    if where == "lock":
        spoiled.mkdir()
    else:
        spoiled.touch()
    channel = EngineChannel(place(), look_again=0.05)
    with pytest.raises(EngineUnavailable, match=re.escape(str(spoiled))):
        await channel.send(Reconnect())
    told = await anext(channel.news())
    assert isinstance(told, EngineGone)
    await channel.close()
    if where != "lock":
        spoiled.unlink()


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
from tuimail.engine.run import main
sys.exit(main())
"""


async def test_a_crowd_does_not_take_the_engines_last_files() -> None:
    usual = place(grace=10)
    command = (sys.executable, "-P", "-c", LIMITED, "--grace", "10")
    visit = await visit_or_start(replace(usual, command=command))
    pid = engine_pid()
    crowd = [await asyncio.open_unix_connection(usual.socket) for _ in range(60)]
    for _, writer in crowd:
        writer.close()
    assert (await visit.status()).pid == pid
    await visit.leave()
    later = await visit_or_start(usual)
    assert (await later.status()).pid == pid
    await later.leave()
