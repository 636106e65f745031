"""Mailboxes with what is unread in them."""

from collections.abc import Sequence

from textual import events
from textual.message import Message as Notice

from tuimail.model.mail import Mailbox, MailboxId
from tuimail.ui.boxes import Line, drawn, mailbox_lines
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks
from tuimail.ui.widgets.line import LineWidget


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
        lines = mailbox_lines(mailboxes)
        if lines == self._lines and opened == self.opened:
            return
        standing_on = self.chosen if self.active else opened
        before, stood = self._lines, (self.opened, self._index, self._top)
        self._lines, self.opened = lines, opened
        self._stand_on(standing_on)
        if stood != (self.opened, self._index, self._top) or len(before) != len(lines):
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
        height = self.size.height
        if not height:  # hidden: fitted when it is shown
            return
        if not self._top <= self._index < self._top + height:
            self._top = max(0, self._index - height // 2)
        self._top = min(self._top, max(0, len(self._lines) - height))

    def fit(self) -> None:
        self._keep_in_sight()

    def is_cursor(self, y: int) -> bool:
        return self.active and self._top + y == self._index

    def line(self, y: int) -> list[Span]:
        place = self._top + y
        if place >= len(self._lines):
            return []
        return drawn(self._lines[place], self.opened, self.size.width, self.looks.glyphs)

    def on_click(self, event: events.Click) -> None:
        place = self._top + event.y
        if place < len(self._lines) and not self._lines[place].heading:
            self.post_message(self.Chosen(self._lines[place].mailbox))

    def on_mouse_scroll_down(self) -> None:
        self.move_by(3)

    def on_mouse_scroll_up(self) -> None:
        self.move_by(-3)
