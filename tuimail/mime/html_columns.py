"""Aligns the cells of a table of data in columns that fit a screen."""

import re
from collections.abc import Iterator, Sequence

ROW_COLUMNS = 76
WIDE = 20
NARROWEST = 12
LONGEST_CELL = 300
_NUMBER = re.compile(r"[-+(]?\W{0,2}[\d.,' ]*\d[\d.,']*\)?\s?(?:%|[A-Z]{3}|\W{1,2})?")

Texts = Sequence[Sequence[tuple[str, int]]]


def aligned(rows: Texts, has_header: bool, indented: int = 0) -> list[str]:
    """Lines of columns from rows of (text, span); lists of cells where that is too wide.

    `indented` columns of the screen stand before each line.
    """
    widths = [] if _runs_on(rows, has_header) else _widths(rows)
    widths = _fitting(rows, widths, has_header, ROW_COLUMNS - indented) if widths else []
    if not widths:
        return [*_listed(rows, has_header)][:-1]
    to_the_right = _numeric_columns(rows[1:] if has_header else rows, len(widths))
    lines: list[str] = []
    for row in rows:
        lines += _row(row, widths, to_the_right)
        if has_header and row is rows[0]:
            lines.append("  ".join("-" * width for width in widths if width))
    return [line.rstrip() for line in lines]


def _widths(rows: Texts) -> list[int]:
    widths = [0] * max((sum(span for _, span in row) for row in rows), default=0)
    for row in rows:
        column = 0
        for text, span in row:
            if span == 1:
                widths[column] = max(widths[column], _widest(text))
            column += span
    bare = {column for column, width in enumerate(widths) if not width}
    for row in rows:
        _widen(row, widths, bare)
    return widths


def _widen(row: Sequence[tuple[str, int]], widths: list[int], bare: set[int]) -> None:
    """Have a cell over several columns find room for its words, or for all of a short text.

    It finds room for any text over columns that are `bare` of other cells.
    """
    column = 0
    for text, span in row:
        words = max(map(_columns, text.split()), default=0)
        alone = bare.issuperset(range(column, column + span))
        wanted = _widest(text) if alone else max(words, min(_widest(text), WIDE))
        missing = wanted - _room(widths, column, span)
        if span > 1 and missing > 0:
            widths[column + span - 1] += missing
        column += span


def _fitting(rows: Texts, widths: list[int], has_header: bool, columns: int) -> list[int]:
    """`widths`, the wide ones narrowed until a row fits; empty if it would not read well.

    Cells that run on beside each other read well if only one does, or under a header.
    """
    filled = sum(1 for width in widths if width)
    room = columns - 2 * (filled - 1)
    wide = [column for column, width in enumerate(widths) if width > WIDE]
    if sum(widths) > room:
        if not wide or filled < 2 or (len(wide) > 1 and not has_header):
            return []
        left = room - sum(width for width in widths if width <= WIDE)
        for count, column in enumerate(sorted(wide, key=lambda each: widths[each])):
            share = left // (len(wide) - count)
            widths[column] = min(widths[column], share)
            left -= widths[column]
        if any(widths[column] < NARROWEST for column in wide):
            return []
    return widths if all(_fits(row, widths) for row in rows) else []


def _runs_on(rows: Texts, has_header: bool) -> bool:
    """Whether cells of several lines would stand beside each other without a header."""
    columns: set[int] = set()
    for row in rows:
        column = 0
        for text, span in row:
            if "\n" in text:
                columns.add(column)
            column += span
    return len(columns) > 1 and not has_header


def _widest(text: str) -> int:
    return max(map(_columns, text.split("\n")))


def _fits(row: Sequence[tuple[str, int]], widths: Sequence[int]) -> bool:
    column = 0
    for text, span in row:
        room = _room(widths, column, span)
        if len(text) > LONGEST_CELL or any(_columns(word) > room for word in text.split()):
            return False
        column += span
    return True


def _room(widths: Sequence[int], column: int, span: int) -> int:
    filled = [width for width in widths[column : column + span] if width]
    return sum(filled) + 2 * max(0, len(filled) - 1)


def _listed(rows: Texts, has_header: bool) -> Iterator[str]:
    """A line for each cell, named by the header if there is one; a blank line after a row."""
    names = [text for text, span in rows[0] for _ in range(span)] if has_header else []
    for row in rows[1:] if any(names) and len(rows) > 1 else rows:
        column = 0
        for text, span in row:
            name = names[column] if column < len(names) else ""
            if text:
                yield from (f"{name}: {text}" if name else text).split("\n")
            column += span
        yield ""


def _numeric_columns(rows: Texts, count: int) -> set[int]:
    numeric = set(range(count))
    for row in rows:
        column = 0
        for text, span in row:
            if text and not (span == 1 and _NUMBER.fullmatch(text)):
                numeric.discard(column)
            column += span
    return numeric


def _row(
    row: Sequence[tuple[str, int]], widths: Sequence[int], to_the_right: set[int]
) -> list[str]:
    """The lines of one row; a cell that is too wide takes several."""
    cells: list[tuple[list[str], int, bool]] = []
    column = 0
    for text, span in row:
        room = _room(widths, column, span)
        cells.append((_wrapped(text, room), room, column in to_the_right and span == 1))
        column += span
    height = max((len(lines) for lines, _, _ in cells), default=0)
    return [
        "  ".join(
            _padded(lines[at] if at < len(lines) else "", room, is_right)
            for lines, room, is_right in cells
            if room
        )
        for at in range(height)
    ]


def _wrapped(text: str, room: int) -> list[str]:
    return [row for line in text.split("\n") for row in _wrapped_line(line, room)]


def _wrapped_line(text: str, room: int) -> list[str]:
    if _columns(text) <= room:
        return [text]
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        columns = _columns(word)
        if line and used + 1 + columns > room:
            lines.append(line)
            line, used = "", 0
        line = f"{line} {word}" if line else word
        used += columns + (1 if used else 0)
    return [*lines, line]


def _padded(text: str, room: int, is_right: bool) -> str:
    padding = " " * max(0, room - _columns(text))
    return padding + text if is_right else text + padding


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415  25 ms, and few tables need it

    return max(0, wcswidth(text))
