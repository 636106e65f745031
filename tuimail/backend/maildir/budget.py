"""How much of a processor may go into looking at a Maildir that always changes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The share of one processor in the long run (the store takes a few times as much again), the
# seconds of it that are free at first, and the longest rest.
SHARE = 0.004
FREE = 0.5
LONGEST = 16.0


class Budget:
    """Looks that cost little may always follow each other, costly ones rest after some time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent = 0.0
        self._at = clock()

    def spend(self, seconds: float) -> None:
        """Of processor time."""
        now = self._clock()
        self._spent = max(0.0, self._spent - SHARE * (now - self._at)) + seconds
        self._at = now

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What this thread does meanwhile."""
        began = time.thread_time()
        try:
            yield
        finally:
            self.spend(time.thread_time() - began)

    def rest(self) -> float:
        """Seconds until there is enough for another look."""
        self.spend(0.0)
        return min(max(0.0, self._spent - FREE) / SHARE, LONGEST)
