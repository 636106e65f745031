"""Which mailbox a key goes to: as servers mark it, else by its usual name."""

import pytest

from tuimail.model.mail import INBOX, AccountName, Mailbox, MailboxName, Role
from tuimail.ui.folders import serving

WORK, HOME = AccountName("work"), AccountName("home")


def box(name: str, role: Role = Role.NONE, account: AccountName = WORK) -> Mailbox:
    delimiter = "." if "." in name else "/"
    return Mailbox(account, MailboxName(name), role, 0, 0, delimiter=delimiter)


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.DRAFTS, "Drafts"),
        (Role.DRAFTS, "Entwürfe"),
        (Role.DRAFTS, "INBOX.Drafts"),
        (Role.SENT, "Sent Items"),
        (Role.TRASH, "Papierkorb"),
    ],
)
def test_without_a_mark_the_usual_name_serves(role: Role, name: str) -> None:
    mailboxes = [box(INBOX), box("Lists"), box(name)]
    assert [each.name for each in serving(role, mailboxes)] == [name]


def test_a_mark_goes_before_a_name_in_its_own_account_alone() -> None:
    mailboxes = [
        box(INBOX),
        box("Drafts"),
        box("Half written", Role.DRAFTS),
        box(INBOX, account=HOME),
        box("Drafts", account=HOME),
    ]
    found = [(each.account, each.name) for each in serving(Role.DRAFTS, mailboxes)]
    assert found == [(WORK, "Half written"), (HOME, "Drafts")]


def test_what_is_not_there_is_not_found() -> None:
    assert serving(Role.DRAFTS, [box(INBOX), box("Lists")]) == []
    assert [each.name for each in serving(Role.INBOX, [box(INBOX), box("Lists")])] == [INBOX]
