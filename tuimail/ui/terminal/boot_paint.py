"""The first screen, drawn from values before there is any widget. Pure.

It is what the main screen draws first: the same lines in the same panes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tuimail.model.mail import Mailbox, Message
from tuimail.model.safe_text import safe_line
from tuimail.ui.arrangement import BOXES_WIDTH, arrange
from tuimail.ui.bars import Standing, bottom_line, hint_spans, room_beside, said, standing_line
from tuimail.ui.boxes import drawn, mailbox_lines
from tuimail.ui.cells import settle, width
from tuimail.ui.folders import accounts_of, inboxes, inboxes_line, inboxes_title, nothing_in
from tuimail.ui.rows import RowState, Span, divide, row
from tuimail.ui.terminal.depth import ALL, downgraded
from tuimail.ui.terminal.frame import Frame, Run
from tuimail.ui.terminal.style import Style
from tuimail.ui.theme import Looks, Tone


class Opening(NamedTuple):
    """What the first screen shows: `newest` are the first messages of all inboxes, `title`
    and `notice` what the program itself has to say, `hints` the keys of the last line."""

    mailboxes: Sequence[Mailbox]
    newest: Sequence[Message]
    hints: Sequence[tuple[str, str]] = ()
    title: str = ""
    notice: str = ""


class Canvas(NamedTuple):
    """What it is drawn on: `colours` is how many the terminal has; `brief` is for slow ones."""

    width: int
    height: int
    looks: Looks
    colours: int = ALL
    brief: bool = False


def first_frame(opening: Opening, canvas: Canvas, now: datetime) -> Frame:
    """The whole screen."""
    frame = Frame(canvas.width, canvas.height)
    accounts = accounts_of(opening.mailboxes)
    left = BOXES_WIDTH if arrange(canvas.width, canvas.height).boxes else 0
    top = standing_line(_standing(opening, len(accounts)), canvas.width)
    frame.put(0, 0, _runs(canvas, top, canvas.width, Tone.BAR))
    if left:
        lines = mailbox_lines(opening.mailboxes)
        opened = inboxes_line(accounts)
        glyphs = canvas.looks.glyphs
        boxes = [drawn(line, opened, left, glyphs) for line in lines]
        _pane(frame, canvas, (0, left), boxes)
    cells = canvas.width - left
    places = len(accounts) > 1
    rows = _list(opening, canvas, cells, now, places=places)
    bar = 0 if opening.newest and not canvas.looks.arrow else None
    _pane(frame, canvas, (left, cells), rows, bar)
    bottom = _bottom(opening, canvas)
    frame.put(0, canvas.height - 1, _runs(canvas, bottom, canvas.width, Tone.BAR))
    return frame


def _standing(opening: Opening, accounts: int) -> Standing:
    shown = inboxes(opening.mailboxes)
    return Standing(
        mailbox=inboxes_title(accounts),
        position=1 if opening.newest else 0,
        total=sum(mailbox.total for mailbox in shown),
        unread=sum(mailbox.unread for mailbox in shown),
        account=opening.title,
    )


def _list(
    opening: Opening, canvas: Canvas, cells: int, now: datetime, *, places: bool
) -> list[list[Span]]:
    glyphs = canvas.looks.glyphs
    if not opening.newest:
        words = nothing_in(inboxes(opening.mailboxes))
        return [[], [Span("   " + words, Tone.DIM)]]
    columns = divide(cells, places=places, brief=canvas.brief)
    return [
        row(
            message,
            columns,
            RowState(cursor=y == 0, place=settle(safe_line(message.account)) if places else ""),
            glyphs,
            now,
        )
        for y, message in enumerate(opening.newest[: max(0, canvas.height - 2)])
    ]


def _bottom(opening: Opening, canvas: Canvas) -> list[Span]:
    ellipsis = canvas.looks.glyphs.ellipsis
    spans = [Span(settle(opening.notice), Tone.BAR_STRONG)] if opening.notice else []
    words = said(spans, canvas.width - 2, ellipsis)
    hints = hint_spans(opening.hints, room_beside(words, canvas.width))
    return bottom_line(words, hints, canvas.width)


def _pane(
    frame: Frame,
    canvas: Canvas,
    place: tuple[int, int],
    lines: Sequence[Sequence[Span]],
    bar: int | None = None,
) -> None:
    """Draw `lines`, and blank ones below, between the first and the last row of the screen.

    `place` is the column where the pane begins and its width, `bar` the line of the cursor.
    """
    x, cells = place
    for y in range(canvas.height - 2):
        line = lines[y] if y < len(lines) else []
        runs = _runs(canvas, line, cells, Tone.PLAIN, cursor=y == bar)
        frame.put(x, y + 1, runs)


def _runs(
    canvas: Canvas, spans: Sequence[Span], cells: int, ground: Tone, *, cursor: bool = False
) -> list[Run]:
    """A line of `cells` cells, its rest in the style of `ground`."""

    def look(tone: Tone) -> Style:
        return downgraded(canvas.looks.style(tone, cursor=cursor), canvas.colours)

    rest = cells - sum(width(text) for text, _ in spans)
    runs = [(text, look(tone)) for text, tone in spans]
    return [*runs, (" " * rest, look(ground))] if rest > 0 else runs
