"""The built-in editor, for those who have set none of their own."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from tuimail.ui.bars import Standing
from tuimail.ui.rows import Span
from tuimail.ui.screens.passing import PassingScreen
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.status_line import BottomLine, TopLine

_BETWEEN_SAVES = 10.0


class SheetScreen(PassingScreen[str], inherit_bindings=False):
    """Fields and text to edit; `save` is called with them now and then, and at any end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+x,ctrl+s,escape", "done", priority=True),
        Binding("ctrl+z", "app.suspend_process", priority=True),
        Binding("ctrl+underscore", "undo", priority=True),
    ]

    def __init__(self, text: str, looks: Looks, save: Callable[[str], None]) -> None:
        super().__init__()
        self._save = save
        self._saved = text
        self.top = TopLine(looks)
        self.bottom = BottomLine(looks)
        self.area = Sheet(text, id="sheet", soft_wrap=True, tab_behavior="indent")
        # A line that nobody types on is to be still.
        self.area.cursor_blink = False
        # Before it is on the screen: without a size it would be scrolled up to the cursor.
        self.area.selection = Selection.cursor(first_caret(text))

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.area
        yield self.bottom

    def on_mount(self) -> None:
        self.top.show(Standing("Write", total=None, account="not sent yet"))
        self.bottom.say(Span("Fields above the empty line, your text below it", Tone.BAR))
        self.bottom.remind([("C-_", "undo"), ("C-x", "done")])
        # Where the fields are higher than the screen.
        self.call_after_refresh(partial(self.area.scroll_cursor_visible, animate=False))
        # After the keys that came already: they went to the screen.
        self.call_later(self.area.focus)
        self.set_interval(_BETWEEN_SAVES, self._keep)

    def on_key(self, event: events.Key) -> None:
        """What was typed before the text had the focus is for the text, too."""
        if event is not self.area.heard:
            event.stop()
            self.area.post_message(events.Key(event.key, event.character))

    def action_undo(self) -> None:
        self.area.undo()

    def action_done(self) -> None:
        self._keep()
        self.end(self.area.text)

    def on_unmount(self) -> None:
        self._keep()

    def _keep(self) -> None:
        if self.area.text != self._saved:
            self._saved = self.area.text
            self._save(self._saved)


class Sheet(TextArea):
    """Fields with a line each, an empty line, and a text; `heard` is the last key."""

    # As terminals without modifiers in numbers send Alt with an arrow, and as emacs has them.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+b,alt+left", "cursor_word_left"),
        Binding("alt+f,alt+right", "cursor_word_right"),
        Binding("alt+backspace", "delete_word_left"),
    ]

    heard: events.Key | None = None

    def _on_key(self, event: events.Key) -> None:  # type: ignore[override]  # called besides it
        """Enter leads from field to field; no key breaks one, or puts text right below them."""
        self.heard = event
        row, border = self.cursor_location[0], self._border
        if row < border and event.key == "enter":
            event.stop()
            event.prevent_default()
            if row + 1 < border:
                self.move_cursor((row + 1, len(self.document.get_line(row + 1))))
            else:
                self._enter_text()
        elif row == border and (event.is_printable or event.key == "enter"):
            self._enter_text()
            if event.key == "enter":
                event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:  # type: ignore[override]  # called besides it
        row, border = self.cursor_location[0], self._border
        if row < border:
            event.prevent_default()
            pasted = self.replace(" ".join(event.text.split()), *self.selection)
            self.move_cursor(pasted.end_location)
        elif row == border:
            self._enter_text()

    @property
    def _border(self) -> int:
        """The row of the first empty line."""
        count = self.document.line_count
        rows = range(count)
        return next((row for row in rows if not self.document.get_line(row)), count)

    def _enter_text(self) -> None:
        border = self._border
        while border + 1 >= self.document.line_count:
            self.insert("\n", self.document.end)
        self.move_cursor((border + 1, 0))


def first_caret(text: str) -> tuple[int, int]:
    """Where one begins to type: at the missing recipient, else above what is quoted.

    Where something was written already it goes on: at the end, or at the end of what stands
    above the quotation.
    """
    lines = text.split("\n")
    row = lines.index("") + 1 if "" in lines else 0
    missing = next((n for n, line in enumerate(lines[:row]) if line.rstrip() == "To:"), None)
    if missing is not None:
        return missing, len(lines[missing])
    if row >= len(lines) or not lines[row]:
        return min(row, len(lines) - 1), 0
    quoted = next((n for n in range(row, len(lines)) if lines[n].startswith(">")), None)
    if quoted is None or any(line and line[0] != ">" for line in lines[quoted:]):
        return len(lines) - 1, len(lines[-1])
    # The line before says who wrote.
    own = [n for n in range(row, quoted - 1) if lines[n].strip()]
    return (own[-1], len(lines[own[-1]])) if own else (row, 0)
