"""New mail, told to whoever looks elsewhere; not too often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tuimail.model.mail import Mailbox, Role
from tuimail.ui.parts.desk import Desk

# A first sync or a busy list must not ring all the time.
_BETWEEN = timedelta(minutes=1)


class Counts(NamedTuple):
    """What counts as mail for us: all messages and the unread ones of all inboxes."""

    total: int
    unread: int


def counts_of(mailboxes: Sequence[Mailbox]) -> Counts:
    inboxes = [mailbox for mailbox in mailboxes if mailbox.role is Role.INBOX]
    return Counts(sum(box.total for box in inboxes), sum(box.unread for box in inboxes))


class Announcer:
    """Compares what is there with what was."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._last: datetime | None = None

    def announce(self, before: Counts, now: Counts) -> None:
        new = min(now.total - before.total, now.unread - before.unread)
        soon = self._last is not None and self._desk.now() - self._last < _BETWEEN
        if new > 0 and not soon:
            self._last = self._desk.now()
            what = "1 new message" if new == 1 else f"{new} new messages"
            self._desk.window.announce(f"tuimail: {what}")
