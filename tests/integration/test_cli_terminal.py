"""The program with somebody at a terminal."""

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.terminal import Terminal
from tests.integration.cli_program import add_account, done, found, letter
from tests.integration.engine_process import no_engine_left
from tests.servers.mail_user import MailUser
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@contextmanager
def at_terminal(*arguments: str, term: str = "xterm-256color") -> Iterator[Terminal]:
    environment = {**os.environ, "TERM": term}
    with Terminal([sys.executable, "-m", "tuimail", *arguments], environment) as terminal:
        yield terminal


def answer(terminal: Terminal, question: str, words: str) -> None:
    terminal.wait_for(question, PATIENCE)
    terminal.write(f"{words}\n")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def files_of_user() -> list[Path]:
    paths = Paths.from_environment()
    roots = (paths.config, paths.data, paths.cache, paths.state, Path.home())
    return [root for root in roots if root.exists()]


def wait_until_empty(folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while list(folder.iterdir()):
        assert time.monotonic() < end, f"left behind: {list(folder.rglob('*'))[:5]}"
        time.sleep(0.1)


def test_the_demo_shows_sample_mail_and_leaves_nothing(temporary: Path) -> None:
    with at_terminal("demo") as terminal:
        terminal.wait_for(r"\d unread", PATIENCE)
        [sandbox] = temporary.iterdir()
        assert stat.S_IMODE(sandbox.stat().st_mode) == 0o700
        terminal.write("q")
        assert terminal.process.wait(PATIENCE) == 0
        wait_until_empty(temporary)
    assert files_of_user() == []


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_the_demo_leaves_nothing_however_it_ends(temporary: Path, ending: signal.Signals) -> None:
    with at_terminal("demo") as terminal:
        terminal.wait_for(r"\d unread", PATIENCE)
        terminal.process.send_signal(ending)
        terminal.process.wait(PATIENCE)
        wait_until_empty(temporary)
    assert files_of_user() == []


def test_a_terminal_that_can_show_nothing_is_told_so() -> None:
    with at_terminal("demo", term="dumb") as terminal:
        assert terminal.process.wait(PATIENCE) == 2
        terminal.settle()
        assert "TERM is dumb" in terminal.text()


def test_without_an_account_there_is_a_form_that_leaves_nothing() -> None:
    with at_terminal() as terminal:
        terminal.wait_for("Your address", PATIENCE)
        terminal.write("\x03")
        assert terminal.process.wait(PATIENCE) == 0
    assert files_of_user() == []


def test_the_form_leads_straight_to_the_mail(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    server = mail_user.server
    typed = (
        *("anna@example.org", "Anna", "", mail_user.password),
        *(f"\x15localhost {server.imaps}", f"\x15localhost {server.pop3s}", "\x15"),
        *(f"\x15{mail_user.name}", "\x15work", str(mail_user.ca_file), ""),
    )
    with at_terminal() as terminal:
        terminal.wait_for("Your address", PATIENCE)
        terminal.write("".join(f"{line}\r" for line in typed))
        terminal.wait_for("Try the log-in", PATIENCE)
        terminal.write("\r" * 4)
        terminal.wait_for("IMAP: 1 message stays on the server", PATIENCE)
        assert load_accounts(Paths.from_environment()) == []
        terminal.write("\r")
        terminal.wait_for("Budget 1", PATIENCE)
        assert mail_user.password not in terminal.text()
    [account] = load_accounts(Paths.from_environment())
    assert account.incoming.password == mail_user.password


def add_by_answering(terminal: Terminal, user: MailUser, *, password: str) -> None:
    """All questions up to the log-in."""
    answer(terminal, "Your address", "anna@example.org")
    answer(terminal, "Your name", "Anna")
    answer(terminal, r"Password is \[f\]", "")
    answer(terminal, "Password:", password)
    answer(
        terminal, r"IMAP server .*\[imap.example.org 993 tls\]", f"localhost {user.server.imaps}"
    )
    answer(terminal, r"POP server .*\[pop.example.org", f"localhost {user.server.pop3s}")
    answer(terminal, r"SMTP server .*\[smtp.example.org", "-")
    answer(terminal, r"Log-in name \[anna@example.org\]", user.name)
    answer(terminal, r"Short name \[example\]", "")
    answer(terminal, "other devices too", "n")
    answer(terminal, "space on the server short", "y")
    answer(terminal, r"how many days.*\[14\]", "0")


def test_an_account_is_added_by_answering(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    with at_terminal("account", "add", "--ca-file", str(mail_user.ca_file)) as terminal:
        add_by_answering(terminal, mail_user, password=mail_user.password)
        terminal.wait_for(r"What now \[p\]", PATIENCE)
        assert "IMAP: 1 message stays on the server" in terminal.text()
        said = " ".join(terminal.text().split())
        assert "the server is emptied as soon as all is safe here" in said, said
        assert "For you: POP" in terminal.text()
        assert load_accounts(Paths.from_environment()) == []
        terminal.write("\n")
        assert terminal.process.wait(PATIENCE) == 0
        terminal.settle()
        assert "Added account example" in terminal.text()
        assert mail_user.password not in terminal.text()
    [account] = load_accounts(Paths.from_environment())
    assert (account.protocol, account.pop3.delete_after_days) == ("pop3", 0)
    assert account.incoming.username == mail_user.name
    assert account.incoming.password == mail_user.password


def test_a_certificate_is_trusted_by_a_question_and_only_by_yes(mail_user: MailUser) -> None:
    fingerprint = mail_user.server.certificates.fingerprint
    with at_terminal("account", "add") as terminal:
        add_by_answering(terminal, mail_user, password=mail_user.password)
        question = "Trust this certificate for IMAP and POP at localhost"
        answer(terminal, question, fingerprint)
        assert fingerprint in map(str.rstrip, terminal.text().splitlines())
        answer(terminal, r"Please answer y \(yes\) or n \(no\)", "n")
        answer(terminal, r"Try again\?", "banana")
        answer(terminal, r"no\)\.\s+Try again\?", "yes")
        answer(terminal, rf"again(?s:.*)IMAP server .*{mail_user.server.imaps}", "")
        answer(terminal, rf"again(?s:.*)POP server .*{mail_user.server.pop3s}", "")
        answer(terminal, rf"POP server .*\n(?s:.*){question}", "Yes")
        answer(terminal, "What now", "i")
        assert terminal.process.wait(PATIENCE) == 0
    [account] = load_accounts(Paths.from_environment())
    assert account.incoming.fingerprint == fingerprint
    assert done("sync", "--json").objects[0]["ok"]


def test_one_interrupt_ends_a_question(mail_user: MailUser) -> None:
    with at_terminal("account", "add") as terminal:
        terminal.wait_for("Your address", PATIENCE)
        terminal.write("\x03")
        assert terminal.process.wait(PATIENCE) == 130
    name = add_account(mail_user)
    file = Paths.from_environment().account_file(name)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "password" not in line))
    with at_terminal("sync") as terminal:
        terminal.wait_for("Password for work", PATIENCE)
        terminal.write("\x03")
        assert terminal.process.wait(PATIENCE) == 130


def test_a_wrong_answer_is_mended_and_the_others_stand(mail_user: MailUser) -> None:
    with at_terminal("account", "add", "--ca-file", str(mail_user.ca_file)) as terminal:
        add_by_answering(terminal, mail_user, password="wrong")
        answer(terminal, r"Try again\? y or n \[y\]", "")
        answer(terminal, r"again.*(?s:.*)Password is \[f\]", "n")
        answer(terminal, r"again.*(?s:.*)Password:", mail_user.password)
        answer(terminal, rf"Log-in name \[{mail_user.name}\]", "")
        answer(terminal, "What now", "i")
        assert terminal.process.wait(PATIENCE) == 0
    [account] = load_accounts(Paths.from_environment())
    assert (account.protocol, account.incoming.password) == ("imap", None)


def test_a_sync_asks_for_the_password_that_no_file_has(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    name = add_account(mail_user)
    file = Paths.from_environment().account_file(name)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "password" not in line))
    with at_terminal("sync") as terminal:
        answer(terminal, "Password for work", mail_user.password)
        assert terminal.process.wait(PATIENCE) == 0
        terminal.settle()
        assert "work: 1 new" in terminal.text()
    assert len(found("in:INBOX")) == 1


def test_raw_bytes_go_to_a_terminal_only_by_force(mail_user: MailUser) -> None:
    mail_user.deliver(letter(1))
    add_account(mail_user)
    done("sync")
    public_id = found("in:INBOX")[0]["id"]
    with at_terminal("show", "--raw", public_id) as terminal:
        assert terminal.process.wait(PATIENCE) == 2
        terminal.settle()
        assert "--force" in terminal.text()
    with at_terminal("show", "--raw", "--force", public_id) as terminal:
        terminal.wait_for("Subject: Budget 1", PATIENCE)


def test_removing_an_account_asks_first(mail_user: MailUser) -> None:
    add_account(mail_user)
    file = Paths.from_environment().account_file(AccountName("work"))
    with at_terminal("account", "remove", "work") as terminal:
        answer(terminal, "Forget account work", "n")
        assert terminal.process.wait(PATIENCE) == 1
    assert file.exists()
    with at_terminal("account", "remove", "work") as terminal:
        answer(terminal, "Forget account work", "y")
        assert terminal.process.wait(PATIENCE) == 0
    assert not file.exists()


def test_a_watching_sync_stays_until_it_is_ended(mail_user: MailUser) -> None:
    add_account(mail_user)
    add_account(mail_user, "closed", port=1)
    with at_terminal("sync", "--watch") as terminal:
        terminal.wait_for("work: nothing new", PATIENCE)
        terminal.wait_for("closed: .*refused", PATIENCE)
        closed, work = done("account", "list", "--json").objects
        assert (closed["connection"], work["connection"]) == ("offline", "online")
        assert "refused" in closed["reason"]
        assert "offline: " in done("account", "list").text
        mail_user.deliver(letter(1))
        end = time.monotonic() + PATIENCE
        while not found("in:INBOX"):
            assert time.monotonic() < end
        assert terminal.process.poll() is None
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(PATIENCE) == 3
