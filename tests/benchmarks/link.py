"""What recorded output would feel like over a line: a model, no real network.

A key takes half a round trip to get there. Output queues at the speed of the line, each packet
with the headers of SSH, TCP and IP, and takes the other half. An answer above TCP's first window
waits one more round trip. Nothing is dropped: a program that leaves out stale frames when the
line is full does better than this model says.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tests.benchmarks.terminal import Answer, Held, Piece

HEADERS = 88
PACKET = 1_400
FIRST_WINDOW = 14_600


@dataclass(frozen=True, slots=True)
class Link:
    """A line: seconds for a round trip, and bits a second."""

    round_trip: float
    speed: float

    @property
    def words(self) -> str:
        speed = (
            f"{self.speed / 1e6:g} Mbit/s" if self.speed >= 1e6 else f"{self.speed / 1e3:g} kbit/s"
        )
        return f"{self.round_trip * 1000:g} ms, {speed}"

    def answer(self, answer: Answer) -> float:
        """Seconds from the key to the last byte on the user's screen."""
        more = self.round_trip if answer.size > FIRST_WINDOW else 0.0
        return self.round_trip / 2 + self._last_arrival(answer.pieces) + more

    def lag(self, held: Held) -> float:
        """Seconds from the last of the held key's presses to the last byte."""
        return self.round_trip / 2 + self._last_arrival(held.pieces) - held.keys[-1]

    def _last_arrival(self, pieces: Iterable[Piece]) -> float:
        free = 0.0
        for at, size in pieces:
            sent = size + HEADERS * math.ceil(size / PACKET)
            free = max(at, free) + 8 * sent / self.speed
        return free + self.round_trip / 2


LINKS = tuple(
    Link(round_trip, speed) for round_trip in (0.05, 0.15) for speed in (20e6, 1e6, 256e3, 64e3)
)
