"""The built-in editor, for those who have set none of their own."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from tuimail.ui.bars import Standing
from tuimail.ui.rows import Span
from tuimail.ui.screens.passing import PassingScreen
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.status_line import BottomLine, TopLine

_BETWEEN_SAVES = 10.0


class SheetScreen(PassingScreen[str], inherit_bindings=False):
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
        self.area.move_cursor(first_caret(self.area.text))
        self.set_interval(_BETWEEN_SAVES, self._keep)

    def action_done(self) -> None:
        self._keep()
        self.end(self.area.text)

    def on_unmount(self) -> None:
        self._keep()

    def _keep(self) -> None:
        if self.area.text != self._saved:
            self._saved = self.area.text
            self._save(self._saved)


def first_caret(text: str) -> tuple[int, int]:
    """Where one begins to type: at the missing recipient, else on an empty line for the text.

    Under a quotation that is the end, as Thunderbird has it.
    """
    lines = text.split("\n")
    row = lines.index("") + 1 if "" in lines else 0
    missing = next((n for n, line in enumerate(lines[:row]) if line.rstrip() == "To:"), None)
    if missing is not None:
        return missing, len(lines[missing])
    if row < len(lines) and not lines[row]:
        return row, 0
    return len(lines) - 1, len(lines[-1])
