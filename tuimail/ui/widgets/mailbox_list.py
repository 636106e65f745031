"""Mailboxes with what is unread in them."""

from collections.abc import Sequence

from textual import events
from textual.message import Message as Notice

from tuimail.model.mail import Mailbox, MailboxId
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import fit, settle, width
from tuimail.ui.folders import ordered, shown_name
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone
from tuimail.ui.widgets.line import LineWidget


class MailboxList(LineWidget):
    """One line each, by account; the open one is marked, the cursor shows when active."""

    class Chosen(Notice):
        def __init__(self, mailbox: MailboxId) -> None:
            super().__init__()
            self.mailbox = mailbox

    def __init__(self, looks: Looks) -> None:
        super().__init__(looks, id="mailboxes")
        self.display = False
        self.active = False
        self.opened: MailboxId | None = None
        self._lines: list[Mailbox | str] = []
        self._index = 0
        self._top = 0

    @property
    def current(self) -> Mailbox | None:
        line = self._lines[self._index] if self._index < len(self._lines) else None
        return line if isinstance(line, Mailbox) else None

    def show(self, mailboxes: Sequence[Mailbox]) -> None:
        """List these; the cursor stays on its mailbox."""
        standing_on = self.current.id if self.current else self.opened
        lines = _lines(mailboxes)
        if lines == self._lines:
            return
        self._lines = lines
        self._stand_on(standing_on)
        self.redraw()

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
        while 0 <= index < len(self._lines) and not isinstance(self._lines[index], Mailbox):
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
            if isinstance(line, Mailbox) and (mailbox is None or line.id == mailbox)
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
        return self.active and self._top + y == self._index and self.current is not None

    def line(self, y: int) -> list[Span]:
        place = self._top + y
        cells = self.size.width
        if place >= len(self._lines):
            return []
        line = self._lines[place]
        if isinstance(line, str):
            return [Span(" " + fit(line, cells - 1), Tone.DIM)]
        return self._mailbox_line(line, cells)

    def _mailbox_line(self, mailbox: Mailbox, cells: int) -> list[Span]:
        here = mailbox.id == self.opened
        count = f" {mailbox.unread}" if mailbox.unread else ""
        tone = Tone.TITLE if here else Tone.STRONG if mailbox.unread else Tone.PLAIN
        lead = self.looks.glyphs.cursor if here else " "
        name = fit(shown_name(mailbox), cells - 4 - width(count), self.looks.glyphs.ellipsis)
        return [Span(f"{lead} ", Tone.ACCENT), Span(name, tone), Span(count + "  ", tone)]

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y
        if place < len(self._lines) and isinstance(line := self._lines[place], Mailbox):
            self.post_message(self.Chosen(line.id))

    def on_mouse_scroll_down(self) -> None:
        self.move_by(3)

    def on_mouse_scroll_up(self) -> None:
        self.move_by(-3)


def _lines(mailboxes: Sequence[Mailbox]) -> list[Mailbox | str]:
    """Mailboxes in order, under their account's name where there are several."""
    lines: list[Mailbox | str] = []
    accounts = {mailbox.account for mailbox in mailboxes}
    account = None
    for mailbox in ordered(mailboxes):
        if not mailbox.selectable:
            continue
        if len(accounts) > 1 and mailbox.account != account:
            account = mailbox.account
            lines.append(settle(safe_line(account, 60)))
        lines.append(mailbox)
    return lines
