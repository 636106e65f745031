"""The first and the last line as text: where we are, and what just happened. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from tuimail.ui.cells import cut, width
from tuimail.ui.rows import Span
from tuimail.ui.theme import Tone


class Standing(NamedTuple):
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


def bottom_line(words: Sequence[Span], right: Sequence[Span], cells: int) -> list[Span]:
    """What was said, and at the right end what is going on or can be done."""
    blank = Span(" " * max(0, cells - 2 - _cells(words) - _cells(right)), Tone.BAR)
    return [Span(" ", Tone.BAR), *words, blank, *right, Span(" ", Tone.BAR)]


def room_beside(words: Sequence[Span], cells: int) -> int:
    """How many cells the right end of the last line has."""
    return cells - 4 - _cells(words)


def said(words: Sequence[Span], cells: int, ellipsis: str) -> list[Span]:
    """What happened, in at most `cells` cells."""
    spans = []
    for text, tone in words:
        shown = cut(text, cells, ellipsis)
        spans.append(Span(shown, tone))
        cells -= width(shown)
    return spans


def hint_spans(hints: Sequence[tuple[str, str]], cells: int) -> list[Span]:
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


def _cells(spans: Sequence[Span]) -> int:
    return sum(width(span.text) for span in spans)
