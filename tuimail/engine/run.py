"""The engine's process: takes the data folder's lock, opens its door, leaves when it can."""

import argparse
import asyncio
import gc
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from tuimail import __version__
from tuimail.config.errors import ConfigError
from tuimail.config.files import account_files
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.engine import logs
from tuimail.engine.account import AccountSetup
from tuimail.engine.accounts import setup_of
from tuimail.engine.demo import demo_setup, remove_sandbox
from tuimail.engine.door import Door
from tuimail.engine.engine import Engine
from tuimail.engine.lock import DataLock, Locked, TooManyDeaths, elsewhere
from tuimail.engine.process import FAILED, READY, TAKEN
from tuimail.engine.sockets import UnsafeSocket
from tuimail.engine.tasks import unending
from tuimail.model.mistake import place_of

LOCK_SECONDS = 3.0
LOOK_AGAIN = 0.05
GRACE = 3.0

# A screen's keys go first where there are too few processors.
NICENESS = 5
# A store's thread takes the interpreter from the event loop, and gives it back, this soon.
SWITCH_SECONDS = 0.0005
# A sync makes values by the thousand, none of them in circles.
OBJECTS_BETWEEN_COLLECTIONS = 50_000
# Open files of many accounts and screens.
FILES = 4096

REASONS_NOT_TO_RUN = (UnsafeSocket, TooManyDeaths, ConfigError, OSError)

log = logging.getLogger("tuimail.engine.run")


def main(argv: Sequence[str] | None = None) -> int:
    """Run an engine; its starter waits for one line on `--ready-fd`: ready, taken or failed."""
    arguments = _arguments(argv)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _allow_files()
    os.umask(0o077)
    os.nice(NICENESS)
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    if not arguments.foreground and os.fork():
        # The engine is nobody's child: whoever started it may end before or after it.
        os._exit(0)
    paths = Paths.from_environment()
    logs.start(paths.log, os.environ.get("TUIMAIL_LOG", "INFO").upper())
    tell = partial(_tell, arguments.ready_fd)
    try:
        return _run_locked(paths, arguments, tell)
    except REASONS_NOT_TO_RUN as trouble:
        log.error("the engine cannot run: %s", trouble)  # noqa: TRY400 (a sentence, no traceback)
        tell(FAILED + _words(trouble).encode(errors="backslashreplace"))
        return 1
    except Exception as mistake:
        log.error("the engine died: %s", place_of(mistake))  # noqa: TRY400 (no words of it)
        raise


def _allow_files() -> None:
    """As many open files as may be, where the usual number is small (256 on macOS)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _words(trouble: Exception) -> str:
    if isinstance(trouble, OSError) and trouble.strerror:
        return f"The engine cannot run: {trouble.filename}: {trouble.strerror}."
    return str(trouble)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tuimail-engine")
    parser.add_argument("--ready-fd", type=int, default=-1)
    parser.add_argument("--foreground", action="store_true", help="do not leave the terminal")
    parser.add_argument("--grace", type=float, default=GRACE, help="seconds to stay when idle")
    parser.add_argument("--demo", type=Path, help="sample mail; remove this folder at the end")
    return parser.parse_args(argv)


def _run_locked(paths: Paths, arguments: argparse.Namespace, tell: Callable[[bytes], None]) -> int:
    lock = DataLock(paths.lock)
    try:
        _acquire(lock, paths)
    except Locked as locked:
        sentence = elsewhere(locked.holder, paths.data)
        tell(FAILED + sentence.encode(errors="backslashreplace") if sentence else TAKEN)
        return 1 if sentence else 0
    try:
        asyncio.run(_serve(paths, arguments, partial(tell, READY)))
    except REASONS_NOT_TO_RUN:
        lock.release()
        raise
    finally:
        if arguments.demo is not None:
            remove_sandbox(arguments.demo)
    lock.release()
    return 0


def _acquire(lock: DataLock, paths: Paths) -> None:
    """Wait a little for an engine that is about to leave."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return lock.acquire(paths.socket, __version__)
        except Locked:
            if time.monotonic() > end:
                raise
        time.sleep(LOOK_AGAIN)


async def _serve(paths: Paths, arguments: argparse.Namespace, ready: Callable[[], None]) -> None:
    engine = Engine(_reader_of_setups(paths, arguments))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engine.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    door = Door(engine, paths.socket)
    door.open()
    ready()
    log.info("engine %s is up, process %d", __version__, os.getpid())
    try:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(unending(door.serve(), "door"))
            leaving = tasks.create_task(
                _leave_when_idle(engine, door, arguments.grace), name="idle"
            )
            await engine.run()
            leaving.cancel()
            await door.say_goodbye()
            serving.cancel()
    finally:
        door.close()
    log.info("engine left")


def _reader_of_setups(
    paths: Paths, arguments: argparse.Namespace
) -> Callable[[], Sequence[AccountSetup]]:
    """Reads the accounts; what was read last stands while a file cannot be used.

    Each screen that comes in has them read, on the event loop: so only if a file changed.
    """
    if arguments.demo is not None:
        demo = [demo_setup(paths)]
        return lambda: demo
    seen, last = _state_of(paths), _read_setups(paths)

    def read() -> Sequence[AccountSetup]:
        nonlocal seen, last
        state = _state_of(paths)
        if state == seen:
            return last
        try:
            seen, last = state, _read_setups(paths)
        except ConfigError as mistake:
            log.warning("the accounts stay as they were: %s", mistake)
        return last

    return read


def _state_of(paths: Paths) -> object:
    """Another one after every change of an account's file."""
    try:
        found = [(file.name, file.stat()) for file in account_files(paths)]
    except (OSError, ConfigError):
        # Whoever reads them says what is wrong.
        return object()
    return [
        (name, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_mode)
        for name, at in found
    ]


def _read_setups(paths: Paths) -> list[AccountSetup]:
    return [setup_of(paths, each) for each in load_accounts(paths)]


async def _leave_when_idle(engine: Engine, door: Door, grace: float) -> None:
    idle_since = time.monotonic()
    while True:
        await asyncio.sleep(min(1.0, grace / 3))
        if not await engine.is_idle():
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > grace:
            log.info("nobody is here and nothing is left to do")
            door.close()
            engine.leave()
            return


def _tell(descriptor: int, line: bytes) -> None:
    """Answer the starter, once; it may be gone."""
    if descriptor < 0:
        return
    with suppress(OSError):
        os.write(descriptor, line.replace(b"\n", b" ") + b"\n")
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
