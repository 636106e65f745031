"""From what a terminal shows to what it should show, in as few bytes as can be."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count
from operator import ne, or_

from tuimail.ui.terminal.frame import Cells, Frame, Glyph, row_cells
from tuimail.ui.terminal.pen import ERASE_TO_END, Pen
from tuimail.ui.terminal.scrolling import find_scroll, scrolled
from tuimail.ui.terminal.style import PLAIN, Style, on_blanks

SYNC_FROM = 2048
_SYNC_START, _SYNC_END = b"\x1b[?2026h", b"\x1b[?2026l"

# About how many bytes it takes to go over blanks instead of writing them.
_JUMP = 5

Cursor = tuple[int, int]


class DiffWriter:
    """Knows what the terminal shows, and says how to make it show a frame instead.

    `erase` is whether the end of a row may be erased, `scroll` whether the terminal moves
    rows inside margins, `columns` whether it can be sent to a column, `old` whether it has
    VT100's attributes only, `links` whether it knows where a click leads, `synchronized` whether
    it can be told to show a big frame at once.
    Nothing but what `paint` made may be sent meanwhile, else `forget`.
    """

    def __init__(
        self,
        *,
        erase: bool = True,
        scroll: bool = True,
        columns: bool = True,
        old: bool = False,
        links: bool = True,
        synchronized: bool = False,
        encoding: str = "utf-8",
    ) -> None:
        self.synchronized = synchronized
        self._erase = erase
        self._scroll = scroll
        self._pen = Pen(encoding, columns=columns, old=old, links=links)
        self._shown: list[Cells | None] = []
        self._known = False

    def paint(self, frame: Frame, cursor: Cursor | None = None) -> bytes:
        """What makes the terminal show `frame`; b"" if it does.

        `cursor` is the column and row where its own cursor is to stand, None for anywhere.
        """
        pen = self._pen
        if not self._known or (pen.width, len(self._shown)) != (frame.width, frame.height):
            self._start_afresh(frame)
        rows = [row_cells(row) for row in frame.rows]
        if self._scroll:
            self._move_rows(rows)
        for y, row in enumerate(rows):
            before = self._shown[y]
            if row is not before and row != before:
                self._paint_row(y, before, row)
            self._shown[y] = row
        if cursor is not None:
            pen.move(cursor[1], cursor[0])
        return self._wrapped(pen.take())

    def seed(self, frame: Frame) -> None:
        """The terminal shows `frame`, whoever drew it: its cursor and style are unknown."""
        self._pen.be_nowhere()
        self._pen.width = frame.width
        self._shown = [row_cells(row) for row in frame.rows]
        self._known = True

    def forget(self) -> None:
        """Nothing is known: not what is shown, nor its colours, cursor and margins."""
        self._pen.forget()
        self._known = False

    def end_link(self) -> bytes:
        """What makes sure that whatever others write leads nowhere."""
        self._pen.end_link()
        return self._pen.take()

    def _start_afresh(self, frame: Frame) -> None:
        self._pen.take()
        self._pen.reset()
        self._pen.width = frame.width
        self._shown = [None] * frame.height
        self._known = True

    def _wrapped(self, data: bytes) -> bytes:
        if self.synchronized and len(data) > SYNC_FROM:
            return _SYNC_START + data + _SYNC_END
        return data

    def _move_rows(self, rows: Sequence[Cells]) -> None:
        """Have the terminal move what only stands elsewhere now."""
        scroll = find_scroll(self._shown, rows)
        if scroll is not None:
            self._pen.scroll(*scroll)
            blank = row_cells(((" " * self._pen.width, PLAIN),))
            self._shown = scrolled(self._shown, scroll, blank)

    # --- a row

    def _paint_row(self, y: int, before: Cells | None, row: Cells) -> None:
        changed = changed_columns(before, row)
        if not changed:
            return
        if self._erase and (border := _worth_erasing(row, changed)) is not None:
            border = _before_text(row, changed, border)
            self._write_changed(y, before, row, [c for c in changed if c < border])
            self._erase_from(y, border, next(c for c in changed if c >= border))
            before, changed = _erased(row, border), _still_to_write(row, border)
        self._write_changed(y, before, row, changed)

    def _write_changed(
        self, y: int, before: Cells | None, row: Cells, changed: Iterable[int]
    ) -> None:
        for start, stop in _spans(changed):
            self._reach(y, row, start)
            column = start
            while column < stop:
                first, look = column, self._dress(row, column, stop)
                column += 1
                while column < stop and _suits(look, row.texts[column], row.styles[column]):
                    column += 1
                self._write_run(y, before, row, first, column)

    def _erase_from(self, y: int, border: int, first: int) -> None:
        """Blank the row from `first` on, or from where the pen is, between `border` and that."""
        pen = self._pen
        pen.settle()
        if pen.row != y or pen.column is None or not border <= pen.column <= first:
            pen.move(y, first)
        pen.erase()

    def _reach(self, y: int, row: Cells, start: int) -> None:
        """Bring the pen to `start`, over what stands there already if that is shorter."""
        pen = self._pen
        if pen.row == y and pen.column is not None and pen.column < start:
            gap = slice(pen.column, start)
            if start - pen.column <= pen.cost(start) and all(map(_is_ascii, row.texts[gap])):
                between = set(zip(row.texts[gap], row.styles[gap], strict=True))
                for look in (pen.style, row.styles[start]):
                    if look is not None and all(_suits(look, *cell) for cell in between):
                        self._write_over(y, row, look, gap)
                        return
        pen.settle()
        pen.move(y, start)

    def _write_over(self, y: int, row: Cells, look: Style, gap: slice) -> None:
        """Write what stands there already, unless the new style asks for its own column."""
        pen = self._pen
        pen.wear(look)
        if pen.column is None:
            pen.move(y, gap.stop)
        else:
            pen.write(y, gap.start, row.texts[gap])

    def _write_run(self, y: int, before: Cells | None, row: Cells, start: int, stop: int) -> None:
        """Write cells of one look.

        No terminal is trusted to have gone as far as we think behind what is not ASCII. The
        column is set again behind every doubtful character; behind others where a new style or
        a gap begins, so that no column of a table can shift.
        """
        first = start
        for glyph in row.glyphs:
            if glyph.doubtful and start <= glyph.start < stop:
                self._write_piece(y, first, row.texts[first : glyph.start])
                self._write_doubtful(y, before, row, glyph)
                first = glyph.stop
        self._write_piece(y, first, row.texts[first:stop])

    def _write_piece(self, y: int, column: int, cells: Sequence[str]) -> None:
        if cells:
            self._pen.write(y, column, cells)

    def _write_doubtful(self, y: int, before: Cells | None, row: Cells, glyph: Glyph) -> None:
        """Write a character that a terminal may draw narrower than we do.

        It would leave standing what was in the further cells, so they are blanked first.
        """
        pen, (start, stop, _) = self._pen, glyph
        pen.settle()
        further = range(start + 1, stop)
        if not all(_is_blank(before, column, row.styles[start]) for column in further):
            pen.write(y, start, " " * (stop - start))
        pen.write(y, start, row.texts[start:stop])
        pen.lose_column()

    def _dress(self, row: Cells, column: int, stop: int) -> Style:
        """Put on a style in which the cell looks right, and those behind it if possible."""
        pen, style = self._pen, row.styles[column]
        if row.texts[column] != " ":
            pen.wear(style)
        elif pen.style is None or on_blanks(pen.style) != style:
            ahead = next((s for s in row.styles[column:stop] if s != style), style)
            pen.wear(ahead if on_blanks(ahead) == style else style)
        return pen.style or style


def changed_columns(before: Cells | None, row: Cells) -> list[int]:
    """Which cells have to be written: whole characters, and what doubtful ones may hide."""
    if before is None:
        return list(range(len(row.texts)))
    others = map(ne, before.texts, row.texts), map(ne, before.styles, row.styles)
    columns = [*compress(count(), map(or_, *others))]
    if not columns or not (before.glyphs or row.glyphs):
        return columns
    found, width = set(columns), len(row.texts)
    for start, stop, doubtful in sorted(before.glyphs + row.glyphs):
        if not found.isdisjoint(range(start, stop)):
            found.update(range(start, stop))
            if doubtful and stop < width:
                found.add(stop)
    return sorted(found)


def _worth_erasing(row: Cells, changed: Sequence[int]) -> int | None:
    """From where on it is shortest to erase the row and write it anew; None if nowhere."""
    first, touched = changed[0], set(changed)
    best, most = None, 0
    gain = len(changed) - bisect_left(changed, row.end) - len(ERASE_TO_END)
    if gain > 0:
        best, most = max(row.end, first), gain
    column = row.end
    while column > first:
        start = _blanks_before(row, column, first)
        if start == column:
            column -= 1
            gain -= column not in touched
            continue
        if not touched.isdisjoint(range(start, column)):
            gain += max(0, column - start - _JUMP)
        if gain > most:
            best, most = start, gain
        column = start
    return best


def _before_text(row: Cells, changed: Sequence[int], border: int) -> int:
    """`border`, or where the writing begins: behind what is not ASCII the column were unsure."""
    first = changed[0]
    texts = row.texts[first:border]
    if "".join(texts).isascii():
        return border
    kept = border - first - bisect_left(changed, border) - texts.count(" ")
    return first if kept < _JUMP else border


def _blanks_before(row: Cells, column: int, first: int) -> int:
    """Where the blanks begin that end at `column` and can be had by erasing."""
    while column > first and row.texts[column - 1] == " " and row.styles[column - 1] == PLAIN:
        column -= 1
    return column


def _erased(row: Cells, border: int) -> Cells:
    """`row` with nothing from `border` on."""
    rest = len(row.texts) - border
    texts = row.texts[:border] + (" ",) * rest
    return Cells(texts, row.styles[:border] + (PLAIN,) * rest, border, row.glyphs)


def _still_to_write(row: Cells, border: int) -> list[int]:
    """What stands in `row` from `border` on, where it was erased, with the short gaps in it.

    Doubtful characters may reach into what is behind them.
    """
    behind = {glyph.stop for glyph in row.glyphs if glyph.doubtful and glyph.start >= border}
    columns: list[int] = []
    for column in range(border, min(row.end + 1, len(row.texts))):
        if row.texts[column] != " " or row.styles[column] != PLAIN or column in behind:
            if columns and column - columns[-1] <= _JUMP:
                columns += range(columns[-1] + 1, column)
            columns.append(column)
    return columns


def _is_blank(row: Cells | None, column: int, style: Style) -> bool:
    """Whether the cell shows what a blank in `style` would."""
    if row is None or row.texts[column] != " ":
        return False
    return row.styles[column] == on_blanks(style)


def _spans(columns: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of columns that follow each other, as start and stop."""
    start = stop = -1
    for column in columns:
        if column != stop:
            if stop > start:
                yield start, stop
            start = column
        stop = column + 1
    if stop > start:
        yield start, stop


def _is_ascii(text: str) -> bool:
    return text != "" and text.isascii()


def _suits(look: Style, text: str, style: Style) -> bool:
    """Whether `text` in `look` looks as in `style`."""
    return look == style or (text == " " and on_blanks(look) == style)
