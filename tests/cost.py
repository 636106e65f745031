"""What work costs in processor time, judged so that other programs on the machine do not count."""

import gc
import time
from collections.abc import Callable
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")

# What costs too much does so every time; a disturbed measurement is followed by better ones.
_ATTEMPTS = 12
_TIMES = 4
# Twice the input for at most 2.5 times the cost (security.md M12); a quadratic one is 16.
_ALLOWED = 2.5 * 2.5
_SLACK_SECONDS = 0.02


def within(limit: float, work: Callable[[], Result], what: object = "") -> Result:
    """What `work` returns; AssertionError if it takes `limit` seconds of a processor or more."""
    least = float("inf")
    for _ in range(_ATTEMPTS):
        result, seconds = _timed(work)
        least = min(least, seconds)
        if least < limit:
            return result
    raise AssertionError(f"{least:.3f} s of at most {limit} {what}")


def assert_linear(work: Callable[[Input], object], made: Callable[[int], Input], size: int) -> None:
    """The cost of `work` grows no faster than its input, from `size` to four times as much."""
    small, large = made(size), made(_TIMES * size)
    little = much = float("inf")
    for _ in range(_ATTEMPTS):
        little = min(little, *(_timed(lambda: work(small))[1] for _ in range(2)))
        much = min(much, _timed(lambda: work(large))[1])
        if much < _ALLOWED * little + _SLACK_SECONDS:
            return
    raise AssertionError(f"{little:.3f} s, and {much:.3f} s for {_TIMES} times as much")


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Without the collector, which goes through all that the tests before have left."""
    gc.disable()
    try:
        began = time.process_time()
        return work(), time.process_time() - began
    finally:
        gc.enable()
