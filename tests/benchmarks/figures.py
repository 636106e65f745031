"""How figures are drawn together and printed."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from tests.benchmarks.terminal import Answer, Terminal


class Steps(NamedTuple):
    """Many presses of one key: seconds to the answer's last (or first) byte, and bytes."""

    median: float
    p95: float
    size: int
    silent: int


def steps(terminal: Terminal, key: str, number: int) -> Steps:
    """Press `key` so often, each time waiting until the screen rests."""
    answers = [terminal.press(key) for _ in range(number)]
    return summary([answer for answer in answers if answer], answers.count(None))


def summary(answers: Sequence[Answer], silent: int = 0, *, first: bool = False) -> Steps:
    """`first`: where news may be drawn right after the answer and would be counted with it."""
    times = sorted(answer.first if first else answer.last for answer in answers)
    return Steps(
        median=statistics.median(times),
        p95=times[int(0.95 * (len(times) - 1))],
        size=int(statistics.median(answer.size for answer in answers)),
        silent=silent,
    )


def say(what: str, figure: str, ratio: float | None = None, of: str = "") -> None:
    """One line: what was measured, the figure, and how it stands to the yardstick."""
    tail = f"  {ratio:6.2f} × {of}" if ratio is not None else ""
    print(f"{what:<44} {figure:>16}{tail}", flush=True)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
