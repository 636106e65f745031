"""One message: its title, its header, its text behind a gutter, its links."""

from collections.abc import Callable

from textual.geometry import Size

from tuimail.ui.document import Document
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


class MessageView(LineWidget):
    """Draws a `Document`; only the rows in sight are wrapped. `moved` hears of every scroll.

    Below a list, `ruled`, a few cells of a rule begin the title. Links are `clickable` where that
    does not cost too much.
    """

    def __init__(self, looks: Looks, *, moved: Callable[[], None]) -> None:
        super().__init__(looks, id="message")
        self._moved = moved
        self.display = False
        self.document: Document | None = None
        self.ruled = False
        self.clickable = True
        self._room = Size(0, 0)
        self._window: list[tuple[list[Span], str]] = []

    @property
    def page_height(self) -> int:
        return max(1, self._room.height - 1)

    def expect(self, room: Size) -> None:
        """Fit what is shown into `room`, which is or will be this pane's size."""
        if room != self._room:
            self._room = room
            self._wrap()

    def read(self, document: Document | None, *, keep_place: bool = False) -> None:
        """Show `document`, from its start unless it is the same message again."""
        old, self.document = self.document, document
        if document is not None:
            document.resize(self._room.width)
        if keep_place and old and document and old.key == document.key:
            document.line, document.row = min(old.line, len(document) - 1), 0
        self._draw()

    def scroll(self, rows: int) -> bool:
        """Scroll; False at the end."""
        if self.document is None or not self.document.move(rows, self.page_height):
            return False
        self._draw()
        return True

    def page(self, pages: float) -> bool:
        overlap = 1 if abs(pages) >= 1 else 0
        rows = max(1, round(abs(pages) * self.page_height) - overlap)
        return self.scroll(rows if pages > 0 else -rows)

    def to_start(self) -> None:
        if self.document is not None:
            self.document.to_start()
            self._draw()

    def to_end(self) -> None:
        if self.document is not None:
            self.document.to_end(self.page_height)
            self._draw()

    @property
    def share(self) -> str:
        """How much of the message was in sight, if not all of it is."""
        document = self.document
        if document is None or (
            (document.line, document.row) == (0, 0) and document.at_end(self.page_height)
        ):
            return ""
        return f"{document.share(self.page_height)} %"

    def _draw(self) -> None:
        self._unroll()
        self.redraw()
        self._moved()

    def _unroll(self) -> None:
        document = self.document
        self._window = [] if document is None else document.linked_window(self.page_height)

    def _wrap(self) -> None:
        if self.document is not None:
            self.document.resize(self._room.width)
        self._unroll()

    def line(self, y: int) -> list[Span]:
        if y == 0:
            return self._title()
        return self._window[y - 1][0] if y <= len(self._window) else []

    def link(self, y: int) -> str:
        return self._window[y - 1][1] if self.clickable and 0 < y <= len(self._window) else ""

    def _title(self) -> list[Span]:
        lead = self.looks.glyphs.rule * 2 + " " if self.ruled else " "
        title = "" if self.document is None else self.document.title()
        return [Span(lead + title, Tone.TITLE)]

    def on_mouse_scroll_down(self) -> None:
        self.scroll(3)

    def on_mouse_scroll_up(self) -> None:
        self.scroll(-3)
