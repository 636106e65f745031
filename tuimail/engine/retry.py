"""When to try again: pauses that grow, and what cuts a pause short."""

import asyncio
import socket
import time
from collections.abc import Callable

SHORTEST = 1.0
LONGEST = 300.0
LONGEST_WHILE_WATCHED = 50.0
LOOK_AROUND = 5.0
SLEPT = 10.0


def pause_after(failures: int, jitter: float, longest: float = LONGEST) -> float:
    """Seconds to wait after so many failures in a row; `jitter` is drawn from [0, 1)."""
    ceiling = min(SHORTEST * 2.0 ** min(failures, 16), longest)
    return SHORTEST + (ceiling - SHORTEST) * jitter


def local_address() -> str:
    """The address that packets to the outside would bear; nothing is sent. "" if none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


class Surroundings:
    """Notices that the machine slept or came to another network (security.md I9)."""

    def __init__(
        self,
        address: Callable[[], str] = local_address,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._wall = wall
        self._monotonic = monotonic
        self._seen = self._look()

    def changed(self) -> bool:
        """Whether they changed since the last call."""
        address, lead = self._look()
        seen_address, seen_lead = self._seen
        self._seen = (address, lead)
        return address != seen_address or abs(lead - seen_lead) > SLEPT

    def _look(self) -> tuple[str, float]:
        return self._address(), self._wall() - self._monotonic()


async def pause(seconds: float, cut_short: asyncio.Event, surroundings: Surroundings) -> bool:
    """Wait; False if `cut_short` was set or the surroundings changed before the time was over."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(min(left, LOOK_AROUND)):
                await cut_short.wait()
        except TimeoutError:
            if surroundings.changed():
                return False
            continue
        return False
    return True
