"""A page of a form: what stands on it, how keys change it, and how it is laid out; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from tuimail.ui.cells import settle, wrap
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.rows import Span
from tuimail.ui.theme import Tone

_LABEL = 16
_INDENT = 2


class Item:
    """Something on a page; `label` stands before it, `hint` is shown while it has the focus."""

    focusable = True

    def __init__(self, key: str = "", label: str = "", hint: str = "") -> None:
        self.key = key
        self.label = label
        self.hint = hint
        self.error = ""
        self.shown = True

    def press(self, name: str) -> bool:
        """Carry out a key; False if it is none for this item."""
        return False

    def lines(self, cells: int, *, focused: bool) -> Iterator[list[Span]]:
        """What it says, in lines of at most `cells` cells."""
        raise NotImplementedError


class Prose(Item):
    """Running text of ours or safe text."""

    focusable = False

    def __init__(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        super().__init__()
        self._text = text
        self._tone = tone

    def lines(self, cells: int, *, focused: bool) -> Iterator[list[Span]]:
        """The text and an empty line; of no text just that."""
        for row in wrap(settle(self._text), cells - 2) if self._text else ():
            yield [Span(f" {row}", self._tone)]
        yield []


class Field(Item):
    """A line to type in."""

    def __init__(
        self, key: str, label: str, hint: str, text: str = "", *, secret: bool = False
    ) -> None:
        super().__init__(key, label, hint)
        self.edit = LineEdit(text, secret=secret)

    def fill(self, text: str) -> None:
        self.edit = LineEdit(text, secret=self.edit.secret)

    def press(self, name: str) -> bool:
        self.error = ""
        return self.edit.key(name)

    def lines(self, cells: int, *, focused: bool) -> Iterator[list[Span]]:
        yield from _question(self.label, cells)
        lead = _label(self.label, focused=focused)
        value = self.edit.spans("", cells - len(lead.text))[1:]
        if not focused:
            value = [Span(span.text, Tone.PLAIN) for span in value]
        yield [lead, *value]


class Option(Item):
    """A choice among a few; left and right change it."""

    def __init__(self, key: str, label: str, hint: str, choices: Sequence[tuple[Any, str]]) -> None:
        super().__init__(key, label, hint)
        self._choices = choices
        self._index = 0

    @property
    def value(self) -> Any:
        return self._choices[self._index][0]

    def press(self, name: str) -> bool:
        step = {"Left": -1, "Right": 1, "Space": 1}.get(name)
        if step is None:
            starts = [words[0] == name for _, words in self._choices]
            if starts.count(True) != 1:
                return False
            self._index = starts.index(True)
            return True
        self._index = (self._index + step) % len(self._choices)
        return True

    def lines(self, cells: int, *, focused: bool) -> Iterator[list[Span]]:
        yield from _question(self.label, cells)
        lead = _label(self.label, focused=focused)
        tone = Tone.STRONG if focused else Tone.PLAIN
        rows = wrap(self._choices[self._index][1], cells - len(lead.text) - 5)
        for row in rows:
            arrows = "  < >" if focused and row is rows[-1] else ""
            yield [lead, Span(row, tone), Span(arrows, Tone.DIM)]
            lead = Span(" " * len(lead.text), Tone.PLAIN)


class Button(Item):
    """Does what it says on Enter."""

    def lines(self, cells: int, *, focused: bool) -> Iterator[list[Span]]:
        mark = "> " if focused else "  "
        tone = Tone.STRONG if focused else Tone.PLAIN
        for number, row in enumerate(wrap(settle(self.label), cells - 4)):
            yield [Span(" " + (mark if number == 0 else "  "), Tone.ACCENT), Span(row, tone)]


def _label(text: str, *, focused: bool) -> Span:
    mark = "> " if focused else "  "
    shown = "  " if _is_question(text) else text.ljust(_LABEL - _INDENT)
    return Span(mark + shown, Tone.STRONG if focused else Tone.DIM)


def _is_question(label: str) -> bool:
    return len(label) >= _LABEL - _INDENT


def _question(label: str, cells: int) -> Iterator[list[Span]]:
    """A label that is too long to stand beside its answer stands above it."""
    if _is_question(label):
        for row in wrap(label, cells - 2):
            yield [Span(f" {row}", Tone.PLAIN)]


class Pressed(Enum):
    """What a key did to a page."""

    NOTHING = auto()
    CHANGED = auto()
    DONE = auto()


class Laid(NamedTuple):
    """A line of a page, and which item it belongs to."""

    spans: list[Span]
    item: Item


@dataclass(slots=True)
class _View:
    """Which lines are in sight."""

    top: int = 0
    cells: int = 80
    height: int = 20


class Page:
    """Items under each other, one of which has the focus.

    A key that meets a focus out of sight brings it into sight and does nothing else, so that
    nobody answers what they have not seen.
    """

    def __init__(self, title: str, items: Sequence[Item], focus: str = "") -> None:
        self.title = title
        self.items = items
        focusable = [item for item in items if item.focusable]
        self.focus = next((item for item in focusable if item.key == focus), focusable[0])
        self._view = _View()

    def item(self, key: str) -> Item:
        return next(item for item in self.items if item.key == key)

    def resize(self, cells: int, height: int) -> None:
        self._view.cells, self._view.height = cells, max(1, height)
        self._view.top = min(self._view.top, max(0, len(self._lines()) - self._view.height))

    @property
    def visible(self) -> list[list[Span]]:
        lines = self._lines()
        return [laid.spans for laid in lines[self._view.top : self._view.top + self._view.height]]

    @property
    def is_focus_seen(self) -> bool:
        start, end = self._place()
        top, height = self._view.top, self._view.height
        return top <= start and (end <= top + height or end - start > height)

    def press(self, name: str) -> Pressed:
        """Carry out a key on the page."""
        if name in {"PgUp", "PgDn"}:
            self._scroll(self._view.height if name == "PgDn" else -self._view.height)
            return Pressed.CHANGED
        if not self.is_focus_seen:
            self._approach()
            return Pressed.CHANGED
        if name == "Enter" and isinstance(self.focus, Button):
            return Pressed.DONE
        step = {"Down": 1, "Tab": 1, "Enter": 1, "Up": -1, "S-Tab": -1}.get(name)
        if step is not None:
            self._move(step)
        elif not self.focus.press(name):
            return Pressed.NOTHING
        self.follow()
        return Pressed.CHANGED

    def paste(self, text: str) -> None:
        """Into the field in focus."""
        if isinstance(self.focus, Field):
            self.focus.error = ""
            self.focus.edit.insert(text)
            self.follow()

    def blame(self, key: str, sentence: str) -> None:
        """Say beside an item what is wrong with it; the first one gets the focus."""
        if not self.is_blamed:
            self.focus = self.item(key)
        self.item(key).error = sentence

    def forgive(self) -> None:
        for item in self.items:
            item.error = ""

    @property
    def is_blamed(self) -> bool:
        return any(item.error for item in self.items)

    def follow(self) -> None:
        """Bring the focus into sight, with what stands above the first item."""
        start, end = self._place()
        if self.focus is self._stops()[0] and end <= self._view.height:
            start = 0
        top = max(self._view.top, end - self._view.height)
        self._view.top = max(0, min(top, start))

    def _stops(self) -> list[Item]:
        return [item for item in self.items if item.focusable and item.shown]

    def _move(self, step: int) -> None:
        stops = self._stops()
        at = stops.index(self.focus) + step
        self.focus = stops[max(0, min(at, len(stops) - 1))]

    def _approach(self) -> None:
        """Go towards the focus, by no more than what can be read at once."""
        before = self._view.top
        self.follow()
        height = self._view.height
        self._view.top = max(before - height, min(self._view.top, before + height))

    def _scroll(self, lines: int) -> None:
        last = max(0, len(self._lines()) - self._view.height)
        self._view.top = max(0, min(self._view.top + lines, last))

    def _place(self) -> tuple[int, int]:
        """The lines of the focus, from and to."""
        numbers = [number for number, laid in enumerate(self._lines()) if laid.item is self.focus]
        return numbers[0], numbers[-1] + 1

    def _lines(self) -> list[Laid]:
        cells = self._view.cells
        lines: list[Laid] = []
        for item in self.items:
            if not item.shown:
                continue
            focused = item is self.focus
            lines += [Laid(spans, item) for spans in item.lines(cells, focused=focused)]
            lines += [Laid(spans, item) for spans in _error(item.error, cells)]
        return lines


def _error(sentence: str, cells: int) -> Iterator[list[Span]]:
    if sentence:
        for row in wrap(settle(sentence), cells - _LABEL - 1):
            yield [Span(" " * _LABEL + row, Tone.WARN)]
