"""How long a message has been on its server: time as the visits saw it pass.

A clock may be wrong when a message is first seen (a board without a battery, a dead cell) and
right later. So days are counted by what passes from visit to visit, and a step that no pause
between two visits explains does not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tuimail.engine.stamps import AHEAD, Stamp

# A longer pause is believed only if the clock was seen to be right before it.
PLAUSIBLE_PAUSE = timedelta(days=20)
# What a server stamped so lately shows that the clock is right.
FRESH = timedelta(days=3)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Ages:
    """What `passed` in all; `peak` is the latest time up to which it is counted.

    `sure`: the clock was right at the peak, as far as a server's own stamps can tell.
    """

    passed: timedelta = timedelta(0)
    peak: datetime | None = None
    sure: bool = False

    def at(self, now: datetime) -> "Ages":
        """As it is at a time that is not before the last one."""
        if self.peak is None:
            return replace(self, peak=now)
        if now < self.peak:
            # Set back a little it waits for the peak; what was far ahead was wrong.
            wrong = self.peak - now > PLAUSIBLE_PAUSE
            return replace(self, peak=now, sure=False) if wrong else self
        pause = now - self.peak
        believed = self.sure or pause <= PLAUSIBLE_PAUSE
        passed = self.passed + pause if believed else self.passed
        return Ages(passed, now, self.sure and believed)

    def compared(self, now: datetime, stamps: Sequence[Stamp]) -> "Ages":
        """With the stamps on what came just now."""
        if self.peak is None:
            return self
        newest = max((each.moment for each in stamps), default=now)
        if newest > now + AHEAD:
            # The clock is behind: the time until then is not to be counted when it is right.
            return replace(self, peak=max(self.peak, newest), sure=False)
        fresh = any(each.of_server and each.moment > now - FRESH for each in stamps)
        return replace(self, sure=self.sure or fresh)

    def as_memory(self) -> dict[str, int]:
        peak = 0 if self.peak is None else (self.peak - _EPOCH) // _MICROSECOND
        return {"passed": self.passed // _MICROSECOND, "peak": peak, "sure": int(self.sure)}


def ages_from(memory: Mapping[str, int]) -> Ages:
    if "peak" not in memory:
        return Ages()
    return Ages(
        memory.get("passed", 0) * _MICROSECOND,
        _EPOCH + memory["peak"] * _MICROSECOND,
        bool(memory.get("sure", 0)),
    )
