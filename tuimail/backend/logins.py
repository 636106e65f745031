"""How often one host is logged in to, over all accounts and protocols of this process.

Providers lock out whoever comes too often, whatever makes him come: a line that is closed
again and again, a letter at which the server fails, many accounts on one host.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable

MOST = 6
# A minute, and what two log-ins may take longer one than the other.
WITHIN = 62.0
# So many are left to lines that something waits for: one that is lost is made anew at once.
SPARED = 3


class Logins:
    """At most `most` in `within` seconds; whoever comes too soon waits.

    What we ended ourselves in good order, as a visit to a maildrop, does not count.
    """

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

    async def turn(self, host: str) -> None:
        """Return when the host may be logged in to, which counts from now on."""
        while (seconds := self.seconds_left(host)) > 0:  # noqa: ASYNC110 (others may be quicker)
            await asyncio.sleep(seconds)
        self._times[host].append(self._clock())

    def seconds_left(self, host: str, spared: int = 0) -> float:
        """How long it takes until one more may be made, and `spared` are still left."""
        now = self._clock()
        times = self._times[host]
        while times and now - times[0] >= self._within:
            times.popleft()
        in_the_way = len(times) + spared - self.most
        return 0.0 if in_the_way < 0 else self._within - (now - times[in_the_way])

    async def ample(self, host: str) -> None:
        """Return when one more leaves enough for what is more urgent."""
        while (seconds := self.seconds_left(host, SPARED)) > 0:  # noqa: ASYNC110 (as above)
            await asyncio.sleep(seconds)

    def give_back(self, host: str) -> None:
        """The last one came to nothing, or ended in good order."""
        if times := self._times[host]:
            times.pop()


LOGINS = Logins()
