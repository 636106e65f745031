"""How fast the line to the terminal is, told by when it has taken what it was sent. Pure."""

from collections import deque

# What is shorter says more about the way there and back than about the line.
LEAST = 1_500
# Bytes a second; a page of a list with the beginnings of messages takes 0.1 s then.
SLOW = 40_000
_JUDGED = 3
_ENOUGH = 2


class Pace:
    """Learns from questions that were sent behind frames, and from when they were answered.

    A question with next to nothing before it tells the way there and back alone. One slow
    answer may be chance: `slow` turns when two of the last three say the same.
    """

    def __init__(self) -> None:
        self.slow = False
        self._way: float | None = None
        self._asked: tuple[float, int] | None = None
        self._judged: deque[bool] = deque(maxlen=_JUDGED)

    def ask(self, now: float, size: int) -> None:
        """A question was sent behind `size` bytes."""
        self._asked = (now, size)

    def answer(self, now: float) -> None:
        """The oldest question was answered."""
        if self._asked is None:
            return
        asked, size = self._asked
        self._asked = None
        took = now - asked
        if size >= LEAST and self._way is not None:
            self._judge(slow=size < SLOW * (took - self._way))
        self._way = took if self._way is None else min(self._way, took)

    def _judge(self, *, slow: bool) -> None:
        self._judged.append(slow)
        if self._judged.count(not self.slow) >= _ENOUGH:
            self.slow = not self.slow
            self._judged.clear()
