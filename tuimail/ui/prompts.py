"""What the last line asks: a text, a choice, yes or no, a password."""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from tuimail.ui.cells import cut, settle, width
from tuimail.ui.choices import Choices
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.rows import Span
from tuimail.ui.theme import Tone
from tuimail.ui.widgets.picker import Picker
from tuimail.ui.widgets.status_line import BottomLine

GIVE_UP = frozenset({"Esc", "C-c", "C-g"})


@dataclass(slots=True)
class Prompt:
    """A question; `done` takes the text, or with `choices` what was picked.

    `complaint` says what was wrong the last time, until something is typed, as far as there is
    room. `one_line`: a paste of several lines is refused with a sentence, not joined. `leave`
    are keys that close it, besides the usual ones, as long as nothing is typed.
    """

    label: str
    done: Callable[[Any], None]
    complaint: str = ""
    edit: LineEdit = field(default_factory=LineEdit)
    choices: Choices[Any] | None = None
    title: str = ""
    tall: bool = False
    yes_or_no: bool = False
    one_line: bool = False
    cancelled: Callable[[], None] | None = None
    leave: Collection[str] = ()


class Prompts:
    """At most one question at a time, which takes every key; others wait for their turn."""

    def __init__(self, bottom: BottomLine, picker: Picker, room: Callable[[], int]) -> None:
        self._bottom = bottom
        self._picker = picker
        self._room = room
        self._waiting: deque[Prompt] = deque()
        self.current: Prompt | None = None

    def ask(self, prompt: Prompt) -> None:
        if self.current is not None:
            self._waiting.append(prompt)
            return
        self.current = prompt
        if prompt.choices is not None:
            self._picker.offer(prompt.title, prompt.choices, tall=prompt.tall, room=self._room())
        self._draw()

    def key(self, name: str) -> None:
        """Everything typed while a question is open comes here."""
        prompt = self.current
        if prompt is None:
            return
        if prompt.yes_or_no:
            self._close()
            if name in {"y", "Y"}:
                prompt.done(True)
        elif name in GIVE_UP or (name in {"Backspace", *prompt.leave} and not prompt.edit.text):
            self.cancel()
        elif name == "Enter":
            self._accept(prompt)
        elif prompt.choices is None or not self._step(prompt.choices, name):
            self._edit(prompt, name)

    def paste(self, text: str) -> None:
        prompt = self.current
        if prompt is None or prompt.yes_or_no:
            return
        if prompt.one_line and len(text.strip().splitlines()) > 1:
            self._bottom.ask([Span(f" {_ONE_LINE} ", Tone.BAR_WARN)])
            return
        prompt.edit.insert(text)
        self._changed(prompt)

    def cancel(self) -> None:
        prompt = self.current
        self._close()
        if prompt is not None and prompt.cancelled is not None:
            prompt.cancelled()

    def resize(self) -> None:
        """The screen has another size."""
        prompt = self.current
        if prompt is not None and prompt.choices is not None:
            self._picker.offer(prompt.title, prompt.choices, tall=prompt.tall, room=self._room())
        self._draw()

    def _accept(self, prompt: Prompt) -> None:
        if prompt.choices is None:
            self._close()
            prompt.done(prompt.edit.text)
            return
        choice = prompt.choices.current
        if choice is not None and not choice.heading:
            self._close()
            prompt.done(choice.value)

    def _step(self, choices: Choices[Any], name: str) -> bool:
        steps = {"Down": 1, "C-n": 1, "Tab": 1, "Up": -1, "C-p": -1, "S-Tab": -1}
        pages = {"PgDn": 1, "PgUp": -1}
        if name in steps:
            choices.step(steps[name])
        elif name in pages:
            choices.page(pages[name])
        else:
            return False
        self._picker.redraw()
        return True

    def _edit(self, prompt: Prompt, name: str) -> None:
        if prompt.edit.key(name):
            self._changed(prompt)

    def _changed(self, prompt: Prompt) -> None:
        prompt.complaint = ""
        if prompt.choices is not None:
            prompt.choices.filter(prompt.edit.text)
            self._picker.redraw()
        self._draw()

    def _draw(self) -> None:
        prompt = self.current
        if prompt is None:
            self._bottom.ask(None)
        elif prompt.yes_or_no:
            self._bottom.ask([Span(f" {settle(prompt.label)} ", Tone.BAR_WARN), _YES_OR_NO])
        else:
            cells, label = self._bottom.size.width, settle(prompt.label)
            room = cells - width(label) - max(_TO_TYPE, cells // 3)
            complaint = cut(settle(prompt.complaint), room, self._bottom.looks.glyphs.ellipsis)
            self._bottom.ask(prompt.edit.spans(f"{complaint} {label}".strip(), cells))

    def _close(self) -> None:
        self.current = None
        self._picker.leave()
        self._draw()
        if self._waiting:
            self.ask(self._waiting.popleft())


# Cells.
_TO_TYPE = 20
_ONE_LINE = "What was pasted has line breaks and was not put in; type on."
_YES_OR_NO = Span(" y yes, any other key no", Tone.BAR)
