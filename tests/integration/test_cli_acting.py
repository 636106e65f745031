"""Commands that change mail: shown at once, on the server after a sync, undoable."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.cli_program import add_account, done, found, letter, tuimail
from tests.integration.engine_process import no_engine_left
from tests.servers.mail_user import MailUser

OFF = {"TUIMAIL_ENGINE": "off"}


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
def user(mail_user: MailUser) -> MailUser:
    for number in (1, 2):
        mail_user.deliver(letter(number))
    add_account(mail_user)
    done("sync")
    return mail_user


def the(number: int) -> dict[str, Any]:
    [message] = found(f"subject:{number}")
    return message


def on_server(user: MailUser) -> dict[str, set[str]]:
    """Flags by mailbox and digest, for one-letter questions."""
    return {f"{each.mailbox}/{each.sha256[:8]}": set(each.flags) for each in user.letters()}


def mailboxes_of(user: MailUser) -> list[str]:
    return sorted(each.mailbox for each in user.letters())


def test_flags_are_shown_at_once_and_reach_the_server(user: MailUser) -> None:
    done("flag", the(1)["id"], "+seen", "+flagged", "+$Forwarded")
    assert set(the(1)["flags"]) == {"\\Seen", "\\Flagged", "$Forwarded"}
    done("flag", the(1)["id"], "-flagged")
    done("sync")
    assert {"\\Seen", "$Forwarded"} in on_server(user).values()
    assert the(1)["pending"] is False


def test_without_an_engine_a_change_is_recorded_and_pending(user: MailUser) -> None:
    done("engine", "stop")
    done("flag", the(1)["id"], "+seen", environment=OFF)
    message = the(1)
    assert (message["flags"], message["pending"]) == (["\\Seen"], True)
    [entry] = done("pending", "--json").objects
    assert (entry["account"], entry["state"], entry["messages"]) == ("work", "recorded", 1)
    assert set() in on_server(user).values()
    assert {"\\Seen"} not in on_server(user).values()
    [closing] = done("sync", "--json").objects
    assert (closing["pushed"], closing["pending"]) == (1, 0)
    assert {"\\Seen"} in on_server(user).values()
    assert done("pending", "--json").objects == []


def test_moves_copies_archive_and_delete_go_where_they_should(user: MailUser) -> None:
    done("copy", the(1)["id"], "Drafts")
    done("sync")
    assert mailboxes_of(user) == ["Drafts", "INBOX", "INBOX"]
    done("archive", the(2)["id"])
    done("delete", found("subject:1", "in:INBOX")[0]["id"])
    assert found("in:INBOX") == []
    done("sync")
    assert mailboxes_of(user) == ["Archive", "Drafts", "Trash"]
    done("move", the(2)["id"], "inbox")
    done("sync")
    assert mailboxes_of(user) == ["Drafts", "INBOX", "Trash"]


def test_an_id_from_before_a_move_still_names_the_message(user: MailUser) -> None:
    before = the(1)["id"]
    done("move", before, "Archive")
    done("sync")
    assert done("show", "--json", before).objects[0]["mailbox"] == "Archive"
    done("flag", before, "+flagged")
    assert the(1)["flags"] == ["\\Flagged"]


def test_undo_takes_back_what_the_server_has_and_redo_does_it_again(user: MailUser) -> None:
    done("archive", the(1)["id"], the(2)["id"])
    done("sync")
    assert mailboxes_of(user) == ["Archive", "Archive"]
    done("undo")
    done("sync")
    assert mailboxes_of(user) == ["INBOX", "INBOX"]
    done("redo")
    done("sync")
    assert mailboxes_of(user) == ["Archive", "Archive"]
    done("undo", environment=OFF)
    assert len(found("in:INBOX")) == 2


def test_with_nothing_to_undo_there_is_a_sentence_and_exit_1(user: MailUser) -> None:
    ended = tuimail("undo")
    assert (ended.status, ended.out) == (1, b"")
    assert "nothing to undo" in ended.err


def test_the_history_is_listed_newest_first(user: MailUser) -> None:
    done("flag", the(1)["id"], "+seen")
    done("archive", the(2)["id"])
    entries = done("undo", "--list", "--json").objects
    assert [entry["operation"] for entry in entries] == ["move", "storeflags"]
    assert "Archived" in done("archive", the(1)["id"]).text
    assert "STATE" in done("undo", "--list").text


def test_one_unknown_id_and_nothing_is_changed(user: MailUser) -> None:
    ended = tuimail("delete", the(1)["id"], "work:aaaaaaaaaaaaaaaa")
    assert ended.status == 1
    assert len(found("in:INBOX")) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("flag", "work:x"),
        ("flag", "+seen"),
        ("flag", "work:x", "+not a flag"),
        ("flag", "work:x", "+seen", "-seen"),
        ("move", "work:x"),
        ("pending", "drop"),
    ],
)
def test_wrong_usage_is_exit_2(user: MailUser, arguments: tuple[str, ...]) -> None:
    assert tuimail(*arguments).status == 2


def test_what_the_server_refuses_is_parked_and_can_be_dropped(user: MailUser) -> None:
    done("move", the(1)["id"], "a" * 300)
    [closing] = done("sync", "--json").objects
    assert closing["parked"] == 1
    [entry] = done("pending", "--json").objects
    assert entry["state"] == "parked"
    assert entry["reason"]
    assert the(1)["mailbox"] == "INBOX"
    assert str(entry["entry"]) in done("pending").text
    done("pending", "drop", str(entry["entry"]))
    assert done("pending", "--json").objects == []
    assert tuimail("pending", "retry", "1").status == 1
