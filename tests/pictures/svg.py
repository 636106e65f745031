"""A screen as an SVG, cell by cell."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from tests.ui.terminal.emulator import Cell
from tuimail.ui.terminal.style import BOLD, DIM, ITALIC, REVERSE, TRUE, UNDERLINE, Style

WIDTH, HEIGHT, BASELINE = 8.4, 18, 13.5
GROUND, TEXT = "#101418", "#d0d4da"
# The first sixteen colours, as a calm terminal has them.
COLOURS = (
    *("#2b3138", "#d06a6a", "#8fb573", "#d9a05b", "#6f9fd8", "#b58bc9", "#6bb3b8", "#d0d4da"),
    *("#6d7680", "#e58a8a", "#a9cf8d", "#f0be7c", "#8fb9ee", "#cba4de", "#88cdd2", "#ffffff"),
)


def picture(rows: Sequence[Sequence[Cell]]) -> str:
    """The rows of a screen as one drawing."""
    width, height = round(len(rows[0]) * WIDTH), len(rows) * HEIGHT
    drawn = "\n".join(part for y, row in enumerate(rows) for part in _row(y, row))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">\n'
        "<style>text{font:14px 'DejaVu Sans Mono','Noto Sans Mono',monospace;white-space:pre}"
        "</style>\n"
        f'<rect width="100%" height="100%" fill="{GROUND}"/>\n{drawn}\n</svg>\n'
    )


def _row(y: int, row: Sequence[Cell]) -> Iterator[str]:
    x = 0
    for style, group in groupby(row, lambda cell: cell.style):
        cells = [cell.text for cell in group]
        yield from _run(x, y, cells, style)
        x += len(cells)


def _run(x: int, y: int, cells: Sequence[str], style: Style) -> Iterator[str]:
    """One style: its ground, and its words, each in its own column."""
    ink, ground = _colour(style.foreground, TEXT), _colour(style.background, GROUND)
    if style.attributes & REVERSE:
        ink, ground = ground, ink
    if ground != GROUND:
        yield (
            f'<rect x="{x * WIDTH:.1f}" y="{y * HEIGHT}" width="{len(cells) * WIDTH:.1f}" '
            f'height="{HEIGHT}" fill="{ground}"/>'
        )
    for start, word in _words(cells):
        place = f'x="{(x + start) * WIDTH:.1f}" y="{y * HEIGHT + BASELINE}"'
        yield f'<text {place} fill="{ink}"{_attributes(style)}>{escape(word)}</text>'


def _words(cells: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Stretches without a gap; what is not ASCII ends one, for fonts differ in its width."""
    start, word = 0, ""
    for column, text in enumerate([*cells, " "]):
        if word and (text == " " or not (text + word).isascii()):
            yield start, word
            word = ""
        if text.strip():
            start = column if not word else start
            word += text


def _attributes(style: Style) -> str:
    marks = (
        (BOLD, ' font-weight="bold"'),
        (DIM, ' opacity="0.6"'),
        (ITALIC, ' font-style="italic"'),
        (UNDERLINE, ' text-decoration="underline"'),
    )
    return "".join(words for bit, words in marks if style.attributes & bit)


def _colour(colour: int | None, usual: str) -> str:
    if colour is None:
        return usual
    if colour & TRUE:
        return f"#{colour & 0xFFFFFF:06x}"
    return COLOURS[colour] if colour < 16 else usual
