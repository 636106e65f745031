"""Mailboxes with what is unread in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message as Notice

from tuimail.model.mail import INBOX, Mailbox, MailboxId
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import fit, settle, width
from tuimail.ui.folders import ordered, shown_name
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


@dataclass(frozen=True, slots=True)
class Line:
    """A mailbox, all inboxes, or the name of an account above its own."""

    words: str
    mailbox: MailboxId | None
    unread: int = 0
    heading: bool = False


class MailboxList(LineWidget):
    """One line each, by account; the open one is marked, the cursor shows when active."""

    class Chosen(Notice):
        def __init__(self, mailbox: MailboxId | None) -> None:
            super().__init__()
            self.mailbox = mailbox

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="mailboxes")
        self.display = False
        self.active = False
        self.opened: MailboxId | None = None
        self._lines: list[Line] = []
        self._index = 0
        self._top = 0

    @property
    def chosen(self) -> MailboxId | None:
        """What the cursor stands on; None means all inboxes."""
        return self._lines[self._index].mailbox if self._lines else None

    def show(self, mailboxes: Sequence[Mailbox], *, opened: MailboxId | None) -> None:
        """List these; the cursor stays on its mailbox."""
        lines = _lines(mailboxes)
        if lines == self._lines and opened == self.opened:
            return
        standing_on = self.chosen if self.active else opened
        before, drawn = self._lines, (self.opened, self._index, self._top)
        self._lines, self.opened = lines, opened
        self._stand_on(standing_on)
        if drawn != (self.opened, self._index, self._top) or len(before) != len(lines):
            self.redraw()
        else:
            pairs = enumerate(zip(before, lines, strict=True))
            self.redraw(place - self._top for place, (old, new) in pairs if old != new)

    def activate(self, *, active: bool) -> None:
        """Take the cursor, on the open mailbox, or give it up."""
        self.active = active
        if active:
            self._stand_on(self.opened)
        self.redraw()

    def open(self, mailbox: MailboxId | None) -> None:
        self.opened = mailbox
        self._stand_on(mailbox)
        self.redraw()

    def move_to(self, index: int) -> None:
        step = 1 if index >= self._index else -1
        index = max(0, min(index, len(self._lines) - 1))
        while 0 <= index < len(self._lines) and self._lines[index].heading:
            index += step
        if 0 <= index < len(self._lines):
            self._index = index
        self._keep_in_sight()
        self.redraw()

    def move_by(self, count: int) -> None:
        self.move_to(self._index + count)

    def last(self) -> None:
        self.move_to(len(self._lines) - 1)

    def _stand_on(self, mailbox: MailboxId | None) -> None:
        places = [
            index
            for index, line in enumerate(self._lines)
            if not line.heading and line.mailbox == mailbox
        ]
        self._index = places[0] if places else min(self._index, max(0, len(self._lines) - 1))
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        height = max(1, self.size.height)
        if not self._top <= self._index < self._top + height:
            self._top = max(0, self._index - height // 2)
        self._top = min(self._top, max(0, len(self._lines) - height))

    def on_resize(self) -> None:
        self._keep_in_sight()

    def is_cursor(self, y: int) -> bool:
        return self.active and self._top + y == self._index

    def line(self, y: int) -> list[Span]:
        place = self._top + y
        cells = self.size.width
        if place >= len(self._lines):
            return []
        line = self._lines[place]
        if line.heading:
            return [Span(" " + fit(line.words, cells - 1), Tone.DIM)]
        here = line.mailbox == self.opened
        count = f" {line.unread}" if line.unread else ""
        tone = Tone.TITLE if here else Tone.STRONG if line.unread else Tone.PLAIN
        lead = self.looks.glyphs.cursor if here else " "
        name = fit(line.words, cells - 4 - width(count), self.looks.glyphs.ellipsis)
        return [Span(f"{lead} ", Tone.ACCENT), Span(name, tone), Span(count + "  ", tone)]

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y
        if place < len(self._lines) and not self._lines[place].heading:
            self.post_message(self.Chosen(self._lines[place].mailbox))

    def on_mouse_scroll_down(self) -> None:
        self.move_by(3)

    def on_mouse_scroll_up(self) -> None:
        self.move_by(-3)


def _lines(mailboxes: Sequence[Mailbox]) -> list[Line]:
    """Mailboxes in order; several accounts have headings, and all their inboxes one line."""
    shown = [mailbox for mailbox in ordered(mailboxes) if mailbox.selectable]
    several = len({mailbox.account for mailbox in shown}) > 1
    lines = []
    if several:
        unread = sum(mailbox.unread for mailbox in shown if mailbox.name == INBOX)
        lines.append(Line("All inboxes", None, unread))
    account = None
    for mailbox in shown:
        if several and mailbox.account != account:
            account = mailbox.account
            lines.append(Line(settle(safe_line(account, 60)), None, heading=True))
        lines.append(Line(shown_name(mailbox), mailbox.id, mailbox.unread))
    return lines
