"""One program, one size of screen: everything that a user does often, measured once."""

import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.readers import Reader
from tests.benchmarks.terminal import Answer, Held, Terminal

STARTS = 3
COLD_STARTS = 2
STEPS = 70
SCROLLED = 70
PAGES = 10
OPENED = 6
HELD = 60
BURST = 200
IDLE = 2.0
DROP_CACHES = Path("/proc/sys/vm/drop_caches")

Size = tuple[int, int]


@dataclass(slots=True)
class Walk:
    """What was measured: figures by row, and recordings for the model of a line."""

    figures: dict[str, float] = field(default_factory=dict)
    recorded: dict[str, list[Answer]] = field(default_factory=dict)
    held: Held | None = None

    def keep(self, row: str, answers: Sequence[Answer]) -> None:
        if not answers:
            return
        times = sorted(answer.last for answer in answers)
        self.recorded[row] = list(answers)
        self.figures[f"{row} p50"] = statistics.median(times)
        self.figures[f"{row} p95"] = times[round(0.95 * (len(times) - 1))]
        self.figures[f"{row} bytes"] = statistics.median(answer.size for answer in answers)
        self.figures[f"{row} mean"] = statistics.mean(answer.size for answer in answers)

    def keep_held(self, held: Held) -> None:
        self.held = held
        self.figures["held processor"] = held.processor
        self.figures["held lag"] = held.lag
        self.figures["held bytes"] = held.size / len(held.keys)


def walk(reader: Reader, size: Size, shown: str) -> Walk:
    """`shown` is a pattern of the first list."""
    result = Walk()
    _measure_starts(result, reader, size, shown)
    with opened(reader, size) as terminal:
        terminal.wait_for(shown)
        terminal.settle(1.0)
        result.figures["start bytes"] = len(terminal.output)
        result.figures["memory"] = terminal.rss()
        lists(result, reader, terminal, size)
        _rates(result, reader, terminal, size)
        result.figures["idle"] = _idle(terminal)
        _limit(result, reader, terminal)
    return result


def opened(reader: Reader, size: Size) -> Terminal:
    return Terminal(reader.command, reader.environment, columns=size[0], rows=size[1])


def lists(result: Walk, reader: Reader, terminal: Terminal, size: Size) -> None:
    """Steps, scrolled steps, pages, opening and closing, the end of the list."""
    keys, rows = reader.keys, size[1] - 8
    steps: list[Answer] = []
    while len(steps) < STEPS:
        go_home(reader, terminal)
        steps += presses(terminal, keys.down, min(rows, STEPS - len(steps)))
    result.keep("j", steps)
    terminal.write(keys.down * size[1])
    terminal.settle()
    result.keep("scroll", presses(terminal, keys.down, SCROLLED))
    go_home(reader, terminal)
    result.keep("page", presses(terminal, keys.page, PAGES, quiet=0.2))
    there, back = [], []
    go_home(reader, terminal)
    for _ in range(OPENED):
        there += presses(terminal, keys.open, 1, quiet=0.4)
        back += presses(terminal, keys.back, 1, quiet=0.2)
        terminal.press(keys.down)
    result.keep("open", there)
    result.keep("back", back)
    ends: list[Answer] = []
    for _ in range(2):
        go_home(reader, terminal)
        ends += presses(terminal, keys.end, 1, quiet=0.3, patience=20.0)
    result.keep("end", ends)


def presses(
    terminal: Terminal, key: str, times: int, *, quiet: float = 0.06, patience: float = 2.0
) -> list[Answer]:
    """The answers; a press that changes nothing has none."""
    answers = (terminal.press(key, quiet=quiet, patience=patience) for _ in range(times))
    return [answer for answer in answers if answer]


def _measure_starts(result: Walk, reader: Reader, size: Size, shown: str) -> None:
    result.figures["first screen"] = _median(_start(reader, size, shown) for _ in range(STARTS))
    if _drop_caches():
        result.figures["first screen cold"] = _median(
            _start(reader, size, shown) for _ in range(COLD_STARTS) if _drop_caches()
        )
    result.figures["ready"] = _median(_typed_ahead(reader, size, shown) for _ in range(2))


def _start(reader: Reader, size: Size, shown: str) -> float:
    with opened(reader, size) as terminal:
        return terminal.wait_for(shown)


def _typed_ahead(reader: Reader, size: Size, shown: str) -> float:
    """Seconds until three keys typed before there was anything have been carried out."""
    with opened(reader, size) as terminal:
        terminal.write(reader.keys.down * 3)
        if reader.carried_out:
            return terminal.wait_for(reader.carried_out)
        terminal.wait_for(shown)
        terminal.settle(0.5)
        return terminal.newest - terminal.started


def _drop_caches() -> bool:
    """Have the system read everything from the disk again; only root can."""
    with suppress(OSError):
        DROP_CACHES.write_text("3")
        return True
    return False


def _rates(result: Walk, reader: Reader, terminal: Terminal, size: Size) -> None:
    down = reader.keys.down
    go_home(reader, terminal)
    result.keep_held(terminal.hold(down, HELD))
    go_home(reader, terminal)
    burst = terminal.press(down * BURST, quiet=0.2)
    if burst:
        result.figures["burst"] = burst.last
        result.figures["burst bytes"] = burst.size


def _limit(result: Walk, reader: Reader, terminal: Terminal) -> None:
    go_home(reader, terminal)
    terminal.write(reader.keys.limit)
    terminal.settle()
    before = terminal.text().splitlines()[3].strip()
    start = time.monotonic()
    terminal.write("\r")
    with suppress(TimeoutError):
        result.figures["limit"] = (
            terminal.wait_until(lambda text: text.splitlines()[3].strip() not in ("", before), 20.0)
            - start
        )


def _idle(terminal: Terminal) -> float:
    terminal.settle(1.0)
    before = terminal.wakeups()
    time.sleep(IDLE)
    return (terminal.wakeups() - before) / IDLE


def go_home(reader: Reader, terminal: Terminal) -> None:
    terminal.write(reader.keys.home)
    terminal.settle(0.15)


def _median(seconds: Iterable[float]) -> float:
    return statistics.median(seconds)
