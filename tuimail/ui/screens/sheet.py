"""The built-in editor, for those who have set none of their own."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import TextArea

from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.status_line import BottomLine, Standing, TopLine

_BETWEEN_SAVES = 10.0


class SheetScreen(Screen[str], inherit_bindings=False):
    """Fields and text to edit; `save` is called with them now and then, and at any end."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+x,ctrl+s,escape", "done", priority=True)]

    def __init__(self, text: str, looks: Looks, save: Callable[[str], None]) -> None:
        super().__init__()
        self._save = save
        self._saved = text
        self.top = TopLine(looks)
        self.bottom = BottomLine(looks)
        self.area = TextArea(text, id="sheet", soft_wrap=True, tab_behavior="indent")

    def compose(self) -> ComposeResult:
        yield self.top
        yield self.area
        yield self.bottom

    def on_mount(self) -> None:
        self.top.show(Standing("Write", total=None, account="not sent yet"))
        self.bottom.say(Span("Fields above the empty line, your text below it", Tone.BAR))
        self.bottom.remind([("C-x", "done")])
        self.area.focus()
        lines = self.area.text.split("\n")
        empty = next((n for n, line in enumerate(lines) if line in {"To:", "To: "}), None)
        row = lines.index("") + 1 if empty is None and "" in lines else (empty or 0)
        self.area.move_cursor((row, len(lines[row]) if row < len(lines) else 0))
        self.set_interval(_BETWEEN_SAVES, self._keep)

    def action_done(self) -> None:
        self._keep()
        self.dismiss(self.area.text)

    def on_unmount(self) -> None:
        self._keep()

    def _keep(self) -> None:
        if self.area.text != self._saved:
            self._saved = self.area.text
            self._save(self._saved)
