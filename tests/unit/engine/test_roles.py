"""Which mailbox serves which purpose."""

import pytest

from tuimail.engine.roles import mailbox_for
from tuimail.model.mail import INBOX, AccountName, Mailbox, MailboxName, Role

WORK = AccountName("work")


def box(name: str, role: Role = Role.NONE, delimiter: str = "/") -> Mailbox:
    return Mailbox(WORK, MailboxName(name), role, 0, 0, delimiter=delimiter)


INBOX_ITSELF = box(INBOX, Role.INBOX)


def test_the_users_word_comes_first() -> None:
    mailboxes = [INBOX_ITSELF, box("Trash", Role.TRASH)]
    chosen = {Role.TRASH: MailboxName("Bin")}
    assert mailbox_for(Role.TRASH, mailboxes, chosen) == "Bin"


def test_then_what_the_server_says() -> None:
    mailboxes = [INBOX_ITSELF, box("Trash"), box("Müll", Role.TRASH)]
    assert mailbox_for(Role.TRASH, mailboxes, {}) == "Müll"


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.TRASH, "Deleted Items"),
        (Role.JUNK, "spam"),
        (Role.ARCHIVE, "Archives"),
        (Role.ARCHIVE, "[Gmail]/All Mail"),
        (Role.SENT, "Sent Items"),
        (Role.DRAFTS, "drafts"),
    ],
)
def test_then_the_usual_names(role: Role, name: str) -> None:
    assert mailbox_for(role, [INBOX_ITSELF, box("Lists"), box(name)], {}) == name


def test_then_the_name_that_will_be_created() -> None:
    assert mailbox_for(Role.ARCHIVE, [INBOX_ITSELF, box("Lists")], {}) == "Archive"


def test_below_the_inbox_where_all_mailboxes_are() -> None:
    mailboxes = [INBOX_ITSELF, box("INBOX.Lists", delimiter="."), box("INBOX.Spam", delimiter=".")]
    assert mailbox_for(Role.ARCHIVE, mailboxes, {}) == "INBOX.Archive"
    assert mailbox_for(Role.JUNK, mailboxes, {}) == "INBOX.Spam"


def test_a_mailbox_that_cannot_be_selected_serves_no_purpose() -> None:
    shell = Mailbox(WORK, MailboxName("Trash"), Role.TRASH, 0, 0, selectable=False)
    deleted = box("Deleted Items")
    assert mailbox_for(Role.TRASH, [shell, deleted], {}) == "Deleted Items"
