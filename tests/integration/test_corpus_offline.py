"""Strange mail on a real server: brought here exactly, and read when the server is gone."""

import hashlib
import os
import re
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
from tests.unit.mime.letters import all_letters
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName
from tuimail.store.store import AccountFolders, Store

SAMPLE = 200

# What the program itself means as control: SGR, cursor, a step back, erasing, modes, titles.
OURS = re.compile(
    rb"\x1b\[[0-9;:]*[ABCDGHJKLMPSTXdfmnrt]|\x1b\[[?<>=][0-9;]*[hlu]|\x1b\[\?[0-9;]*\$p"
    rb"|\x08|\x1b[78=>M]|\x1b\]2;tuimail[^\x00-\x1f]*\x1b\\|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)"
)
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)


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
    with Terminal(
        [sys.executable, "-m", "tuimail"], dict(os.environ), columns=100, rows=30
    ) as screen:
        screen.wait_for("Inbox 1/")
        screen.press("\r", quiet=0.3)
        for _ in range(count + 2):
            assert screen.process.poll() is None, screen.text()
            screen.press("J", quiet=0.01, patience=0.3)
        screen.settle()
        assert f"{count}/{count}" in screen.text()
        screen.press("q")
        screen.press("q")
        output = screen.output
    rest = OURS.sub(b"", output).decode("utf-8")
    found_controls = CONTROL.search(rest)
    assert found_controls is None, rest[max(0, found_controls.start() - 80) :][:160]


def test_a_sample_of_strange_mail_is_read_offline(server: Dovecot) -> None:
    letters = [path.read_bytes() for path in all_letters()]
    step = max(1, len(letters) // SAMPLE)
    _read_with_the_server_gone(server, letters[::step])


@pytest.mark.long
@pytest.mark.timeout(900)
def test_all_strange_mail_is_read_offline(server: Dovecot) -> None:
    _read_with_the_server_gone(server, [path.read_bytes() for path in all_letters()])
