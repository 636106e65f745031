"""`sync`, `search`, `show`, `mailboxes` on a real server, as a script sees them."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.cli_program import add_account, done, found, letter, tuimail
from tests.integration.engine_process import no_engine_left
from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

MESSAGE_KEYS = {
    "id", "account", "mailbox", "uid", "flags", "message_id", "thread", "from", "to", "cc",
    "subject", "date", "received", "size", "attachments", "pending",
}  # fmt: skip
SYNC_KEYS = {
    "account", "ok", "error", "new", "removed", "flags_changed", "pushed", "pending", "parked",
    "mailboxes", "seconds",
}  # fmt: skip
EARLIER = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
def user(mail_user: MailUser) -> MailUser:
    """With three letters in the inbox, the first delivered being the newest, and an account."""
    for number in (1, 2, 3):
        mail_user.deliver(letter(number), received=EARLIER - timedelta(days=number))
    add_account(mail_user)
    return mail_user


def test_sync_closes_with_one_object_for_the_account(user: MailUser) -> None:
    [closing] = done("sync", "--json").objects
    assert closing.keys() == SYNC_KEYS
    assert (closing["account"], closing["ok"], closing["error"]) == ("work", True, None)
    assert (closing["new"], closing["pending"], closing["parked"]) == (3, 0, 0)
    [again] = done("sync", "work", "--json").objects
    assert again["new"] == 0


def test_sync_without_json_says_it_in_words(user: MailUser) -> None:
    assert done("sync").text == "work: 3 new\n"
    assert done("sync", "-q").text == ""


def test_a_message_has_the_keys_of_the_contract(user: MailUser) -> None:
    done("sync")
    message = found("subject:budget", "subject:2")[0]
    assert message.keys() == MESSAGE_KEYS
    assert message["id"].startswith("work:")
    assert (message["account"], message["mailbox"]) == ("work", "INBOX")
    assert isinstance(message["uid"], int)
    assert message["flags"] == []
    assert message["message_id"] == "letter-2@example.org"
    assert message["from"] == [{"name": "Anna Meyer", "address": "anna@example.org"}]
    assert message["to"] == [{"name": "Bert", "address": "bert@example.org"}]
    assert message["cc"] == []
    assert message["subject"] == "Budget 2"
    assert message["date"] == "2026-06-01T10:00:00+02:00"
    assert datetime.fromisoformat(message["received"]) == EARLIER - timedelta(days=2)
    assert message["size"] == len(letter(2))
    assert message["attachments"] == []
    assert message["pending"] is False


def test_search_lists_the_newest_arrival_first(user: MailUser) -> None:
    done("sync")
    assert [each["subject"] for each in found("budget")] == ["Budget 1", "Budget 2", "Budget 3"]
    assert [each["subject"] for each in found("--limit", "1", "budget")] == ["Budget 1"]
    assert found("--account", "work", "in:inbox", "-subject:2") == found("budget", "-subject:2")
    assert found("nothing-like-it") == []


def test_search_in_words_is_one_line_a_message(user: MailUser) -> None:
    done("sync")
    lines = done("search", "budget").text.splitlines()
    assert len(lines) == 3
    assert all(re.fullmatch(r"work:\S+ .*Anna Meyer +Budget \d", line) for line in lines)


def test_show_prints_the_letter_the_page_and_the_object(user: MailUser) -> None:
    done("sync")
    public_id = found("subject:2")[0]["id"]
    assert done("show", public_id, "--raw").out == letter(2)
    page = done("show", public_id, "--text").text
    assert "Subject:  Budget 2" in page
    assert "Body 2" in page
    shown = done("show", public_id, "--json").objects[0]
    assert shown.keys() >= MESSAGE_KEYS
    assert "Body 2" in shown["text"]


def test_what_a_letter_s_style_hides_is_counted_and_shown_on_demand(mail_user: MailUser) -> None:
    head, _, _ = letter(1).partition(b"\r\n\r\n")
    page = b"<p style='display:none'>Save now</p><p>The plan"
    mail_user.deliver(head + b"\r\nContent-Type: text/html\r\n\r\n" + page)
    add_account(mail_user)
    done("sync")
    public_id = found("in:INBOX")[0]["id"]
    shown = done("show", public_id, "--json").objects[0]
    assert shown["text"] == "The plan"
    assert "2 words; `tuimail show --hidden ID`" in shown["notes"][0]
    everything = done("show", public_id, "--hidden", "--json").objects[0]
    assert everything["text"] == "Save now\n\nThe plan"
    assert everything["notes"] == []


def test_showing_a_message_marks_nothing_read(user: MailUser) -> None:
    done("sync")
    done("show", found("subject:2")[0]["id"])
    done("sync")
    assert all("\\Seen" not in each.flags for each in user.letters())


def test_a_message_nobody_has_is_exit_1(user: MailUser) -> None:
    ended = tuimail("show", "work:aaaaaaaaaaaaaaaa")
    assert (ended.status, ended.out) == (1, b"")
    assert ended.err.count("\n") == 1


def test_no_control_character_of_a_letter_reaches_the_output(mail_user: MailUser) -> None:
    evil = "=?utf-8?b?G10wO3gHG1sySsKbMkrigK5ncG4uZXhlDQp4?="
    mail_user.deliver(letter(1, From=f"{evil} <e@example.org>", Subject=evil))
    add_account(mail_user)
    done("sync")
    public_id = found("in:INBOX")[0]["id"]
    for arguments in (
        ("search", "--json", "in:INBOX"),
        ("search", "in:INBOX"),
        ("show", public_id),
        ("show", "--json", public_id),
    ):
        text = done(*arguments).text
        assert all(line.isprintable() for line in text.split("\n"))
        assert "\u202e" not in text


def test_mailboxes_are_counted(user: MailUser) -> None:
    user.deliver(letter(4), "Archive", flags="S")
    done("sync")
    by_name = {each["mailbox"]: each for each in done("mailboxes", "--json").objects}
    assert {"INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"} <= by_name.keys()
    inbox, archive = by_name["INBOX"], by_name["Archive"]
    assert (inbox["total"], inbox["unread"]) == (3, 3)
    assert (archive["total"], archive["unread"]) == (1, 0)
    assert inbox["bytes"] == sum(len(letter(number)) for number in (1, 2, 3))
    assert "INBOX" in done("mailboxes", "--account", "work").text


def test_a_mailbox_keeps_its_name_whatever_its_script(user: MailUser) -> None:
    user.deliver(letter(5), "&ZeVnLIqe-")
    done("sync")
    assert [each["mailbox"] for each in found("in:日本語")] == ["日本語"]


def test_an_id_survives_a_deleted_cache(user: MailUser) -> None:
    done("sync")
    before = {each["id"]: each["subject"] for each in found("budget")}
    done("engine", "stop")
    shutil.rmtree(Paths.from_environment().account_cache(AccountName("work")))
    done("sync")
    assert {each["id"]: each["subject"] for each in found("budget")} == before


def test_what_is_printed_for_scripts_is_utf8_in_any_locale(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1, Subject="=?utf-8?q?J=C3=B3zef?="))
    add_account(mail_user)
    done("sync")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = done("search", "--json", "in:INBOX", environment=plain)
    assert json.loads(ended.out)["subject"] == "Józef"
    assert done("search", "in:INBOX", environment=plain).status == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("search", "account:nope"), "work"),
        (("search", "in:Archiv"), "Archive"),
        (("search", "budget", "OR", "-in:Sentt"), "Sent"),
        (("search", "~x", "anna"), "~f"),
        (("search", "--json", "from:x", "account:wrok"), "work"),
        (("search", "--account", "wrok", "budget"), "work"),
        (("mailboxes", "--account", "nope"), "work"),
        (("sync", "nope"), "work"),
        (("account", "check", "nope"), "work"),
    ],
)
def test_a_name_that_nobody_has_is_2_and_the_nearest_is_named(
    user: MailUser, arguments: tuple[str, ...], named: str
) -> None:
    user.deliver(letter(4), "Archive")
    done("sync")
    ended = tuimail(*arguments)
    assert (ended.status, ended.out) == (2, b"")
    assert named in ended.err
    assert ended.err.count("\n") == 1


def test_mailboxes_are_found_by_name_and_by_what_they_are_for(user: MailUser) -> None:
    user.deliver(letter(4), "Archive")
    add_account(user, "second", password="wrong")
    done("sync", "work")
    for query in ("in:archive", "in:ARCHIVE", "account:WORK in:Archive"):
        assert [each["subject"] for each in found(query)] == ["Budget 4"], query
    assert found("in:trash") == found("in:spam") == []


def keep_headers_only() -> None:
    file = Paths.from_environment().account_file(AccountName("work"))
    file.write_text(file.read_text() + '\n[imap]\nbodies = "headers"\n')


def test_a_search_says_what_it_could_not_see(user: MailUser) -> None:
    keep_headers_only()
    done("sync")
    for query in ("body:Body", "has:attachment", "budget"):
        ended = done("search", query)
        assert "3 of 3 messages" in ended.err, query
        assert 'imap.bodies is "headers"' in ended.err
        assert done("search", "-q", query).err == ""
    assert done("search", "subject:budget").err == ""
    *rows, closing = done("search", "--json-status", "budget").objects
    assert [each["attachments"] for each in rows] == [None, None, None]
    account = {"account": "work", "messages": 3, "texts_here": 0}
    assert closing == {"complete": False, "accounts": [account]}
    done("show", rows[0]["id"])
    assert "2 of 3 messages" in done("search", "body:Body").err
    assert len(found("body:Body")) == 1


def test_an_option_among_the_words_is_told_to_be_none(user: MailUser) -> None:
    done("sync")
    ended = done("search", "budget", "--limit", "1")
    assert ended.text == ""
    assert "--limit is a part of the query here" in ended.err
    assert done("search", "--limit", "1", "budget").err == ""


def test_a_search_that_saw_all_says_nothing(user: MailUser) -> None:
    done("sync")
    assert done("search", "budget").err == ""
    *rows, closing = done("search", "--json-status", "--limit", "2", "budget").objects
    assert len(rows) == 2
    assert closing["complete"] is True
