"""A message as one row of a list: pure, so that what is drawn can be tested as text."""

from datetime import datetime
from typing import NamedTuple

from tuimail.model.address import Address
from tuimail.model.mail import ANSWERED, FLAGGED, FORWARDED, Message
from tuimail.ui.cells import cut, fit, settle, width
from tuimail.ui.dates import LONG, SHORT, short_date
from tuimail.ui.theme import Glyphs, Tone

_SENDER_AT = 3
_ROOMY = 76


class Span(NamedTuple):
    """A piece of a line: settled text and what it means."""

    text: str
    tone: Tone


class Columns(NamedTuple):
    """How a list of some width is divided; `place` is 0 where no mailbox is shown.

    `brief` rows have no beginning of the text, which costs as many bytes as all the rest.
    """

    width: int
    sender: int
    subject: int
    place: int = 0
    date: int = SHORT
    brief: bool = False


class RowState(NamedTuple):
    """What the list knows about a row: `outgoing` shows who it went to, `place` where it is."""

    cursor: bool = False
    marked: bool = False
    outgoing: bool = False
    place: str = ""


def divide(total: int, *, places: bool = False, brief: bool = False) -> Columns:
    """The columns of a list `total` cells wide."""
    sender = max(8, min(28, total // 4))
    place = min(16, total // 8) if places and total >= 72 else 0
    date = LONG if total >= _ROOMY else SHORT
    fixed = _SENDER_AT + sender + 2 + 1 + 2 + 1 + date + 1
    subject = total - fixed - (place + 2 if place else 0)
    return Columns(total, sender, max(0, subject), place, date, brief)


def row(
    message: Message, columns: Columns, state: RowState, glyphs: Glyphs, now: datetime
) -> list[Span]:
    """Exactly `columns.width` cells: marks, who, what it is about, where, flags, when."""
    weight = Tone.STRONG if message.unread else Tone.PLAIN
    person, doubtful = _person(message, outgoing=state.outgoing)
    spans = [
        _lead(state, glyphs, weight),
        _sign(message, glyphs, weight, doubtful=doubtful),
        Span(" " + fit(person, columns.sender, glyphs.ellipsis) + "  ", weight),
        *_topic(message, columns, weight, glyphs),
    ]
    if columns.place:
        spans.append(Span("  " + fit(settle(state.place), columns.place), Tone.DIM))
    date = short_date(message.received, now, columns.date).rjust(columns.date)
    when = Tone.PLAIN if message.unread else Tone.DIM
    flagged = FLAGGED in message.flags
    attached = glyphs.attachment if message.attachments else " "
    spans += [
        Span(" ", when),
        Span(glyphs.flagged, Tone.WARN) if flagged else Span(" ", when),
        Span(f"{attached} {date} ", when),
    ]
    return spans


def empty_row(columns: Columns, state: RowState, glyphs: Glyphs) -> list[Span]:
    """A row whose message is still on its way from the disk."""
    return [_lead(state, glyphs, Tone.PLAIN), Span(" " * (columns.width - 1), Tone.PLAIN)]


def _lead(state: RowState, glyphs: Glyphs, blank: Tone) -> Span:
    if state.marked:
        return Span(glyphs.mark, Tone.CARET if state.cursor else Tone.MARK)
    return Span(glyphs.cursor, Tone.ACCENT) if state.cursor else Span(" ", blank)


def _sign(message: Message, glyphs: Glyphs, blank: Tone, *, doubtful: bool) -> Span:
    if doubtful:
        return Span(glyphs.doubtful, Tone.WARN)
    if message.unread:
        return Span(glyphs.unread, Tone.ACCENT)
    if ANSWERED in message.flags:
        return Span(glyphs.answered, Tone.DIM)
    if FORWARDED in message.flags:
        return Span(glyphs.forwarded, Tone.DIM)
    return Span(" ", blank)


def _person(message: Message, *, outgoing: bool) -> tuple[str, bool]:
    """Who to show, and whether the name is not to be believed (security.md M2)."""
    envelope = message.envelope
    people = (envelope.to or envelope.cc) if outgoing else envelope.from_
    if not people:
        return ("", False)
    first = people[0]
    if is_doubtful(first):
        return (f'{settle(first.address)} "{settle(first.name)}"', True)
    shown = settle(first.shown)
    if len(people) > 1:
        shown += f" +{len(people) - 1}"
    return (shown, False)


def is_doubtful(person: Address) -> bool:
    """Whether a name pretends to be another address than the real one."""
    return "@" in person.name and person.name.strip("\"'<> ").casefold() != (
        person.address.casefold()
    )


def _topic(message: Message, columns: Columns, weight: Tone, glyphs: Glyphs) -> list[Span]:
    """The subject and the beginning of the text, in exactly the cells that they have."""
    cells = columns.subject
    subject = settle(message.envelope.subject[: cells + 1]) or "(no subject)"
    subject = cut(subject, cells, glyphs.ellipsis)
    left = cells - width(subject)
    if columns.brief or not message.snippet or left < 8:
        return [Span(subject + " " * left, weight)]
    snippet = f" {glyphs.dot} " + settle(message.snippet[: left * 2])
    return [Span(subject, weight), Span(fit(snippet, left, glyphs.ellipsis), Tone.DIM)]
