"""The first and the last line: where we are, and what just happened."""

from dataclasses import dataclass
from time import monotonic

from textual.geometry import Region

from tuimail.ui.cells import cut, width
from tuimail.ui.progress import Work, work_spans
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first line tells; words are settled, empty ones are left out."""

    mailbox: str = ""
    position: int = 0
    total: int = 0
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
    """The first line; the right side gives way first where it is narrow."""
    left = [Span(f" {standing.mailbox} ", Tone.BAR_STRONG)]
    left.append(Span(f"{standing.position}/{standing.total}", Tone.BAR))
    if standing.unread:
        left.append(Span(f"  {standing.unread} unread", Tone.BAR))
    if standing.limit:
        left.append(Span(f"  {standing.limit}", Tone.KEY))
    room = cells - sum(width(span.text) for span in left) - 1
    right: list[Span] = []
    for span in _right(standing):
        if width(span.text) + 2 > room:
            continue
        right.append(Span("  " + span.text, span.tone))
        room -= width(span.text) + 2
    blank = Span(" " * max(0, room), Tone.BAR)
    return [*left, blank, *right, Span(" ", Tone.BAR)]


def _right(standing: Standing) -> list[Span]:
    spans = []
    if standing.read:
        spans.append(Span(standing.read, Tone.BAR_STRONG))
    if standing.marked:
        spans.append(Span(f"{standing.marked} marked", Tone.BAR_STRONG))
    if standing.parked:
        spans.append(Span(f"{standing.parked} refused", Tone.BAR_WARN))
    if standing.pending:
        spans.append(Span(f"{standing.pending} pending", Tone.BAR))
    if standing.account:
        spans.append(Span(standing.account, Tone.BAR))
    if standing.connection:
        tone = Tone.BAR_WARN if standing.troubled else Tone.BAR
        spans.append(Span(standing.connection, tone))
    return spans


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
        self.hints: list[tuple[str, str]] = []
        self.work: list[Work] = []
        self.prompt: list[Span] | None = None

    @property
    def ground(self) -> Tone:
        return Tone.BAR

    def say(self, *words: Span) -> None:
        self.words = list(words)
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
