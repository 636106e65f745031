"""The whole program in a terminal that stalls, goes away, comes back, or is somebody else's."""

import os
import re
import signal
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli_program import add_account, letter
from tests.integration.engine_process import engine_pid, no_engine_left
from tests.integration.test_sending import sends_to
from tests.servers.mail_user import MailUser
from tests.ui.terminal import small_shell
from tests.ui.terminal.pty_program import PtyProgram
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName
from tuimail.ui.terminal import controls

WORK = AccountName("work")
NOBODY = 9  # a port where nobody sends mail

IGNORING = (
    "import os, signal, sys;"
    "signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


class Program(PtyProgram):
    def __init__(
        self, *arguments: str, before: Sequence[str] = (), environment: dict[str, str] | None = None
    ) -> None:
        super().__init__(
            [*before, sys.executable, "-m", "tuimail", *arguments], environment=environment
        )

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.screen())


@contextmanager
def program(
    user: MailUser, *, before: Sequence[str] = (), environment: dict[str, str] | None = None
) -> Iterator[Program]:
    """With three letters in sight, and nothing left to do."""
    for number in (1, 2, 3):
        user.deliver(letter(number))
    add_account(user)
    sends_to(NOBODY, WORK)
    with Program(before=before, environment=environment) as started:
        started.sees("Budget 1")
        started.sees("online")
        yield started


def test_nothing_wakes_it_while_nothing_happens(mail_user: MailUser) -> None:
    with program(mail_user) as started:
        started.write(b"j")
        # The last timers of the start are over after ten seconds.
        started.read(12.0)
        before = started.wake_ups()
        started.read(4.0)
        assert started.wake_ups() - before == 0


def test_news_come_and_keys_count_while_the_terminal_takes_nothing(mail_user: MailUser) -> None:
    with program(mail_user) as started:
        for number in range(4, 124):
            # Each frame is a large one: help opens and closes.
            started.write(b"?" if number % 2 else b"\x1b[27u")
            if number % 20 == 0:
                mail_user.deliver(letter(number))
            time.sleep(1 / 30)
        started.write(b"\x1b[27u" * 2 + b"gg")
        place = len(started.output)
        started.sees("Budget 120")
        assert len(started.output) - place < 80_000, "frames nobody saw were kept"
        started.write(b"q")
        assert started.ended() == 0


@pytest.mark.parametrize("ignored", [False, True])
def test_a_lost_terminal_ends_it_and_not_the_engine(mail_user: MailUser, ignored: bool) -> None:
    before = [sys.executable, "-c", IGNORING] if ignored else []
    with program(mail_user, before=before) as started:
        engine = engine_pid()
        assert engine is not None
        started.hang_up()
        start = time.monotonic()
        assert started.ended(5.0) == 129
        print(f"gone after {time.monotonic() - start:.2f} s")
        assert engine_pid() == engine


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_ended_at_any_moment_of_the_start_it_leaves_the_terminal_as_it_was(
    mail_user: MailUser, delay: float
) -> None:
    with program(mail_user) as first:
        first.write(b"q")
        first.ended()
    with Program() as started:
        started.read(delay)
        os.kill(started.pid, signal.SIGTERM)
        assert started.ended(5.0) in {143, -signal.SIGTERM}
        assert started.tty_attributes() == started.attributes
        assert started.tty_flags() == started.flags
        entered = started.output.count(b"\x1b[?1049h")
        assert entered == started.output.count(b"\x1b[?1049l")


def test_stopped_and_back_it_shows_all_of_it_again(mail_user: MailUser, tmp_path: Path) -> None:
    shell = [sys.executable, "-m", small_shell.__name__, str(tmp_path / "pid")]
    with program(mail_user, before=shell) as started:
        started.write(b"\x1a")
        started.until(lambda: started.output.endswith(b"$ "))
        assert started.tty_attributes() == started.attributes
        mail_user.deliver(letter(4))
        place = len(started.output)
        started.write(b"fg\n")
        started.until(lambda: b"Budget 1" in started.output[place:])
        started.sees("Budget 4")
        started.write(b"q")
        assert started.ended() == 0
        assert started.tty_attributes() == started.attributes


def test_mail_goes_on_while_an_editor_has_the_terminal(mail_user: MailUser, tmp_path: Path) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text("print('EDITOR HERE', flush=True)\nimport sys\nsys.stdin.readline()\n")
    environment = {"EDITOR": f"{sys.executable} {editor}"}
    with program(mail_user, environment=environment) as started:
        started.write(b"m")
        started.until(lambda: b"EDITOR HERE" in started.output)
        mail_user.deliver(letter(4))
        place = len(started.output)
        started.write(b"\x03")
        started.until(lambda: b"ended with code" in started.output[place:])
        assert b"Budget" not in started.output[place : started.output.index(controls.ENTER, place)]
        started.write(b"p")
        started.sees("Budget 4")


def test_a_password_command_may_ask_in_the_terminal(mail_user: MailUser, tmp_path: Path) -> None:
    command = tmp_path / "ask"
    command.write_text(
        "#!/bin/sh\n[ -t 0 ] || exit 1\nprintf 'PIN, please: ' >&2\nread pin\necho \"$pin\"\n"
    )
    command.chmod(stat.S_IRWXU)
    mail_user.deliver(letter(1))
    file = Paths.from_environment().account_file(add_account(mail_user))
    lines = [line for line in file.read_text().splitlines() if "password" not in line]
    place = lines.index("[incoming]") + 1
    file.write_text(
        "\n".join([*lines[:place], f'password_command = ["{command}"]', *lines[place:]])
    )
    with Program() as started:
        started.until(lambda: b"PIN, please: " in started.output)
        assert started.tty_attributes() == started.attributes
        started.write(mail_user.password.encode() + b"\n")
        started.sees("Budget 1")
        started.write(b"q")
        assert started.ended() == 0


def test_hostile_mail_cannot_name_the_window(mail_user: MailUser) -> None:
    with program(mail_user) as started:
        mail_user.deliver(letter(4, Subject="=?utf-8?q?=1b]0;evil=07=1b]2;evil=1b\\?="))
        started.sees("evil")
        started.write(b"y")
        started.sees("clipboard")
        started.write(b"\x1b[27uq")
        started.ended()
        titles = re.findall(rb"\x1b\](?!8;;)[0-9]*;?([^\x1b\x07]*)", started.output)
        assert titles
        assert all(title.startswith(b"tuimail: Inbox") for title in titles), titles
