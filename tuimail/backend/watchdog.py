"""Notices that a server has stopped saying anything worth the name."""

import asyncio
import time
from collections.abc import Callable

# So few bytes are no progress, unless they complete a response: a server that sends a
# byte now and then would otherwise hold us for ever.
PROGRESS_BYTES = 1024


class Watchdog:
    """Calls `on_silence` after `patience` seconds without progress while `awaited()`."""

    def __init__(
        self, patience: float, awaited: Callable[[], bool], on_silence: Callable[[], None]
    ) -> None:
        self._patience = patience
        self._awaited = awaited
        self._on_silence = on_silence
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._last_wall = time.time()
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def quiet_for(self) -> float:
        """Seconds since the last progress; a time that this machine slept counts."""
        return max(self._loop.time() - self._last, time.time() - self._last_wall)

    def heard(self, size: int, *, complete: bool) -> None:
        """`size` bytes came; `complete` if a response ended among them."""
        self._bytes += size
        if complete or self._bytes >= PROGRESS_BYTES:
            self.progress()

    def progress(self) -> None:
        self._bytes = 0
        self._last = self._loop.time()
        self._last_wall = time.time()

    def watch(self) -> None:
        """Look again and again as long as something is awaited."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._look)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self._awaited():
            return
        left = self._patience - (self._loop.time() - self._last)
        if left <= 0:
            self._on_silence()
        else:
            self._timer = self._loop.call_later(left, self._look)
