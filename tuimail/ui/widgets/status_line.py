"""The first and the last line: where we are, and what just happened."""

from time import monotonic

from textual.geometry import Region

from tuimail.ui.bars import (
    Standing,
    bottom_line,
    hint_spans,
    room_beside,
    said,
    standing_line,
)
from tuimail.ui.progress import Work, work_spans
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


class TopLine(LineWidget):
    """Mailbox, place in it, what is marked and pending, connection."""

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="top")
        self.standing = Standing()

    @property
    def ground(self) -> Tone:
        return Tone.BAR

    def show(self, standing: Standing) -> None:
        """Redraw what differs."""
        if standing == self.standing:
            return
        self.standing = standing
        self.refresh(Region(0, 0, self.size.width, 1))

    def line(self, y: int) -> list[Span]:
        return standing_line(self.standing, self.size.width)


class BottomLine(LineWidget):
    """What was done last on the left, keys on the right; a prompt takes its place."""

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="bottom")
        self.words: list[Span] = []
        self.holds = False
        self._stays = False
        self.hints: list[tuple[str, str]] = []
        self.work: list[Work] = []
        self.prompt: list[Span] | None = None

    @property
    def ground(self) -> Tone:
        return Tone.BAR

    def say(self, *words: Span, holds: bool = False, stays: bool = False) -> None:
        """Tell this; `holds` if only what the user does should take its place, `stays` if it
        is not gone with the next key."""
        self.words, self.holds, self._stays = list(words), holds, stays or holds
        self.redraw()

    def hush(self) -> None:
        """A key was typed: what was told before is past, unless it stays."""
        if self.words and not self._stays:
            self.say()

    def remind(self, hints: list[tuple[str, str]]) -> None:
        """Show these keys."""
        if hints != self.hints:
            self.hints = hints
            self.redraw()

    def show_work(self, work: list[Work]) -> None:
        """Show instead of the keys what is being worked on."""
        if work or self.work:
            self.work = work
            self.redraw()

    def ask(self, prompt: list[Span] | None) -> None:
        """Show a question instead, or no more."""
        self.prompt = prompt
        self.redraw()

    def line(self, y: int) -> list[Span]:
        if self.prompt is not None:
            return self.prompt
        cells, glyphs = self.size.width, self.looks.glyphs
        left = said(self.words, cells - 2, glyphs.ellipsis)
        room = room_beside(left, cells)
        if self.work:
            right = work_spans(self.work[0], monotonic(), room, glyphs)
        else:
            right = hint_spans(self.hints, room)
        return bottom_line(left, right, cells)
