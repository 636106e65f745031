"""Tells tables that hold data from tables that hold a layout."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuimail.mime.word_set import word_set

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

NODES = 3_000
ROWS = 500
COLUMNS = 12
INLINE_NODES = 60
INLINE_CHARACTERS = 100

# What a cell of data does not hold.
_STRUCTURE = word_set(
    "article blockquote center dl form h1 h2 h3 h4 h5 h6 hr ol pre section table ul"
)
_GROUPS = word_set("tr tbody thead tfoot")
_BREAKS_A_ROW = _STRUCTURE | frozenset({"br", "div", "p"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, `span` columns wide; without a node where one of a row above reaches down."""

    node: "LexborNode | None"
    is_header: bool
    span: int


@dataclass(slots=True)
class Row:
    """One row and its cells."""

    node: "LexborNode"
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """The rows of a table of data."""

    rows: list[Row] = field(default_factory=list)

    @property
    def has_header(self) -> bool:
        return all(cell.is_header for cell in self.rows[0].cells)


def data_table(table: "LexborNode", is_absent: Callable[["LexborNode"], bool]) -> Table | None:
    """The cells of `table` if they are data; None if it only places things on a page."""
    found = Table()
    reaching: dict[int, int] = {}
    for count, node in enumerate(_within(table)):
        tag = node.tag
        if count > NODES or tag in _STRUCTURE or (tag in _GROUPS and is_absent(node)):
            return None
        if tag == "tr":
            _reach_down(found.rows, reaching)
            found.rows.append(Row(node))
        elif tag in ("td", "th") and found.rows:
            _add_cell(found.rows[-1], node, reaching)
            if len(found.rows[-1].cells) > COLUMNS:
                return None
    _reach_down(found.rows, reaching)
    found.rows = [row for row in found.rows if row.cells]
    return found if _is_grid([row.cells for row in found.rows]) else None


def _add_cell(row: Row, node: "LexborNode", reaching: dict[int, int]) -> None:
    column = _fill(row, reaching, sum(cell.span for cell in row.cells))
    cell = Cell(node, node.tag == "th", _span(node, "colspan"))
    row.cells.append(cell)
    rows = _span(node, "rowspan")
    if rows > 1:
        reaching.update(dict.fromkeys(range(column, column + min(cell.span, COLUMNS)), rows))


def _fill(row: Row, reaching: dict[int, int], column: int) -> int:
    """Leave room for the cells of rows above; the first column that is free."""
    while reaching.get(column):
        row.cells.append(Cell(None, is_header=False, span=1))
        column += 1
    return column


def _reach_down(rows: Sequence[Row], reaching: dict[int, int]) -> None:
    """End a row: what reaches down reaches one row less far."""
    if not rows:
        return
    _fill(rows[-1], reaching, sum(cell.span for cell in rows[-1].cells))
    for column in list(reaching):
        reaching[column] -= 1
        if reaching[column] <= 0:
            del reaching[column]


def _is_grid(rows: Sequence[Sequence[Cell]]) -> bool:
    if not 2 <= len(rows) <= ROWS:
        return False
    widths = [sum(cell.span for cell in row) for row in rows]
    usual = max(set(widths), key=widths.count)
    return (
        2 <= usual <= COLUMNS and max(widths) <= COLUMNS and widths.count(usual) * 3 > len(rows) * 2
    )


def _span(cell: "LexborNode", name: str) -> int:
    span = cell.attributes.get(name) or "1"
    return max(1, int(span)) if span.isascii() and span.isdecimal() and len(span) < 4 else 1


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
