"""Where one's own mailboxes are below the inbox, and beside them are those of everybody."""

from collections.abc import Iterator

import pytest

from tests.builders import letter
from tests.integration.cli_program import add_account, done, found
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_config import SPECIAL_USE
from tests.servers.dovecot_software import Software
from tests.servers.mail_user import MailUser
from tests.servers.plain_imap import mailboxes_of
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

BELOW_INBOX = [
    "namespace inbox {",
    "prefix = INBOX.",
    "separator = .",
    # A fresh account: nothing but the inbox.
    *(line for name in SPECIAL_USE for line in (f"mailbox {name} {{", "auto = no", "}")),
    "}",
]
PUBLIC = [
    "namespace public {",
    "type = public",
    "prefix = Public.",
    "separator = .",
    "location = maildir:~/public",
    "subscriptions = no",
    "}",
]


@pytest.fixture
def user(dovecot_software: Software) -> Iterator[MailUser]:
    if dovecot_software.version >= (2, 4):
        pytest.skip("the settings are those of Dovecot 2.3")
    with Dovecot(dovecot_software, lines=[*BELOW_INBOX, *PUBLIC]) as server:
        yield MailUser(server, server.new_user())


def test_what_is_archived_deleted_and_filed_goes_below_the_inbox(user: MailUser) -> None:
    with user.imap() as other:
        assert other.create("Public.News")[0] == "OK"
    for number in (1, 2, 3):
        user.deliver(letter(subject=f"Letter {number}"))
    add_account(user)
    done("sync")
    ids = {each["subject"]: each["id"] for each in found("in:INBOX")}
    done("archive", ids["Letter 1"])
    done("delete", ids["Letter 2"])
    done("move", ids["Letter 3"], "Projects")
    done("sync")
    assert done("pending", "--json").objects == []
    with user.imap() as other:
        own = {name for name in mailboxes_of(other) if not name.startswith("Public")}
    assert own == {"INBOX", "INBOX.Archive", "INBOX.Trash", "INBOX.Projects"}
    told = done("account", "check", "work").text
    assert "archive in INBOX.Archive, trash in INBOX.Trash" in told
    assert "made when needed: INBOX.Sent, INBOX.Drafts, INBOX.Junk" in told
    done("engine", "stop")


def test_a_public_mailbox_is_listed_when_it_is_asked_for(user: MailUser) -> None:
    with user.imap() as other:
        assert other.create("Public.News")[0] == "OK"
        assert other.append("Public.News", "", "", letter(subject="News"))[0] == "OK"
    add_account(user)
    done("sync")
    assert "Public.News" not in done("mailboxes").text
    (row,) = [each for each in done("mailboxes", "--all").text.splitlines() if "News" in each]
    assert row.split() == ["work", "Public.News", "1", "1", "not", "kept", "here"]
    objects = done("mailboxes", "--all", "--json").objects
    (told,) = [each for each in objects if each["mailbox"] == "Public.News"]
    assert (told["on_server"], told["total"], told["subscribed"]) == (1, None, False)
    file = Paths.from_environment().account_file(AccountName("work"))
    file.write_text(file.read_text() + '[imap]\nshared = "all"\n')
    done("engine", "stop")
    done("sync")
    assert [each["subject"] for each in found("in:Public.News")] == ["News"]
    assert "not kept here" not in done("mailboxes", "--all").text
    done("engine", "stop")
