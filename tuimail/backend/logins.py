"""How often one host is logged in to, over all accounts and protocols of this process.

Providers lock out whoever comes too often, whatever makes him come: a line that is closed
again and again, a letter at which the server fails, a user in a hurry, many accounts on one
host.
"""

import asyncio
import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from tuimail.model.safe_text import EMPTY, SafeText, safe_line

MOST = 6
# A minute, and what the server's clock may be behind.
WITHIN = 62.0
# So many are left to lines that something waits for: one that is lost is made anew at once.
SPARED = 3
# Between two looks whether it is our turn.
LOOK = 2.0


def _nobody(_words: SafeText) -> None:
    return


# Is told in a sentence that a log-in of this task, and of those it began, has to wait, again and
# again; EMPTY once it goes on. A line is opened far below whoever waits for it.
waits_told: ContextVar[Callable[[SafeText], None]] = ContextVar("waits_told", default=_nobody)


class Turn:
    """One log-in that may be made. It counts once it is `taken`: something was said by then."""

    taken = False

    def take(self) -> None:
        self.taken = True


class Logins:
    """At most `most` in any `within` seconds; whoever comes too soon waits."""

    def __init__(
        self,
        most: int = MOST,
        within: float = WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._within = within
        self._clock = clock
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self._under_way: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[Turn]:
        """Begins when the host may be logged in to; ends when the server has answered that.

        A slow server hears the log-in late: until the end it counts as one that is just made.
        """
        await self._until_free(host)
        turn = Turn()
        self._under_way[host] += 1
        try:
            yield turn
        finally:
            self._under_way[host] -= 1
            if turn.taken:
                self._times[host].append(self._clock())

    def seconds_left(self, host: str, spared: int = 0) -> float:
        """How long it takes until one more may be made, and `spared` are still left."""
        now = self._clock()
        times = self._times[host]
        while times and now - times[0] >= self._within:
            times.popleft()
        in_the_way = len(times) + self._under_way[host] + spared - self.most
        if in_the_way < 0:
            return 0.0
        # Of those that are under way, nobody knows when they end.
        return self._within - (now - times[in_the_way] if in_the_way < len(times) else 0)

    async def ample(self, host: str) -> None:
        """Return when one more leaves enough for what is more urgent."""
        while (seconds := self.seconds_left(host, SPARED)) > 0:  # noqa: ASYNC110 (others may be quicker)
            await asyncio.sleep(min(seconds, LOOK))

    async def _until_free(self, host: str) -> None:
        if not self.seconds_left(host):
            return
        tell = waits_told.get()
        try:
            while seconds := self.seconds_left(host):
                tell(_waiting(seconds, host))
                await asyncio.sleep(min(seconds, LOOK))
        finally:
            tell(EMPTY)


def _waiting(seconds: float, host: str) -> SafeText:
    return safe_line(f"Waiting {math.ceil(seconds)} s: at most six log-ins a minute to {host}")


LOGINS = Logins()
