"""Finding the engine's process, or starting it: one for a data folder, whoever comes first."""

import asyncio
import fcntl
import os
import select
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tuimail import __version__
from tuimail.engine.channel import EngineUnavailable, Outdated
from tuimail.engine.folders import make_private
from tuimail.engine.lock import Holder, elsewhere, holder_of
from tuimail.engine.requests import Status, Stop
from tuimail.engine.sockets import UnsafeSocket, check_folder
from tuimail.engine.visit import NobodyThere, Visit

START_SECONDS = 30.0
LEAVE_SECONDS = 40.0
LOOK_AGAIN = 0.05

Hold = Callable[[], Awaitable[object]]

READY = b"ready"
TAKEN = b"taken"
FAILED = b"failed "


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine lives, and the command that starts it."""

    lock: Path
    socket: Path
    log: Path
    command: Sequence[str] = (sys.executable, "-P", "-m", "tuimail.engine.run")
    version: str = __version__


async def visit_or_start(place: Place, hold: Hold | None = None) -> Visit:
    """A connection to the engine of this data folder. Raises EngineUnavailable.

    None is started before `hold` returns.

    A killed engine's socket may be silent before its lock is free: so look again, and start
    one as soon as nobody holds the data folder.
    """
    visit = await visit_running(place)
    if visit is None:
        if hold is not None:
            await hold()
        with _in_words():
            await asyncio.to_thread(_start_in_turn, place)
            visit = await _visit_soon(place)
    return visit


@contextmanager
def _in_words() -> Iterator[None]:
    """What this machine refuses is a sentence, as what an engine refuses is."""
    try:
        yield
    except OSError as trouble:
        where = f" {trouble.filename}:" if trouble.filename else ""
        words = trouble.strerror or str(trouble)
        raise EngineUnavailable(f"The engine cannot be reached:{where} {words}") from trouble


async def visit_running(place: Place) -> Visit | None:
    """The same if there is one; an older one is replaced. Raises EngineUnavailable."""
    try:
        with _in_words():
            visit = await Visit.begin(place.socket, place.version)
    except NobodyThere:
        return None
    except UnsafeSocket as trouble:
        raise EngineUnavailable(str(trouble)) from trouble
    if _numbers(visit.version) > _numbers(place.version):
        await visit.leave()
        raise Outdated(f"tuimail {visit.version} runs here by now: leave this one and start again.")
    if _numbers(visit.version) < _numbers(place.version):
        await _end(visit, place, Stop(newer=place.version))
        return None
    return visit


async def status_of(place: Place) -> Status | None:
    """How the engine is, None if there is none. Raises EngineUnavailable."""
    visit = await visit_running(place)
    if visit is None:
        return None
    try:
        return await visit.status()
    except NobodyThere:
        return None
    finally:
        await visit.leave()


async def stop(place: Place) -> bool:
    """Let the engine end what is in flight and leave; False if there was none.

    Returns when the data folder is free, also where the engine lets nobody in any more, or
    not yet. Raises EngineUnavailable if it does not leave.
    """
    there = False
    end = time.monotonic() + LEAVE_SECONDS
    while True:
        if (visit := await visit_running(place)) is not None:
            await _end(visit, place, Stop())
            return True
        if (holder := _holder(place)) is None:
            return there
        there = True
        check_data_folder(place)
        await _look_again(holder, end)


def check_data_folder(place: Place) -> None:
    """Raises EngineUnavailable if the data folder is in use on another machine."""
    holder = _holder(place)
    sentence = None if holder is None else elsewhere(holder, place.lock.parent)
    if sentence is not None:
        raise EngineUnavailable(sentence)


def _holder(place: Place) -> Holder | None:
    with _in_words():
        return holder_of(place.lock)


async def _end(visit: Visit, place: Place, request: Stop) -> None:
    try:
        with suppress(NobodyThere):
            await visit.send(request)
    finally:
        await visit.leave()
    await _until_left(place)


async def _until_left(place: Place) -> None:
    """Return when nobody holds the lock."""
    end = time.monotonic() + LEAVE_SECONDS
    while (holder := _holder(place)) is not None:
        await _look_again(holder, end)


async def _look_again(holder: Holder, end: float) -> None:
    if time.monotonic() > end:
        raise EngineUnavailable(f"The engine (process {holder.pid}) does not leave.")
    await asyncio.sleep(LOOK_AGAIN)


def _start_in_turn(place: Place) -> None:
    """Start an engine unless another starter did while we waited for our turn."""
    try:
        check_folder(place.socket.parent, create=True)
    except UnsafeSocket as trouble:
        raise EngineUnavailable(str(trouble)) from trouble
    turn = os.open(place.socket.with_suffix(".start"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if holder_of(place.lock) is None or not place.socket.is_socket():
            _start(place)
    finally:
        os.close(turn)


def _start(place: Place) -> None:
    reading, writing = os.pipe()
    try:
        with _crash_log(place) as errors:
            process = subprocess.Popen(  # noqa: S603 (our own program)
                [*place.command, "--ready-fd", str(writing)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=(writing,),
                start_new_session=True,
                cwd="/",
                env=os.environ | {"PYTHONPATH": _with_package(os.environ.get("PYTHONPATH"))},
            )
        os.close(writing)
        answer = _first_line(reading)
        process.wait()
    finally:
        os.close(reading)
    if answer.startswith(FAILED):
        raise EngineUnavailable(answer.removeprefix(FAILED).decode(errors="replace"))
    if answer not in (READY, TAKEN):
        raise EngineUnavailable(f"The engine could not be started; {place.log} says more.")


def _with_package(path: str | None) -> str:
    """Where Python looks for modules: also where this very program was found."""
    package = str(Path(__file__).parents[2])
    return package if not path else f"{package}{os.pathsep}{path}"


def _crash_log(place: Place) -> IO[bytes]:
    """Where an engine that cannot even begin says why; nowhere if that cannot be written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        make_private(place.log)
        return os.fdopen(os.open(place.log / "engine-crash.log", flags, 0o600), "wb")
    except OSError:
        return Path(os.devnull).open("wb")


def _first_line(pipe: int) -> bytes:
    end = time.monotonic() + START_SECONDS
    line = b""
    while not line.endswith(b"\n"):
        readable, _, _ = select.select([pipe], [], [], max(0.0, end - time.monotonic()))
        piece = os.read(pipe, 4096) if readable else b""
        if not piece:
            break
        line += piece
    return line.removesuffix(b"\n")


async def _visit_soon(place: Place) -> Visit:
    """Its socket is there by now, or will be as soon as it notices that it is missing."""
    end = time.monotonic() + START_SECONDS
    while True:
        visit = await visit_running(place)
        if visit is not None:
            return visit
        check_data_folder(place)
        if time.monotonic() > end:
            raise EngineUnavailable("There is an engine, but it does not answer.")
        await asyncio.sleep(LOOK_AGAIN)
        if holder_of(place.lock) is None:
            await asyncio.to_thread(_start_in_turn, place)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))
