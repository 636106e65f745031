"""Which mailbox of the server a mailbox here becomes."""

from tuimail.engine.upload import targets
from tuimail.model.mail import INBOX, MailboxName, Role
from tuimail.model.sync import ServerMailbox

SENT = ServerMailbox(MailboxName("Sent"), Role.SENT)
HOME = ServerMailbox(INBOX, Role.INBOX)
LIST = ServerMailbox(MailboxName("Lists/python"))


def there(name: str, role: Role = Role.NONE, delimiter: str = "/") -> ServerMailbox:
    return ServerMailbox(MailboxName(name), role, delimiter)


def test_a_role_counts_more_than_a_name() -> None:
    found = targets([HOME, SENT], [HOME, there("Sent"), there("Gesendet", Role.SENT)], {})
    assert found == {INBOX: INBOX, "Sent": "Gesendet"}


def test_what_the_user_chose_counts_more_than_the_servers_word() -> None:
    chosen = {Role.SENT: MailboxName("Sent")}
    assert targets([SENT], [there("Gesendet", Role.SENT)], chosen) == {"Sent": "Sent"}


def test_a_name_that_is_there_stays_and_another_is_spelt_as_the_server_does() -> None:
    server = [
        there("INBOX", Role.INBOX, "."),
        there("INBOX.Sent", Role.SENT, "."),
        there("INBOX.Lists", Role.NONE, "."),
    ]
    known = ServerMailbox(MailboxName("INBOX.Lists"))
    found = targets([HOME, SENT, LIST, known], server, {})
    assert found == {
        INBOX: INBOX,
        "Sent": "INBOX.Sent",
        "Lists/python": "INBOX.Lists.python",
        "INBOX.Lists": "INBOX.Lists",
    }
