"""What goes wrong is one sentence on stderr and the exit code of contract.md."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli_program import Ended, add_account, done, found, letter, tuimail
from tests.integration.engine_process import engine_log, no_engine_left
from tests.servers.dovecot import free_ports
from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths

OFF = {"TUIMAIL_ENGINE": "off"}


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def sentence(ended: Ended, status: int) -> str:
    assert ended.status == status, ended.err
    assert ended.err.startswith("tuimail: ")
    assert ended.err.count("\n") == 1
    return ended.err


def write_account(text: str) -> None:
    paths = Paths.from_environment()
    paths.accounts.mkdir(parents=True, exist_ok=True)
    (paths.accounts / "work.toml").write_text(text)


def test_a_refused_password_is_1_and_withdraws_nothing(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    name = add_account(mail_user)
    done("sync")
    done("engine", "stop")
    done("archive", found("in:INBOX")[0]["id"], environment=OFF)
    Paths.from_environment().account_file(name).unlink()
    add_account(mail_user, password="wrong")
    ended = tuimail("sync", "--json")
    [closing] = ended.objects
    assert (ended.status, closing["ok"], closing["pending"]) == (1, False, 1)
    assert mail_user.password not in ended.err + closing["error"]
    assert "wrong" not in ended.err.replace("wrong password", "")
    assert [entry["state"] for entry in done("pending", "--json").objects] == ["recorded"]
    assert [each["mailbox"] for each in found("budget")] == ["Archive"]


MISTAKEN = """
from tuimail.store.store import Store

private = "Dear Anna"

def expire(store):
    raise ValueError(private)

Store.expire = expire
"""


def test_a_mistake_of_the_engine_is_1_and_its_log_says_where(
    mail_user: MailUser, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(MISTAKEN)
    mail_user.deliver(letter(1))
    add_account(mail_user)
    mistaken = {"PYTHONPATH": str(tmp_path)}
    for _ in range(2):
        told = sentence(tuimail("sync", environment=mistaken), 1)
        assert "tuimail made a mistake (ValueError); its log says more." in told
    log = engine_log()
    assert "in _expire" in log
    assert "Anna" not in log
    done("engine", "stop")
    done("sync")


def test_a_host_that_does_not_exist_is_75(mail_user: MailUser) -> None:
    add_account(mail_user, host="nowhere.invalid", security="tls")
    assert "nowhere.invalid" in sentence(tuimail("sync"), 75)
    assert sentence(tuimail("account", "check", "work"), 75)


def test_a_port_where_nobody_listens_is_75(mail_user: MailUser) -> None:
    add_account(mail_user, port=free_ports()["imap"])
    assert sentence(tuimail("sync"), 75)


def test_a_certificate_that_cannot_be_trusted_is_1(mail_user: MailUser) -> None:
    add_account(mail_user, security="tls", trusted=False)
    assert "certificate" in sentence(tuimail("sync"), 1)
    assert "certificate" in sentence(tuimail("account", "check", "work"), 1)


def test_one_of_two_accounts_is_3_and_what_is_left_is_named(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user, "near")
    add_account(mail_user, "far", host="nowhere.invalid", security="tls")
    ended = tuimail("sync", "--json")
    assert "far" in sentence(ended, 3)
    assert {each["account"]: each["ok"] for each in ended.objects} == {"near": True, "far": False}
    assert len(found("in:INBOX")) == 1


@pytest.mark.parametrize("command", [("sync",), ("search", "x"), ("mailboxes",), ("pending",)])
def test_without_an_account_it_says_how_to_add_one(command: tuple[str, ...]) -> None:
    assert "tuimail account add" in sentence(tuimail(*command), 2)


def test_an_unknown_key_is_2_and_named() -> None:
    write_account('email = "a@example.org"\n[incoming]\nhost = "h"\nhots = "x"\n')
    for command in ("sync", "mailboxes"):
        words = sentence(tuimail(command), 2)
        assert "work.toml" in words
        assert "incoming.hots" in words


def test_a_password_that_others_may_read_is_2() -> None:
    write_account('email = "a@example.org"\n[incoming]\nhost = "h"\npassword = "hunter2"\n')
    Paths.from_environment().accounts.joinpath("work.toml").chmod(0o644)
    words = sentence(tuimail("sync"), 2)
    assert "chmod 600" in words
    assert "hunter2" not in words


def test_an_account_that_does_not_exist_is_2(mail_user: MailUser) -> None:
    add_account(mail_user)
    for command in (("sync", "home"), ("search", "--account", "home", "x")):
        assert '"home"' in sentence(tuimail(*command), 2)


def test_an_impossible_query_is_2_and_marks_the_place(mail_user: MailUser) -> None:
    add_account(mail_user)
    words = sentence(tuimail("search", "budget", "larger:big"), 2)
    assert "budget larger:>>>big" in words


def test_a_journal_that_cannot_be_opened_is_1(mail_user: MailUser) -> None:
    name = add_account(mail_user)
    journal = Paths.from_environment().account_data(name) / "journal.db"
    journal.mkdir(parents=True)
    for command in (("sync",), ("search", "x"), ("pending",)):
        assert "journal.db" in sentence(tuimail(*command), 1)


def test_a_data_folder_that_cannot_be_used_is_1(mail_user: MailUser) -> None:
    add_account(mail_user)
    data = Paths.from_environment().data
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("a file where a folder has to be")
    try:
        for command in (("sync",), ("search", "x"), ("mailboxes",)):
            assert sentence(tuimail(*command), 1)
    finally:
        data.unlink()


@pytest.mark.parametrize("command", [(), ("demo",)])
def test_the_interface_needs_a_terminal(
    command: tuple[str, ...], mail_user: MailUser, tmp_path: Path
) -> None:
    add_account(mail_user)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ended = tuimail(*command, environment={"TMPDIR": str(temporary)})
    assert "terminal" in sentence(ended, 2)
    assert list(temporary.iterdir()) == []


def test_nobody_is_asked_anything_off_a_terminal(mail_user: MailUser) -> None:
    assert sentence(tuimail("account", "add", stdin=b"a\nb\nc\n"), 2)
    assert sentence(tuimail(stdin=b"d\n"), 2)
