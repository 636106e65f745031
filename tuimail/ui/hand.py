"""Carries out commands one after the other, in the order of the keys."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from tuimail.engine.mail import CommandFailed

Job = Callable[[], Awaitable[None]]


class Hand:
    """A queue of jobs with one worker; a key never waits for it.

    `count` grows with every job given, `failures` with every one that failed.
    """

    def __init__(self, *, failed: Callable[[str], None], idle: Callable[[], None]) -> None:
        self.count = 0
        self.failures = 0
        self._open = 0
        self._waiting: list[Callable[[], None]] = []
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._failed = failed
        self._idle = idle

    @property
    def busy(self) -> bool:
        return self._open > 0

    @property
    def rest(self) -> int | None:
        """Which time of rest this is; None while there is something to do.

        What was read of the store shows all commands, and shall be shown, if it was begun and
        ended in the same one.
        """
        return None if self.busy else self.count

    def at_rest(self, then: Callable[[], None]) -> None:
        """Do this when nothing is left to do: nobody may end the program before."""
        if self.busy:
            self._waiting.append(then)
        else:
            then()

    def give(self, job: Job) -> None:
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
        self.count += 1
        self._open += 1

    def _end(self) -> None:
        self._open -= 1
        if not self._open:
            waiting, self._waiting = self._waiting, []
            for then in waiting:
                then()
