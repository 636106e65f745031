"""The first and the last line: where we are, and what just happened."""

from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from textual.geometry import Region

from tuimail.ui.cells import cut, width
from tuimail.ui.progress import Work, work_spans
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first line tells; words are settled, empty ones are left out.

    `total` is None while it is not known how much there is.
    """

    mailbox: str = ""
    position: int = 0
    total: int | None = 0
    unread: int = 0
    account: str = ""
    limit: str = ""
    read: str = ""
    marked: int = 0
    pending: int = 0
    parked: int = 0
    connection: str = ""
    troubled: bool = False


def standing_line(standing: Standing, cells: int) -> list[Span]:
    """The first line; where it is narrow, what matters least gives way."""
    place = [Span(f" {standing.mailbox} ", Tone.BAR_STRONG)]
    if standing.total is not None:
        place.append(Span(f"{standing.position}/{standing.total}", Tone.BAR))
    room = cells - _cells(place) - 1
    kept = set()
    for fact in sorted(_facts(standing), key=lambda fact: fact.rank):
        if width(fact.span.text) <= room:
            kept.add(fact.rank)
            room -= width(fact.span.text)
    facts = [fact for fact in _facts(standing) if fact.rank in kept]
    left = [fact.span for fact in facts if fact.left]
    right = [fact.span for fact in facts if not fact.left]
    return [*place, *left, Span(" " * max(0, room), Tone.BAR), *right, Span(" ", Tone.BAR)]


class Fact(NamedTuple):
    """A piece of the first line; the one of the highest rank gives way first."""

    rank: int
    span: Span
    left: bool = False


def _facts(standing: Standing) -> list[Fact]:
    """What there is to say, from left to right."""
    connection = Tone.BAR_WARN if standing.troubled else Tone.BAR
    facts = (
        Fact(5, Span(_counted(standing.unread, "unread"), Tone.BAR), left=True),
        Fact(2, Span(standing.limit, Tone.KEY), left=True),
        Fact(3, Span(standing.read, Tone.BAR_STRONG)),
        Fact(1, Span(_counted(standing.marked, "marked"), Tone.BAR_STRONG)),
        Fact(4, Span(_counted(standing.parked, "refused"), Tone.BAR_WARN)),
        Fact(6, Span(_counted(standing.pending, "pending"), Tone.BAR)),
        Fact(7, Span(standing.account, Tone.BAR)),
        Fact(0, Span(standing.connection, connection)),
    )
    return [
        fact._replace(span=Span("  " + fact.span.text, fact.span.tone))
        for fact in facts
        if fact.span.text
    ]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count else ""


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
        self.hints: list[tuple[str, str]] = []
        self.work: list[Work] = []
        self.prompt: list[Span] | None = None

    @property
    def ground(self) -> Tone:
        return Tone.BAR

    def say(self, *words: Span, holds: bool = False) -> None:
        """Tell this; `holds` if only what the user does should take its place."""
        self.words, self.holds = list(words), holds
        self.redraw()

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
        room = cells - 2 - _cells(left)
        if self.work:
            right = work_spans(self.work[0], monotonic(), room - 2, glyphs)
        else:
            right = hint_spans(self.hints, room - 2)
        blank = Span(" " * max(0, room - _cells(right)), Tone.BAR)
        return [Span(" ", Tone.BAR), *left, blank, *right, Span(" ", Tone.BAR)]


def said(words: list[Span], cells: int, ellipsis: str) -> list[Span]:
    """What happened, in at most `cells` cells."""
    spans = []
    for text, tone in words:
        shown = cut(text, cells, ellipsis)
        spans.append(Span(shown, tone))
        cells -= width(shown)
    return spans


def hint_spans(hints: list[tuple[str, str]], cells: int) -> list[Span]:
    """As many keys as there is room for; the last one, help, always before the others."""
    shown: list[tuple[str, str]] = []
    for hint in [*hints[-1:], *hints[:-1]]:
        needed = width(hint[0]) + width(hint[1]) + 3
        if needed > cells:
            break
        cells -= needed
        shown.append(hint)
    spans = []
    for key, word in [*shown[1:], *shown[:1]]:
        spans += [Span(f"  {key} ", Tone.KEY), Span(word, Tone.BAR)]
    return spans


def _cells(spans: list[Span]) -> int:
    return sum(width(span.text) for span in spans)
