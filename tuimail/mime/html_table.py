"""Tells tables that hold data from tables that hold a layout, and aligns the former."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.mime.word_set import word_set

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

NODES = 3_000
ROWS = 500
COLUMNS = 12
CELL_COLUMNS = 48
ROW_COLUMNS = 100
INLINE_NODES = 60
INLINE_CHARACTERS = 100

# What a cell of data does not hold.
_STRUCTURE = word_set(
    "article blockquote center dl form h1 h2 h3 h4 h5 h6 hr ol pre section table ul"
)
_BREAKS_A_ROW = _STRUCTURE | frozenset({"br", "div", "p"})
_NUMBER = re.compile(r"[-+(]?\W{0,2}[\d.,' ]*\d[\d.,']*\)?\s?(?:%|[A-Z]{3}|\W{1,2})?")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, `span` columns wide."""

    node: "LexborNode"
    is_header: bool
    span: int


@dataclass(slots=True)
class Table:
    """The rows of a table of data."""

    rows: list[list[Cell]] = field(default_factory=list)

    @property
    def has_header(self) -> bool:
        return all(cell.is_header for cell in self.rows[0])


def data_table(table: "LexborNode") -> Table | None:
    """The cells of `table` if they are data; None if it only places things on a page."""
    found = Table()
    for count, node in enumerate(_within(table)):
        if count > NODES or node.tag in _STRUCTURE:
            return None
        if node.tag == "tr":
            found.rows.append([])
        elif node.tag in ("td", "th") and found.rows:
            found.rows[-1].append(Cell(node, node.tag == "th", _span(node)))
    found.rows = [row for row in found.rows if row]
    return found if _is_grid(found.rows) else None


def _is_grid(rows: Sequence[Sequence[Cell]]) -> bool:
    if not 2 <= len(rows) <= ROWS:
        return False
    widths = [sum(cell.span for cell in row) for row in rows]
    usual = max(set(widths), key=widths.count)
    return (
        2 <= usual <= COLUMNS and max(widths) <= COLUMNS and widths.count(usual) * 3 > len(rows) * 2
    )


def _span(cell: "LexborNode") -> int:
    span = cell.attributes.get("colspan") or "1"
    return max(1, int(span)) if span.isdecimal() and len(span) < 3 else 1


def _within(node: "LexborNode") -> Iterator["LexborNode"]:
    """The elements and texts below `node`, in order."""
    waiting = [node.first_child]
    while waiting:
        step = waiting.pop()
        if step is None:
            continue
        yield step
        waiting.append(step.next)
        waiting.append(step.first_child)


def is_inline_row(row: "LexborNode") -> bool:
    """Whether the cells of a layout's row read well on one line, as a menu's do."""
    characters = 0
    for count, node in enumerate(_within(row)):
        if count > INLINE_NODES or node.tag in _BREAKS_A_ROW:
            return False
        if node.tag == "-text":
            characters += len((node.text_content or "").strip())
        if characters > INLINE_CHARACTERS:
            return False
    return True


def aligned(rows: Sequence[Sequence[tuple[str, int]]], has_header: bool) -> list[str]:
    """Lines of columns from rows of (text, span); lists of cells where that is too wide."""
    widths = _widths(rows)
    if max(widths, default=0) > CELL_COLUMNS or sum(widths) + 2 * len(widths) > ROW_COLUMNS:
        return [line for row in rows for line in [*(text for text, _ in row if text), ""]]
    to_the_right = _numeric_columns(rows[1:] if has_header else rows, len(widths))
    lines = [_line(row, widths, to_the_right) for row in rows]
    if has_header:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return [line.rstrip() for line in lines]


def _widths(rows: Sequence[Sequence[tuple[str, int]]]) -> list[int]:
    widths = [0] * max((sum(span for _, span in row) for row in rows), default=0)
    for row in rows:
        column = 0
        for text, span in row:
            if span == 1:
                widths[column] = max(widths[column], _columns(text))
            column += span
    return widths


def _numeric_columns(rows: Sequence[Sequence[tuple[str, int]]], count: int) -> set[int]:
    numeric = set(range(count))
    for row in rows:
        column = 0
        for text, span in row:
            if text and not (span == 1 and _NUMBER.fullmatch(text)):
                numeric.discard(column)
            column += span
    return numeric


def _line(row: Sequence[tuple[str, int]], widths: Sequence[int], to_the_right: set[int]) -> str:
    parts: list[str] = []
    column = 0
    for text, span in row:
        room = sum(widths[column : column + span]) + 2 * (span - 1)
        padding = " " * max(0, room - _columns(text))
        parts.append(padding + text if column in to_the_right and span == 1 else text + padding)
        column += span
    return "  ".join(parts)


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415  25 ms, and few tables need it

    return max(0, wcswidth(text))
