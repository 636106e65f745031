"""A letter before it is sent: its fields, what is odd, its text."""

from tuimail.model.safe_text import safe_line, safe_prose
from tuimail.model.sizes import size_words
from tuimail.ui.cells import settle, wrap
from tuimail.ui.document import WIDEST
from tuimail.ui.letters.writing import Writing
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget

_LABEL = 9
Row = list[Span]


class LetterView(LineWidget):
    """Draws a `Writing`; scrolls as a whole."""

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="letter")
        self._writing: Writing | None = None
        self._warnings: list[str] = []
        self._rows: list[Row] = []
        self._top = 0

    def show(self, writing: Writing, warnings: list[str]) -> None:
        self._writing, self._warnings = writing, warnings
        self.unfit()
        self.redraw()

    def scroll(self, rows: int) -> None:
        self.fit_now()
        last = max(0, len(self._rows) - self.size.height)
        self._top = max(0, min(self._top + rows, last))
        self.redraw()

    def page(self, pages: float) -> None:
        self.scroll(round(pages * max(1, self.size.height - 1)))

    def to_start(self) -> None:
        self.scroll(-len(self._rows))

    def to_end(self) -> None:
        self.scroll(len(self._rows))

    def fit(self) -> None:
        if self._writing is not None:
            self._rows = _letter_rows(self._writing, self._warnings, self.size.width, self.looks)
        self._top = max(0, min(self._top, len(self._rows) - self.size.height))

    def line(self, y: int) -> Row:
        place = self._top + y
        return self._rows[place] if place < len(self._rows) else []

    def on_mouse_scroll_down(self) -> None:
        self.scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll(-3)


def _letter_rows(writing: Writing, warnings: list[str], cells: int, looks: Looks) -> list[Row]:
    room = max(10, min(cells - 3, WIDEST))
    files = [f"{each.name}  {size_words(len(each.content))}" for each in writing.enclosures]
    fields = [("From", writing.sender), ("To", writing.to), ("Cc", writing.cc)]
    fields += [("Bcc", writing.bcc), ("Subject", writing.subject)]
    fields += [
        ("File" if len(files) == 1 else f"File {n}", each) for n, each in enumerate(files, 1)
    ]
    optional = {"Bcc"}
    rows: list[Row] = []
    for label, value in fields:
        if value or label not in optional:
            rows += _field(label, value, room)
    for sentence in warnings:
        rows += _warning(sentence, room, looks)
    rows.append([Span(looks.glyphs.rule * cells, Tone.DIM)])
    for line in writing.text.split("\n"):
        tone = Tone.QUOTE if line.startswith(">") else Tone.PLAIN
        rows += [[Span(f" {row}", tone)] for row in wrap(settle(safe_prose(line)), room)]
    return rows


def _field(label: str, value: str, room: int) -> list[Row]:
    wrapped = wrap(settle(safe_line(value)), max(10, room - _LABEL - 1))
    labels = [label, *[""] * len(wrapped)]
    tone = Tone.STRONG if label == "Subject" else Tone.PLAIN
    return [
        [Span(f"{shown:>{_LABEL}}  ", Tone.DIM), Span(row, tone)]
        for shown, row in zip(labels, wrapped, strict=False)
    ]


def _warning(sentence: str, room: int, looks: Looks) -> list[Row]:
    wrapped = wrap(settle(safe_line(sentence)), max(10, room - _LABEL - 1))
    marks = [looks.glyphs.flagged, *[""] * len(wrapped)]
    return [
        [Span(f"{mark:>{_LABEL}}  ", Tone.WARN), Span(row, Tone.WARN)]
        for mark, row in zip(marks, wrapped, strict=False)
    ]
