"""Strange mail on a real server: brought here exactly, and read when the server is gone."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.benchmarks.terminal import Terminal
from tests.integration.cli_program import add_account, done, found, tuimail
from tests.integration.engine_process import no_engine_left
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import Software
from tests.servers.mail_user import MailUser
from tests.ui.terminal.grammar import SHEET, WEB_OR_MAIL, Grammar
from tests.unit.mime.letters import all_letters
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName
from tuimail.store.store import AccountFolders, Store

SAMPLE = 200


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
def server(dovecot_software: Software) -> Iterator[Dovecot]:
    """One that may be stopped without others missing it."""
    with Dovecot(dovecot_software) as own:
        yield own


def _read_with_the_server_gone(server: Dovecot, letters: list[bytes]) -> None:
    user = MailUser(server, server.new_user())
    for raw in letters:
        user.deliver(raw)
    truth = {letter.uid: letter.sha256 for letter in user.letters()}
    add_account(user)
    done("sync")
    server.stop()
    messages = found("--limit", "100000", "in:INBOX")
    assert {message["uid"] for message in messages} == truth.keys()
    _same_bytes(messages, truth)
    _open_each(len(messages))


def _same_bytes(messages: list[dict[str, object]], truth: dict[int, str]) -> None:
    for message in messages[:: max(1, len(messages) // 10)]:
        shown = tuimail("show", str(message["id"]), "--raw").out
        assert hashlib.sha256(shown).hexdigest() == truth[int(str(message["uid"]))]

    paths, account = Paths.from_environment(), AccountName("work")
    folders = AccountFolders(paths.account_data(account), paths.account_cache(account))
    with closing(Store(account, folders, writer=False)) as store:
        for message in messages:
            key = store.resolve(str(message["id"]))
            assert key is not None
            raw = store.raw(key)
            assert raw is not None
            assert hashlib.sha256(raw).hexdigest() == truth[int(str(message["uid"]))]


def _open_each(count: int) -> None:
    """In the list and one after the other, with all header fields, then quoted in an answer."""
    terminal = {"TERM": "xterm-256color", "COLORTERM": "", "LC_ALL": "C.UTF-8"}
    with Terminal(
        [sys.executable, "-m", "tuimail"], {**os.environ, **terminal}, columns=100, rows=30
    ) as screen:
        screen.wait_for("Inbox 1/")
        for _ in range(count // 26):
            screen.press("\x1b[6~", quiet=0.05, patience=0.3)
        screen.press("gg")
        screen.press("\rH", quiet=0.3)
        for _ in range(count + 2):
            assert screen.process.poll() is None, screen.text()
            screen.press("J", quiet=0.01, patience=0.3)
        screen.settle()
        assert f"{count}/{count}" in screen.text()
        for keys in ("r", "\x13", "q", "q", "?", "q", "B", "B", "q"):
            screen.press(keys, quiet=0.1, patience=0.5)
        screen.process.wait(20)
        output = screen.output
    found_in_it = Grammar(100, 30, styles=SHEET, title="tuimail: .*", links=WEB_OR_MAIL).check(
        output
    )
    assert found_in_it["enter"] == found_in_it["leave"] == 1


def test_a_sample_of_strange_mail_is_read_offline(server: Dovecot) -> None:
    letters = [path.read_bytes() for path in all_letters()]
    step = max(1, len(letters) // SAMPLE)
    _read_with_the_server_gone(server, letters[::step])


@pytest.mark.long
@pytest.mark.timeout(900)
def test_all_strange_mail_is_read_offline(server: Dovecot) -> None:
    _read_with_the_server_gone(server, [path.read_bytes() for path in all_letters()])
