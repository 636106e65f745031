"""A real engine process in a test's own home, and the certainty that none is left behind."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tuimail.config.paths import Paths
from tuimail.engine.lock import holder_of
from tuimail.engine.process import Place

PATIENCE = 20.0


def place(version: str | None = None, *, grace: float = 0.5) -> Place:
    """Where this test's engine lives; it leaves soon when nobody is there."""
    paths = Paths.from_environment()
    command = (sys.executable, "-P", "-m", "tuimail.engine.run", "--grace", str(grace))
    found = Place(paths.lock, paths.socket, paths.log, command)
    return (
        found if version is None else Place(found.lock, found.socket, found.log, command, version)
    )


def engine_pid() -> int | None:
    """The process that holds the data folder now."""
    holder = holder_of(Paths.from_environment().lock)
    return None if holder is None else holder.pid


def wait_until_gone(seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while engine_pid() is not None:
        assert time.monotonic() < end, "the engine is still there"
        time.sleep(0.02)


def kill_engine() -> int:
    """kill -9, and wait until its lock is free; returns the process."""
    pid = engine_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until_gone()
    return pid


@contextmanager
def no_engine_left() -> Iterator[None]:
    try:
        yield
    finally:
        pid = engine_pid()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            wait_until_gone()


def engine_log() -> str:
    log = Paths.from_environment().log / "engine.log"
    return log.read_text() if log.exists() else ""


def forget_deaths() -> None:
    """What a minute of patience would do."""
    Path(Paths.from_environment().lock).unlink(missing_ok=True)
