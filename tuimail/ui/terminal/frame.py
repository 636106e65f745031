"""What should stand on the screen: rows of runs, a run being text in one style."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tuimail.ui.terminal.splitting import is_doubtful, split
from tuimail.ui.terminal.style import PLAIN, Style, on_blanks

Run = tuple[str, Style]
Row = tuple[Run, ...]


class Glyph(NamedTuple):
    """A character that takes several cells, or nobody knows how many: from `start` to `stop`."""

    start: int
    stop: int
    doubtful: bool


class Cells(NamedTuple):
    """A row cell by cell; "" is a further cell of the wide character before it.

    A blank has the plainest style in which it looks the same. From `end` on there are only
    blanks in the terminal's own colours. `glyphs` are the characters that are not plain.
    """

    texts: tuple[str, ...]
    styles: tuple[Style, ...]
    end: int
    glyphs: tuple[Glyph, ...] = ()


class Frame:
    """The screen as it should be; what is drawn beyond its borders is left out."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.rows: list[Row] = [((" " * width, PLAIN),)] * height

    def put(self, x: int, y: int, runs: Iterable[Run]) -> None:
        """Draw `runs` from column `x` of row `y`; the rest of the row stays."""
        if not (0 <= y < self.height and 0 <= x < self.width):
            return
        row = tuple(runs)
        size = sum(len(split(text)) for text, _ in row)
        if x or size != self.width:
            before, end = self.rows[y], min(x + size, self.width)
            left, right = _part(before, 0, x), _part(before, end, self.width)
            row = (*left, *_part(row, 0, self.width - x), *right)
        self.rows[y] = tuple(_merged(row))

    def cells(self, y: int) -> Cells:
        """Row `y` cell by cell."""
        return row_cells(self.rows[y])


@lru_cache(maxsize=1024)
def row_cells(row: Row) -> Cells:
    """The cells of a whole row, as they are compared and sent."""
    texts: list[str] = []
    styles: list[Style] = []
    for text, style in row:
        cells = split(text)
        texts += cells
        blank = on_blanks(style)
        if blank is style or " " not in text:
            styles += [style] * len(cells)
        else:
            styles += [blank if cell == " " else style for cell in cells]
    end = len(texts)
    while end and texts[end - 1] == " " and styles[end - 1] == PLAIN:
        end -= 1
    return Cells(tuple(texts), tuple(styles), end, tuple(_glyphs(texts)))


def _glyphs(texts: list[str]) -> Iterator[Glyph]:
    if all(texts) and "".join(texts).isascii():
        return
    for start, text in enumerate(texts):
        if text and not text.isascii():
            stop = start + 1
            while stop < len(texts) and not texts[stop]:
                stop += 1
            doubtful = is_doubtful(text)
            if stop > start + 1 or doubtful:
                yield Glyph(start, stop, doubtful)


def fitted(runs: Sequence[Run], width: int) -> Sequence[Run]:
    """`runs` in exactly so many cells."""
    size = sum(len(split(text)) for text, _ in runs)
    if size > width:
        return [*_part(runs, 0, width)]
    return runs if size == width else [*runs, (" " * (width - size), PLAIN)]


def _part(row: Sequence[Run], start: int, stop: int) -> Iterator[Run]:
    """What stands in the columns from `start` to `stop`; of a character cut in two, blanks."""
    column = 0
    for text, style in row:
        cells = split(text)
        first, last = max(0, start - column), stop - column
        column += len(cells)
        if first == 0 and len(cells) <= last:
            yield text, style
        elif first < min(last, len(cells)):
            part = [*cells[first:last]]
            head = next((i for i, cell in enumerate(part) if cell), len(part))
            part[:head] = [" "] * head
            if last < len(cells) and not cells[last]:
                whole = max((i for i, cell in enumerate(part) if cell), default=0)
                part[whole:] = [" "] * (len(part) - whole)
            yield "".join(part), style


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """The same with neighbours of one style made one run."""
    for style, group in groupby(runs, itemgetter(1)):
        yield "".join(text for text, _ in group), style
