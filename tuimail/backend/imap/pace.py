"""How many messages to ask for at once: so many that a line is never idle, nor taken for long."""

import time
from collections.abc import Sequence

from tuimail.wire.uid_set import uid_sets

# A command should take about so many seconds.
QUICK = 0.1
SLOW = 0.4
FEWEST = 10
MOST = 1000


class Pace:
    """Cuts `uids` into commands, in their order: larger ones while they are answered quickly."""

    def __init__(self, uids: Sequence[int], size: int) -> None:
        self._uids = uids
        self._position = 0
        self._size = size
        self._sets: list[str] = []
        self._ended = 0.0

    def __bool__(self) -> bool:
        """Whether there is more to ask for."""
        return bool(self._sets) or self._position < len(self._uids)

    def next_set(self) -> str:
        if not self._sets:
            some = self._uids[self._position : self._position + self._size]
            self._position += len(some)
            self._sets = [*uid_sets(some)][::-1]
        return self._sets.pop()

    def answered(self, began: float) -> None:
        """A command that was sent at `began` ended now; those before it took their own time."""
        now = time.monotonic()
        seconds = now - max(began, self._ended)
        self._ended = now
        if seconds < QUICK:
            self._size = min(MOST, 2 * self._size)
        elif seconds > SLOW:
            self._size = max(FEWEST, self._size // 2)
