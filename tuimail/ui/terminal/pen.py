"""Where the terminal's cursor stands and in which style it writes: moved as cheaply as can be."""

from collections.abc import Sequence

from tuimail.ui.terminal import controls
from tuimail.ui.terminal.splitting import encoded
from tuimail.ui.terminal.style import PLAIN, Style, as_vt100, on_blanks, sgr, without_link

ERASE_TO_END = b"\x1b[K"
WHOLE_SCREEN = b"\x1b[r"
_ENDLESS = 1 << 16


class Pen:
    """Collects what is sent. Positions count from 0; None is unknown.

    Behind what is not ASCII the column is not `sure`: terminals may have gone further or not
    as far. Text may follow there, but nothing that has to stand in its column.
    """

    def __init__(
        self, encoding: str, *, columns: bool, old: bool = False, links: bool = True
    ) -> None:
        self.out = bytearray()
        self.width = 0
        self.row: int | None = None
        self.column: int | None = None
        self.sure = True
        self._after_blank = False
        self.style: Style | None = None
        self._encoding = encoding
        self._columns = columns
        self._old = old
        self._links = links
        self._open_link: str | None = ""

    def forget(self) -> None:
        """Somebody else has written: start from known colours and margins."""
        self.row = self.column = self.style = self._open_link = None
        self.sure = True

    def be_nowhere(self) -> None:
        """Cursor and style are unknown, but no link is open."""
        self.forget()
        self._open_link = ""

    def take(self) -> bytes:
        """What was collected since the last time."""
        sent = bytes(self.out)
        self.out.clear()
        return sent

    def reset(self) -> None:
        """Bring colours and margins to what is assumed of them."""
        self.end_link()
        self.out += sgr(None, PLAIN) + WHOLE_SCREEN
        self.style = PLAIN
        self._lose_place()

    def move(self, row: int, column: int) -> None:
        if row != self.row or column != self.column:
            self.out += self._way(row, column)
            self.row, self.column, self.sure = row, column, True

    def write(self, row: int, column: int, cells: Sequence[str]) -> None:
        """Write what stands in `cells`; a gap in it begins in its own column."""
        self.move(row, column)
        start = 0
        if self.sure and "".join(cells).isascii():
            self._write(cells)
            return
        for index, text in enumerate(cells):
            if text == " " and self._after_blank and not self.sure:
                self._write(cells[start:index])
                self.lose_column()
                self.move(row, column + index)
                start = index
            elif not text.isascii():
                self.sure = False
            self._after_blank = text == " "
        self._write(cells[start:])

    def _write(self, cells: Sequence[str]) -> None:
        """Behind the last column no terminal is like another."""
        self.out += encoded(cells, self._encoding)
        self._after_blank = cells[-1:] == (" ",)
        if self.column is not None:
            self.column += len(cells)
            if self.column >= self.width:
                self.lose_column()

    def lose_column(self) -> None:
        """Where in its row the cursor stands is for the terminal to say."""
        self.column, self.sure = None, True

    def settle(self) -> None:
        """What is written next has to stand in its column."""
        if not self.sure:
            self.lose_column()

    def wear(self, style: Style) -> None:
        if style == self.style:
            return
        self._lead(style.link)
        before, after = self.style and without_link(self.style), without_link(style)
        self.out += sgr(None, as_vt100(after)) if self._old else sgr(before, after)
        self.style = style
        self.settle()

    def end_link(self) -> None:
        self._lead("")

    def _lead(self, link: str) -> None:
        """Have what is written from now on lead there when it is clicked on."""
        if self._links and link != self._open_link:
            self.out += controls.hyperlink(link)
            self._open_link = link

    def wear_for_blank(self, style: Style) -> None:
        """Change the style unless a blank looks in the present one as it would in `style`."""
        if self.style is None or on_blanks(self.style) != style:
            self.wear(style)

    def erase(self) -> None:
        """Blank the rest of the row, in the terminal's own colours only."""
        self.wear_for_blank(PLAIN)
        self.out += ERASE_TO_END

    def scroll(self, top: int, bottom: int, by: int) -> None:
        """Move the rows from `top` to `bottom` up by `by`, or down; blank rows follow them."""
        self.wear_for_blank(PLAIN)
        self.out += b"\x1b[%d;%dr" % (top + 1, bottom + 1)
        self._lose_place()
        if by > 0:
            self.move(bottom, 0)
            self.out += b"\n" * by
        else:
            self.move(top, 0)
            self.out += b"\x1bM" * -by
        self.out += WHOLE_SCREEN
        self._lose_place()

    def _lose_place(self) -> None:
        """Not all terminals put the cursor into the corner when margins change."""
        self.row = self.column = None
        self.sure = True

    def cost(self, column: int) -> int:
        """How many bytes a move inside the row takes."""
        return _ENDLESS if self.row is None else len(self._way(self.row, column))

    def _way(self, row: int, column: int) -> bytes:
        """The shortest sequence to a place."""
        way = _address(row, column)
        if self.row is None or row < self.row:
            return way
        ways = [way, b"\r" + b"\n" * (row - self.row) + _forward(column)]
        if row == self.row:
            if self._columns:
                ways.append(b"\x1b[%dG" % (column + 1))
            if self.column is not None and self.sure:
                back = self.column - column
                ways.append(b"\b" * back if back > 0 else _forward(-back))
        return min(ways, key=len)


def _address(row: int, column: int) -> bytes:
    if column:
        return b"\x1b[%d;%dH" % (row + 1, column + 1)
    return b"\x1b[%dH" % (row + 1) if row else b"\x1b[H"


def _forward(columns: int) -> bytes:
    if columns < 2:
        return b"\x1b[C" * columns
    return b"\x1b[%dC" % columns
