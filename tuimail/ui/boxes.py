"""The mailboxes as lines of a list. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from tuimail.model.mail import INBOX, Mailbox, MailboxId
from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import fit, settle, width
from tuimail.ui.folders import ordered, shown_name
from tuimail.ui.rows import Span
from tuimail.ui.theme import Glyphs, Tone


class Line(NamedTuple):
    """A mailbox, all inboxes, or the name of an account above its own.

    `closed`: the server does not let it be read; opened, its empty list says why.
    """

    words: str
    mailbox: MailboxId | None
    unread: int = 0
    heading: bool = False
    closed: bool = False


def mailbox_lines(mailboxes: Sequence[Mailbox]) -> list[Line]:
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
        closed = bool(mailbox.trouble)
        lines.append(Line(shown_name(mailbox), mailbox.id, mailbox.unread, closed=closed))
    return lines


def drawn(line: Line, opened: MailboxId | None, cells: int, glyphs: Glyphs) -> list[Span]:
    """A line in exactly `cells` cells, with what is unread at its end."""
    if line.heading:
        return [Span(" " + fit(line.words, cells - 1), Tone.DIM)]
    here = line.mailbox == opened
    count = f" {line.unread}" if line.unread else ""
    count += " !" if line.closed else ""
    tone = Tone.TITLE if here else Tone.STRONG if line.unread else Tone.PLAIN
    lead = glyphs.cursor if here else " "
    name = fit(line.words, cells - 4 - width(count), glyphs.ellipsis)
    return [Span(f"{lead} ", Tone.ACCENT), Span(name, tone), Span(count + "  ", tone)]
