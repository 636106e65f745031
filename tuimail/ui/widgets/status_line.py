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
from tuimail.ui.cells import width
from tuimail.ui.progress import Work, work_spans
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget

# What went wrong stays so long, whatever is typed.
_TO_READ = 1.5


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
        self._keeps = False
        self._stays = False
        self._topic = ""
        self._said_at = 0.0
        self.hints: list[tuple[str, str]] = []
        self.work: list[Work] = []
        self.prompt: list[Span] | None = None

    @property
    def ground(self) -> Tone:
        return Tone.BAR

    def say(
        self,
        *words: Span,
        holds: bool = False,
        keeps: bool = False,
        stays: bool = False,
        topic: str = "",
    ) -> None:
        """Tell this; `holds` if no news should take its place, `keeps` if no key either, `stays`
        if it may be told while keys are typed, `topic` is the trouble that it tells of."""
        self.words, self.holds, self._keeps, self._stays = list(words), holds, keeps, stays
        self._topic = topic
        self._said_at = monotonic()
        self.redraw()

    def hush(self) -> None:
        """A key was typed: what was told before is past, unless nobody can have read it yet."""
        unread = self._stays and monotonic() - self._said_at < _TO_READ
        if self.words and not self._keeps and not unread:
            self.say()

    @property
    def counts(self) -> bool:
        """Whether it says how soon a letter leaves."""
        return bool(self.words) and self.words[0].text.startswith("Sending in ")

    def over(self, topic: str) -> None:
        """This trouble is over: its words go."""
        if topic and topic == self._topic:
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
        right = hint_spans(self.hints, room)
        if self.work:
            # However long it takes, the way to the keys is shown.
            help_key = hint_spans(self.hints[-1:], room)
            room -= sum(width(span.text) for span in help_key)
            right = [*work_spans(self.work[0], monotonic(), room, glyphs), *help_key]
        return bottom_line(left, right, cells)
