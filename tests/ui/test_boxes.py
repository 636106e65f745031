"""The mailboxes as lines: their names, what is unread, and which cannot be read."""

from tuimail.model.mail import INBOX, AccountName, Mailbox, MailboxName, Role
from tuimail.model.safe_text import SafeText
from tuimail.ui.boxes import drawn, mailbox_lines
from tuimail.ui.folders import nothing_in
from tuimail.ui.theme import ASCII

WORK = AccountName("work")
REASON = SafeText("example.org refused to open Calendar: Internal error")


def box(name: str, unread: int = 0, trouble: SafeText = SafeText("")) -> Mailbox:
    return Mailbox(WORK, MailboxName(name), Role.NONE, 5, unread, trouble=trouble)


def test_a_mailbox_that_cannot_be_read_is_marked_and_says_why() -> None:
    calendar = box("Calendar", 3, REASON)
    lines = mailbox_lines([box(INBOX), calendar])
    texts = ["".join(span.text for span in drawn(line, None, 24, ASCII)) for line in lines]
    assert texts == ["  Inbox                 ", "  Calendar         3 !  "]
    assert nothing_in([calendar]) == f"This mailbox cannot be read: {REASON}"
    assert "cannot" not in nothing_in([box(INBOX), calendar])
