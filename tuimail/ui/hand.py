"""Carries out commands one after the other, in the order of the keys."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from tuimail.engine.mail import CommandFailed

Job = Callable[[], Awaitable[None]]


class Hand:
    """A queue of jobs with one worker; a key never waits for it.

    `count` grows with every job given, so that whoever reads the store can tell whether the
    answer is older than the last command; `failures` with every one that failed.
    """

    def __init__(self, *, failed: Callable[[str], None], idle: Callable[[], None]) -> None:
        self.count = 0
        self.failures = 0
        self._open = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._failed = failed
        self._idle = idle

    @property
    def busy(self) -> bool:
        return self._open > 0

    async def rest(self) -> None:
        """Return when nothing is left to do: nobody may end the program before."""
        await self._at_rest.wait()

    def give(self, job: Job) -> None:
        self.count += 1
        self._begin()
        self._jobs.put_nowait(job)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Somebody else carries out a command meanwhile."""
        self._begin()
        try:
            yield
        finally:
            self._end()
            if not self._open:
                self._idle()

    async def work(self) -> None:
        """Run jobs until cancelled; a command that fails is told in its own words."""
        while True:
            job = await self._jobs.get()
            try:
                await job()
            except CommandFailed as failure:
                self.failures += 1
                self._failed(str(failure))
            finally:
                self._end()
            if not self._open:
                self._idle()

    def _begin(self) -> None:
        self._open += 1
        self._at_rest.clear()

    def _end(self) -> None:
        self._open -= 1
        if not self._open:
            self._at_rest.set()
