"""The program behind a real SSH server whose connection is dropped: nothing is lost."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli_program import add_account, done, found, letter
from tests.integration.engine_process import engine_pid, no_engine_left
from tests.integration.test_sending import sends_to
from tests.servers.mail_user import MailUser
from tests.servers.sshd import Sshd
from tests.ui.terminal.pty_program import PtyProgram
from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

GONE_WITHIN = 5.0
NOBODY = 9  # a port where nobody sends mail
FOLDERS = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")

EDITOR = """\
import sys, time
with open(sys.argv[1], "a") as sheet:
    sheet.write("precious words")
print("EDITOR HERE", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


class Session(PtyProgram):
    """The program at the far end; `pid` is its process there, which is this machine, too."""

    def __init__(self, sshd: Sshd, folder: Path, **environment: str) -> None:
        self._pid_file = folder / "pid"
        kept = {name: os.environ[name] for name in (*FOLDERS, "XDG_RUNTIME_DIR", "PATH")}
        note = ("sh", "-c", 'echo $$ > "$0"; exec "$@"', str(self._pid_file))
        words = [*note, sys.executable, "-m", "tuimail"]
        super().__init__(sshd.command(words, {**kept, "LANG": "C.UTF-8", **environment}))

    @property
    def pid(self) -> int:
        return int(self._pid_file.read_text())

    def sees(self, text: str) -> None:
        self.until(lambda: text in self.screen())

    def gone_after(self) -> None:
        """Wait until the far program is no more; it fails if that takes long."""
        start = time.monotonic()
        while self._is_there():
            assert time.monotonic() - start < GONE_WITHIN, "it goes on"
            time.sleep(0.005)
        print(f"gone after {time.monotonic() - start:.2f} s")

    def _is_there(self) -> bool:
        """A zombie is not; whoever is to bury it may take its time."""
        try:
            return self.state() != "Z"
        except OSError:
            return False


@contextmanager
def session(sshd: Sshd, folder: Path, user: MailUser, **environment: str) -> Iterator[Session]:
    """With three letters in sight."""
    for number in (1, 2, 3):
        user.deliver(letter(number))
    add_account(user)
    sends_to(NOBODY, AccountName("work"))
    with Session(sshd, folder, **environment) as far:
        far.sees("Budget 1")
        far.sees("online")
        yield far


def by_the_server(sshd: Sshd, _: Session) -> None:
    sshd.drop()


def by_the_client(_: Sshd, far: Session) -> None:
    far.process.send_signal(signal.SIGKILL)


Drop = Callable[[Sshd, Session], None]
DROPS = pytest.mark.parametrize("drop", [by_the_server, by_the_client])


def drafts() -> str:
    folder = Paths.from_environment().account_data(AccountName("work")) / "drafts"
    return "\n".join(path.read_text() for path in folder.rglob("letter.txt"))


def deletes_one(far: Session) -> None:
    far.write(b"d")
    far.sees("Deleted")


def is_told_about_the_deletion(user: MailUser) -> None:
    """The engine has gone on without us."""
    end = time.monotonic() + 20
    while sorted(each.mailbox for each in user.letters().elements()).count("Trash") != 1:
        assert time.monotonic() < end, user.letters()
        time.sleep(0.1)
    assert len(found("in:INBOX")) == 2


@DROPS
def test_dropped_while_nothing_happens(
    sshd: Sshd, mail_user: MailUser, tmp_path: Path, drop: Drop
) -> None:
    with session(sshd, tmp_path, mail_user) as far:
        engine = engine_pid()
        drop(sshd, far)
        far.gone_after()
        assert engine is not None
        assert engine_pid() == engine


@DROPS
def test_dropped_while_a_key_is_held(
    sshd: Sshd, mail_user: MailUser, tmp_path: Path, drop: Drop
) -> None:
    with session(sshd, tmp_path, mail_user) as far:
        engine = engine_pid()
        deletes_one(far)
        for turn in range(60):
            far.write(b"jk"[turn % 2 :][:1])
            far.read(1 / 30)
        drop(sshd, far)
        far.gone_after()
        assert engine_pid() == engine
        is_told_about_the_deletion(mail_user)


@DROPS
def test_dropped_while_a_letter_is_written(
    sshd: Sshd, mail_user: MailUser, tmp_path: Path, drop: Drop
) -> None:
    with session(sshd, tmp_path, mail_user) as far:
        engine = engine_pid()
        deletes_one(far)
        far.write(b"m")
        far.sees("Fields above the empty line")
        far.write(b"precious words")
        far.sees("precious words")
        assert "precious words" not in drafts()
        drop(sshd, far)
        far.gone_after()
        assert engine_pid() == engine
        assert "precious words" in drafts()
        is_told_about_the_deletion(mail_user)


@DROPS
def test_dropped_while_an_editor_runs(
    sshd: Sshd, mail_user: MailUser, tmp_path: Path, drop: Drop
) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    editor = f"{sys.executable} {script}"
    with session(sshd, tmp_path, mail_user, EDITOR=editor) as far:
        engine = engine_pid()
        far.write(b"m")
        far.until(lambda: b"EDITOR HERE" in far.output)
        drop(sshd, far)
        far.gone_after()
        assert engine_pid() == engine
        assert "precious words" in drafts()


def test_what_was_written_is_offered_at_the_next_start(
    sshd: Sshd, mail_user: MailUser, tmp_path: Path
) -> None:
    with session(sshd, tmp_path, mail_user) as far:
        far.write(b"m")
        far.sees("Fields above the empty line")
        far.write(b"precious words")
        far.sees("precious words")
        sshd.drop()
        far.gone_after()
    with Session(sshd, tmp_path) as far:
        far.sees("you were writing was kept")
        far.write(b"q")
        assert far.ended() == 0
    done("engine", "stop")
