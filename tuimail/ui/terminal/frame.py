"""What should stand on the screen: rows of runs, a run being text in one style."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from tuimail.ui.terminal.cells import split
from tuimail.ui.terminal.style import PLAIN, Style, on_blanks

Run = tuple[str, Style]
Row = tuple[Run, ...]


class Cells(NamedTuple):
    """A row cell by cell; "" is the second half of a wide character.

    A blank has the plainest style in which it looks the same. `end` is where the blanks in
    the terminal's own colours begin that go on to the end of the row.
    """

    texts: tuple[str, ...]
    styles: tuple[Style, ...]
    end: int


class Frame:
    """The screen as it should be; rows are always exactly `width` cells wide."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.rows: list[Row] = [_blank(width)] * height

    def put(self, x: int, y: int, runs: Iterable[Run]) -> None:
        """Draw `runs` from column `x` of row `y`; what does not fit is left out."""
        if not 0 <= y < self.height:
            return
        texts, styles = cells_of(tuple(runs))
        room = self.width - x
        if x == 0 and len(texts) >= room:
            fresh, looks = list(texts[:room]), list(styles[:room])
        else:
            before, looked = cells_of(self.rows[y])
            end = min(x + len(texts), self.width)
            fresh = [*before[:x], *texts[:room], *before[end:]]
            looks = [*looked[:x], *styles[:room], *looked[end:]]
            _mend(fresh, end)
        _mend(fresh, x)
        _mend(fresh, self.width)
        self.rows[y] = _joined(fresh, looks)

    def cells(self, y: int) -> Cells:
        """Row `y` cell by cell."""
        return row_cells(self.rows[y])


@lru_cache(maxsize=2048)
def cells_of(runs: Row) -> tuple[tuple[str, ...], tuple[Style, ...]]:
    """The text and the style of each cell, as given."""
    texts: list[str] = []
    styles: list[Style] = []
    for text, style in runs:
        cells = split(text)
        texts += cells
        styles += [style] * len(cells)
    return tuple(texts), tuple(styles)


@lru_cache(maxsize=2048)
def row_cells(row: Row) -> Cells:
    """The cells of a whole row, as they are compared and sent."""
    texts, given = cells_of(row)
    styles = [
        on_blanks(style) if text == " " else style
        for text, style in zip(texts, given, strict=True)
    ]
    end = len(texts)
    while end and texts[end - 1] == " " and styles[end - 1] == PLAIN:
        end -= 1
    return Cells(texts, tuple(styles), end)


def _mend(texts: list[str], border: int) -> None:
    """What is left of a wide character that `border` cuts in two becomes a blank."""
    if border < len(texts) and not texts[border]:
        texts[border] = " "
