"""`account add|list|check|remove`, `engine`, `doctor` on a real server."""

import asyncio
import stat
import sys
from collections.abc import Iterator

import pytest

from tests.integration.cli_program import Ended, add_account, done, letter, tuimail
from tests.integration.engine_process import engine_pid, no_engine_left
from tests.servers.mail_user import MailUser
from tests.servers.smtp_sink import smtp_sink
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

WORK = AccountName("work")


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


def add(user: MailUser, *more: str, stdin: bytes | None = None) -> Ended:
    password = f"{user.password}\n".encode() if stdin is None else stdin
    return tuimail(
        *("account", "add", "work", "--email", "anna@example.org", "--host", "localhost"),
        *("--port", str(user.server.imaps), "--username", user.name),
        *("--ca-file", str(user.ca_file)),
        *(more or ("--password-stdin",)),
        stdin=password,
    )


def test_an_account_is_tried_and_saved_for_its_owner_alone(mail_user: MailUser) -> None:
    ended = add(mail_user)
    assert ended.status == 0, ended.err
    paths = Paths.from_environment()
    assert stat.S_IMODE(paths.account_file(WORK).stat().st_mode) == 0o600
    [account] = load_accounts(paths)
    assert account.incoming.password == mail_user.password
    assert done("sync", "--json").objects[0]["ok"]


def test_a_password_command_is_kept_and_not_the_password(mail_user: MailUser) -> None:
    command = f"{sys.executable} -c 'print(\"{mail_user.password}\")'"
    ended = add(mail_user, "--password-command", command)
    assert ended.status == 0, ended.err
    [account] = load_accounts(Paths.from_environment())
    assert account.incoming.password is None
    assert account.incoming.password_command[0] == sys.executable


def test_what_does_not_log_in_is_not_saved(mail_user: MailUser) -> None:
    assert add(mail_user, stdin=b"wrong\n").status == 1
    assert add(mail_user, "--password-stdin", "--port", "1").status == 75
    assert add(mail_user, "--password-command", "false").status == 1
    assert add(mail_user, "--fingerprint", "sha256:00").status == 2
    assert not Paths.from_environment().account_file(WORK).exists()


def test_a_name_that_exists_is_refused_and_its_file_left_alone(mail_user: MailUser) -> None:
    add_account(mail_user)
    file = Paths.from_environment().account_file(WORK)
    before = file.read_bytes()
    ended = add(mail_user)
    assert ended.status == 2
    assert file.read_bytes() == before


def test_check_logs_in_and_tells_what_the_server_can(mail_user: MailUser) -> None:
    add_account(mail_user, security="tls")
    [answer] = done("account", "check", "work", "--json").objects
    assert answer["ok"] is True
    assert "INBOX" in answer["mailboxes"]
    assert "UIDPLUS" in answer["capabilities"]
    assert "logged in" in done("account", "check", "work").text


def with_outgoing(name: str, port: int) -> None:
    file = Paths.from_environment().account_file(AccountName(name))
    outgoing = f'[outgoing]\nhost = "localhost"\nsecurity = "none"\nport = {port}\n'
    file.write_text(f"{file.read_text()}\n{outgoing}")


async def test_check_says_whether_letters_can_leave(mail_user: MailUser) -> None:
    add_account(mail_user)
    assert "no [outgoing] server" in done("account", "check", "work").text
    async with smtp_sink() as sink:
        with_outgoing("work", sink.port)
        ended = await asyncio.to_thread(tuimail, "account", "check", "work")
        assert (ended.status, ended.err) == (0, "")
        assert f"Sending: localhost port {sink.port} takes letters" in ended.text
        assert sink.letters == []
    ended = tuimail("account", "check", "work", "--json")
    assert ended.status == 3
    assert "mail comes, but cannot be sent" in ended.err
    [answer] = ended.objects
    assert (answer["ok"], answer["outgoing"]["ok"]) == (False, False)
    assert answer["outgoing"]["error"] in ended.err
    assert "INBOX" in answer["mailboxes"]


def test_the_list_says_that_nobody_tried_where_no_engine_runs(mail_user: MailUser) -> None:
    add_account(mail_user)
    assert "not tried: the engine does not run" in done("account", "list").text
    [listed] = done("account", "list", "--json").objects
    assert (listed["connection"], listed["reason"]) == (None, None)


def test_check_says_what_was_not_reached(mail_user: MailUser) -> None:
    add_account(mail_user, "closed", port=1)
    with_outgoing("closed", 1)
    ended = tuimail("account", "check", "closed", "--json")
    assert (ended.status, ended.err.count("\n")) == (75, 1)
    [answer] = ended.objects
    assert (answer["ok"], answer["mailboxes"], answer["outgoing"]["ok"]) == (False, None, False)
    assert answer["error"] in ended.err
    assert answer["outgoing"]["error"] == "was not tried"


def test_check_with_a_wrong_password_is_1(mail_user: MailUser) -> None:
    add_account(mail_user, password="wrong")
    ended = tuimail("account", "check", "work")
    assert (ended.status, ended.out) == (1, b"")


def test_accounts_are_listed_and_removed(mail_user: MailUser) -> None:
    add_account(mail_user)
    add_account(mail_user, "other")
    listed = done("account", "list", "--json").objects
    assert [each["account"] for each in listed] == ["other", "work"]
    done("sync")
    done("account", "remove", "work")
    assert [each["account"] for each in done("account", "list", "--json").objects] == ["other"]
    assert not Paths.from_environment().account_cache(WORK).exists()


def test_a_running_engine_follows_what_is_added_and_removed(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user, "first")
    with_first = done("sync", "--json").objects
    assert add(mail_user).status == 0
    with_both = done("sync", "--json").objects
    done("account", "remove", "first")
    with_second = done("sync", "--json").objects
    assert [
        {each["account"] for each in some} for some in (with_first, with_both, with_second)
    ] == [
        {"first"},
        {"first", "work"},
        {"work"},
    ]
    assert not Paths.from_environment().account_cache(AccountName("first")).exists()


def test_the_engine_is_seen_and_stopped(mail_user: MailUser) -> None:
    add_account(mail_user)
    assert done("engine", "status", "--json").objects == [{"running": False}]
    done("sync")
    [status] = done("engine", "status", "--json").objects
    assert (status["running"], status["pid"]) == (True, engine_pid())
    done("engine", "stop")
    assert engine_pid() is None
    assert done("engine", "stop").status == 0


def test_doctor_finds_nothing_where_all_is_well(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user)
    ended = done("doctor", "--json")
    assert {each["check"] for each in ended.objects} >= {"settings", "permissions", "mailbox"}
    assert all(each["ok"] for each in ended.objects)
    assert done("doctor", "--rebuild").status == 0


def test_doctor_names_what_is_wrong(mail_user: MailUser) -> None:
    add_account(mail_user)
    done("sync")
    data = Paths.from_environment().account_data(WORK)
    data.chmod(0o755)
    ended = tuimail("doctor")
    assert ended.status == 1
    assert str(data) in ended.err


def add_pop3(user: MailUser, *more: str) -> Ended:
    return add(user, "--password-stdin", "--protocol", "pop3", "--port", pop3_port(user), *more)


def pop3_port(user: MailUser) -> str:
    return str(user.server.pop3s)


def test_a_script_has_to_say_when_mail_leaves_a_pop3_server(mail_user: MailUser) -> None:
    assert add_pop3(mail_user).status == 2
    assert add_pop3(mail_user, "--delete-after-days", "soon").status == 2
    assert not Paths.from_environment().account_file(WORK).exists()
    mail_user.deliver(letter(1))
    ended = add_pop3(mail_user, "--delete-after-days", "0")
    assert ended.status == 0, ended.err
    assert "1 message" in ended.text
    [account] = load_accounts(Paths.from_environment())
    assert (account.protocol, account.pop3.delete_after_days) == ("pop3", 0)
    assert "delete_after_days = 0" in Paths.from_environment().account_file(WORK).read_text()
    assert sum(mail_user.letters().values()) == 1
