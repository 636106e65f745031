"""The lock on the data folder: one engine at a time, and a memory of those that died."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tuimail.engine.folders import make_private

DEATHS = 3
WITHIN = 60.0
# Longer than a look at the lock takes, in seconds.
LOOKS = 0.5


@dataclass(frozen=True, slots=True)
class Holder:
    """What the lock file says. `running` stays true when an engine dies instead of leaving."""

    pid: int = 0
    host: str = ""
    socket: str = ""
    version: str = ""
    running: bool = False
    deaths: tuple[float, ...] = ()


class Locked(Exception):
    """Another engine has the data folder."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(f"locked by {holder.pid} on {holder.host}")
        self.holder = holder


class TooManyDeaths(Exception):
    """Engines died here again and again; the text is a sentence."""


class DataLock:
    """Held by the engine for as long as it lives, by flock."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._file = -1
        self._holder = Holder()

    def acquire(self, socket_path: Path, version: str) -> None:
        """Raises Locked or TooManyDeaths."""
        make_private(self._path.parent)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        before = _read(self._file)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._close()
            raise Locked(before) from error
        self._bury(_read(self._file))
        self._holder = Holder(
            pid=os.getpid(),
            host=socket.gethostname(),
            socket=str(socket_path),
            version=version,
            running=True,
            deaths=self._holder.deaths,
        )
        self._write(self._holder)

    def release(self) -> None:
        """Leave in good order."""
        if self._file >= 0:
            self._write(replace(self._holder, running=False, deaths=()))
            self._close()

    def _bury(self, before: Holder) -> None:
        """Count the predecessor's death if it did not leave by itself."""
        now = self._clock()
        recent = tuple(death for death in before.deaths if 0 <= now - death < WITHIN)
        deaths = (*recent, now) if before.running else recent
        if len(deaths) < DEATHS:
            self._holder = replace(before, deaths=deaths)
            return
        self._write(replace(before, running=False, deaths=deaths))
        self._close()
        raise TooManyDeaths(
            "The engine died three times within a minute and stays down; its log says more."
        )

    def _write(self, holder: Holder) -> None:
        content = json.dumps(asdict(holder)).encode()
        os.pwrite(self._file, content, 0)
        os.ftruncate(self._file, len(content))

    def _close(self) -> None:
        os.close(self._file)
        self._file = -1


@contextmanager
def no_engine(path: Path) -> Iterator[None]:
    """While this lasts no engine can have the data folder. Raises Locked.

    Whoever only looks (`holder_of`) has the lock for a moment, too.
    """
    make_private(path.parent)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + LOOKS
        while not _is_taken(file):
            if time.monotonic() > end:
                raise Locked(_read(file))
            time.sleep(LOOKS / 20)
        yield
    finally:
        os.close(file)


def _is_taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock now; None if nobody does."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(file)
    finally:
        os.close(file)
    return None


def elsewhere(holder: Holder, data: Path) -> str | None:
    """A sentence if the lock is another machine's (contract.md)."""
    if not holder.host or holder.host == socket.gethostname():
        return None
    return (
        f"The mail in {data} is in use by tuimail on {holder.host} (process {holder.pid}); "
        f"use it there, or stop it there with `tuimail engine stop`."
    )


def _read(file: int) -> Holder:
    """What is written, as far as it makes sense."""
    with suppress(ValueError, TypeError, AttributeError):
        content = json.loads(os.pread(file, 64 * 1024, 0))
        return Holder(**{**content, "deaths": tuple(map(float, content.get("deaths", ())))})
    return Holder()
