"""The widget that shows a page, and the screen around it."""

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from tuimail.ui.bars import hint_spans
from tuimail.ui.cells import cut, fit, wrap
from tuimail.ui.keymap import key_name
from tuimail.ui.rows import Span
from tuimail.ui.setup.page import Field, Option, Page
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget

_AROUND = 2


class Sheet(LineWidget):
    """Title, page, what to know about the field in focus, keys."""

    def __init__(self, looks: Looks, page: Page) -> None:
        super().__init__(looks, id="sheet")
        self.page = page
        self.warning = ""
        self._lines: list[list[Span]] = []

    def show(self, page: Page) -> None:
        self.page = page
        self.update()

    def update(self) -> None:
        """Show the page as it is now."""
        self.unfit()
        self.redraw()

    def fit(self) -> None:
        cells, height = self.size.width, self.size.height
        # As many lines of hint on every page of a width, so that nothing jumps.
        rows = 1 if cells >= 80 else 2
        room = height - _AROUND - rows
        self.page.resize(cells, room)
        hints = self._hints(cells, rows)
        body = self.page.visible
        body += [[]] * (room - len(body))
        title = fit(f" {self.page.title}", cells, self.looks.glyphs.ellipsis)
        self._lines = [[Span(title, Tone.BAR_STRONG)], *body, *hints, self._keys(cells)]

    def line(self, y: int) -> list[Span]:
        return self._lines[y] if y < len(self._lines) else []

    def _hints(self, cells: int, rows: int) -> list[list[Span]]:
        words = self.page.focus.hint if self.page.is_focus_seen else "There is more below: Enter."
        shown = wrap(self.warning or words, cells - 2)
        if len(shown) > rows:
            shown = [*shown[: rows - 1], cut(" ".join(shown[rows - 1 :]), cells - 2)]
        shown += [""] * (rows - len(shown))
        tone = Tone.WARN if self.warning else Tone.DIM
        return [[Span(f" {row}", tone)] for row in shown]

    def _keys(self, cells: int) -> list[Span]:
        keys = [("Enter", "next"), ("Up", "previous"), ("Esc", "back")]
        match self.page.focus:
            case Option():
                keys.insert(1, ("Left Right", "change"))
            case Field():
                keys.insert(1, ("C-u", "clear"))
        spans = hint_spans(keys, cells)
        used = sum(len(span.text) for span in spans)
        return [*spans, Span(" " * max(0, cells - used), Tone.BAR)]


class SheetScreen(Screen[None], inherit_bindings=False):
    """The sheet alone; `press` is told every key by our name, `paste` what was pasted."""

    AUTO_FOCUS = ""

    def __init__(
        self, sheet: Sheet, *, press: Callable[[str], None], paste: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._sheet = sheet
        self._press = press
        self._paste = paste

    def compose(self) -> ComposeResult:
        yield self._sheet

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._press(key_name(event.key, event.character))

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is text for a field, never keys (security.md T5)."""
        event.stop()
        self._paste(event.text)
