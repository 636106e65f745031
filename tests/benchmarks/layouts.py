"""Ours in its other forms: mailboxes beside the list, a message below it, the arrow cursor."""

from typing import NamedTuple

from tests.benchmarks.readers import Reader
from tests.benchmarks.tables import Row, milliseconds, percent, size
from tests.benchmarks.terminal import Answer
from tests.benchmarks.walk import Size, Walk, go_home, opened, presses

STEPS = 40
FOLLOWED = 12
HELD = 60

ROWS = (
    Row("j p50", "j, median", milliseconds),
    Row("j p95", "j, 95 %", milliseconds),
    Row("j bytes", "j, bytes", size),
    Row("scroll p50", "scrolled j, median", milliseconds),
    Row("scroll mean", "scrolled j, bytes, mean", size),
    Row("page bytes", "page, bytes", size),
    Row("follow p50", "j until the preview is there, median", milliseconds),
    Row("follow bytes", "j with the preview, bytes", size),
    Row("held processor", "j held at 30/s, processor", percent),
    Row("held lag", "j held at 30/s, lag", milliseconds),
    Row("held bytes", "j held at 30/s, bytes each", size),
)


class Layout(NamedTuple):
    """A form of the main screen: `keys` bring it about, `settings` go to config.toml."""

    name: str
    size: Size
    keys: str = ""
    settings: str = ""
    list_lines: int = 36


# With 119 columns the mailboxes are not beside the list.
LAYOUTS = (
    Layout("list alone", (119, 40)),
    Layout("mailboxes beside", (120, 40)),
    Layout("message below", (119, 40), "p", list_lines=10),
    Layout("both", (120, 40), "p", list_lines=10),
    Layout("arrow cursor", (119, 40), settings='cursor = "arrow"\n'),
    Layout("scroll by line", (119, 40), settings='scroll = "line"\n'),
)


def measure(layout: Layout, reader: Reader, shown: str) -> Walk:
    result = Walk()
    with opened(reader, layout.size) as terminal:
        terminal.wait_for(shown)
        terminal.settle(1.0)
        if layout.keys:
            terminal.press(layout.keys, quiet=1.0)
        down = reader.keys.down
        steps: list[Answer] = []
        while len(steps) < STEPS:
            go_home(reader, terminal)
            steps += presses(terminal, down, min(layout.list_lines, STEPS - len(steps)))
        result.keep("j", steps)
        result.keep("scroll", presses(terminal, down, STEPS))
        go_home(reader, terminal)
        result.keep("page", presses(terminal, reader.keys.page, 10, quiet=0.05))
        if layout.keys:
            go_home(reader, terminal)
            result.keep("follow", presses(terminal, down, FOLLOWED, quiet=0.5))
        go_home(reader, terminal)
        result.keep_held(terminal.hold(down, HELD))
    return result
