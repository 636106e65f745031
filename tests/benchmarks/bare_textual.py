"""The yardstick: the least that a list in Textual can cost, without any mail."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList


class BareList(App[None]):
    """A thousand rows of Textual's own list."""

    BINDINGS: ClassVar[list[BindingType]] = [("j", "down", "Down")]

    def compose(self) -> ComposeResult:
        yield OptionList(*(f"row {number} of a thousand" for number in range(1000)))

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()


if __name__ == "__main__":
    BareList().run()
