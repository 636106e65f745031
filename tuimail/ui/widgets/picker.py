"""A list to pick from, drawn over the lower part of the screen."""

from collections.abc import Sequence
from typing import Any

from tuimail.ui.cells import cut, fit, width
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


class Picker(LineWidget):
    """Shows `Choices` under a title; the last line holds what is typed."""

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="picker")
        self.display = False
        self.title = ""
        self.choices: Choices[Any] = Choices([])
        self._column = 0

    def offer(self, title: str, choices: Choices[Any], *, tall: bool, room: int) -> None:
        """Appear with `choices`, as high as they need or, if `tall`, as there is room."""
        self.title, self.choices = title, choices
        wanted = room if tall else min(room, max(6, room * 3 // 5), len(choices.offered) + 1)
        self.styles.height = max(2, wanted)
        self._column = detail_column(choices.offered, self.app.size.width)
        choices.resize(max(2, wanted) - 1)
        self.display = True
        self.redraw()

    def leave(self) -> None:
        self.display = False

    def on_resize(self) -> None:
        self.choices.resize(self.size.height - 1)

    def is_cursor(self, y: int) -> bool:
        place = self.choices.top + y - 1
        return y > 0 and place == self.choices.index and self.choices.current is not None

    def line(self, y: int) -> list[Span]:
        cells = self.size.width
        if y == 0:
            return _title_line(self.title, cells, self.looks)
        place = self.choices.top + y - 1
        if place >= len(self.choices.matching):
            nothing = place == 0
            return [Span("   Nothing matches", Tone.DIM)] if nothing else []
        return choice_line(self.choices.matching[place], self._column, cells, self.looks)


def _title_line(title: str, cells: int, looks: Looks) -> list[Span]:
    rule = looks.glyphs.rule
    title = cut(title, cells - 6, looks.glyphs.ellipsis)
    rest = rule * max(0, cells - width(title) - 4)
    return [Span(rule * 2 + " ", Tone.DIM), Span(title, Tone.TITLE), Span(" " + rest, Tone.DIM)]


def choice_line(choice: Choice[Any], column: int, cells: int, looks: Looks) -> list[Span]:
    """Words, and from `column` on the detail."""
    ellipsis = looks.glyphs.ellipsis
    if choice.heading:
        return [Span(" " + cut(choice.words, cells - 2, ellipsis), Tone.ACCENT)]
    if not choice.detail:
        return [Span("   " + cut(choice.words, cells - 4, ellipsis), Tone.PLAIN)]
    words = fit(choice.words, column, ellipsis)
    detail = cut(choice.detail, max(0, cells - column - 6), ellipsis)
    return [Span("   " + words + "  ", Tone.PLAIN), Span(detail, Tone.DIM)]


def detail_column(choices: Sequence[Choice[Any]], cells: int) -> int:
    """Where details begin: after the longest words, if they leave a place."""
    longest = max((width(choice.words) for choice in choices if not choice.heading), default=0)
    return max(4, min(longest, cells - 24))
