"""Rows of figures side by side, as text."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Show = Callable[[float], str]


class Row(NamedTuple):
    """What is measured, how it is printed, and what design.md wants of ours at 120x40."""

    id: str
    words: str
    show: Show
    aim: float | None = None
    compared: bool = False


def milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def size(number: float) -> str:
    return f"{number:,.0f} B"


def megabytes(number: float) -> str:
    return f"{number / 1e6:.0f} MB"


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def per_second(number: float) -> str:
    return f"{number:.1f}/s"


ROWS = (
    Row("first screen", "first screen, warm", milliseconds, 0.06, compared=True),
    Row("first screen cold", "first screen, page cache dropped", milliseconds, 0.12, compared=True),
    Row("ready", "three keys typed ahead carried out", milliseconds, 0.4, compared=True),
    Row("start bytes", "bytes at start", size, 4_500),
    Row("memory", "memory", megabytes, 75e6, compared=True),
    Row("j p50", "j, median", milliseconds, 0.003, compared=True),
    Row("j p95", "j, 95 %", milliseconds, 0.008, compared=True),
    Row("j bytes", "j, bytes", size, 260),
    Row("scroll p50", "scrolled j, median", milliseconds, compared=True),
    Row("scroll p95", "scrolled j, 95 %", milliseconds, compared=True),
    Row("scroll mean", "scrolled j, bytes, mean", size, 280),
    Row("page p50", "page", milliseconds, compared=True),
    Row("page bytes", "page, bytes", size, 3_200),
    Row("open p50", "open", milliseconds, compared=True),
    Row("open bytes", "open, bytes", size, 1_500),
    Row("back p50", "back", milliseconds, compared=True),
    Row("back bytes", "back, bytes", size, 3_700),
    Row("end p50", "to the end", milliseconds, compared=True),
    Row("end bytes", "to the end, bytes", size),
    Row("held processor", "j held at 30/s, processor", percent, 0.15),
    Row("held lag", "j held at 30/s, lag", milliseconds, 0.01),
    Row("held bytes", "j held at 30/s, bytes each", size),
    Row("burst", "200 j at once", milliseconds, 0.1, compared=True),
    Row("burst bytes", "200 j at once, bytes", size, 4_000),
    Row("limit", "limit to a word of the subject", milliseconds, 0.05, compared=True),
    Row("idle", "idle: wake-ups", per_second, 0),
)


def print_figures(
    figures: Mapping[str, Mapping[str, float]],
    rows: Sequence[Row] = ROWS,
    *,
    of: Sequence[str] = (),
    aims: bool = False,
) -> None:
    """A column each; the first one, ours, also as a ratio to those named in `of`."""
    names = [*figures]
    table = [["", *names, *(f"× {name}" for name in of), *(["aim"] if aims else [])]]
    for row in rows:
        found = [figures[name].get(row.id) for name in names]
        if not any(value is not None for value in found):
            continue
        cells = [row.words, *("-" if value is None else row.show(value) for value in found)]
        for name in of:
            cells.append(_ratio(row, figures[names[0]].get(row.id), figures[name].get(row.id)))
        if aims:
            cells.append(_aim(row, found[0]))
        table.append(cells)
    print_table(table)


def print_table(table: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need; the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *rest in table:
        cells = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip(), flush=True)


def _ratio(row: Row, ours: float | None, theirs: float | None) -> str:
    if not row.compared or ours is None or not theirs:
        return ""
    return f"{ours / theirs:.2f}"


def _aim(row: Row, ours: float | None) -> str:
    if row.aim is None:
        return ""
    missed = ours is not None and ours > row.aim
    return f"≤ {row.show(row.aim)}{' MISSED' if missed else ''}"
