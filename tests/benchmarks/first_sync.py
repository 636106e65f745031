"""The first sync of a mailbox, beside mbsync in the same run; and keys while mail arrives."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.figures import milliseconds, say, summary
from tests.benchmarks.line import line
from tests.benchmarks.sandbox import Sandbox, fill_server
from tests.benchmarks.screen import newest_subject, say_steps
from tests.benchmarks.terminal import Answer, Terminal
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import find_software
from tests.servers.mail_user import MailUser

LETTERS = 10_000
ROUNDS = 2
DELAY = 0.02

MBSYNC = """\
FSync no
SyncState *

IMAPAccount bench
Host {host}
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel bench
Far :far:
Near :near:
Patterns *
Create Near
Sync Pull
"""


def first_sync() -> None:
    """10,000 letters with all their bytes, on a quick line and on one of 20 ms each way."""
    with _filled_user() as user:
        user.letters()  # Dovecot writes its own indexes before anybody is timed.
        for words, delay in (("0 ms", 0.0), ("20 ms round trip", DELAY / 2)):
            with line(user.server.imap, delay) as port:
                theirs = [_mbsync(user, port) for _ in range(ROUNDS)]
                ours = [_tuimail(user, port) for _ in range(ROUNDS)]
            if shutil.which("mbsync") is None:
                say(f"first sync of {LETTERS:,}, {words}", f"{min(ours):.2f} s")
                continue
            ratio = min(ours) / min(theirs)
            say(f"first sync of {LETTERS:,}, {words}", f"{min(ours):.2f} s", ratio, "mbsync")


def arrivals() -> None:
    """`j` while 10,000 messages arrive, beside `j` once they are all here."""
    with _filled_user() as user, Sandbox() as sandbox:
        account = sandbox.add_account(
            "bench", user.host, user.server.imap, user.name, user.password
        )
        store = sandbox.store(account, writer=False)
        with Terminal([sys.executable, "-m", "tuimail"], sandbox.environment) as terminal:
            first = terminal.wait_for(newest_subject(LETTERS))
            say("list usable, from the command", f"{first:.2f} s")
            busy: list[Answer] = []
            while sum(mailbox.total for mailbox in store.mailboxes()) < LETTERS:
                busy += [a for _ in range(10) if (a := terminal.press("j", quiet=0.03))]
            terminal.settle(1)
            rest = [a for _ in range(200) if (a := terminal.press("j", quiet=0.03))]
        store.close()
        ours, still = summary(busy, first=True), summary(rest, first=True)
        say_steps("j while mail arrives", ours, still, "j at rest")
        with_news = milliseconds(summary(busy).p95)
        say("the same until the news is drawn too, 95 %", with_news)


@contextmanager
def _filled_user() -> Iterator[MailUser]:
    software = find_software()
    if isinstance(software, str):
        raise SystemExit(software)
    with Dovecot(software) as server:
        user = MailUser(server, server.new_user())
        fill_server(user, LETTERS)
        yield user


def _mbsync(user: MailUser, port: int) -> float:
    """Seconds; 0 where mbsync is not installed."""
    if shutil.which("mbsync") is None:
        return 0.0
    with Sandbox() as sandbox:
        folder = sandbox.folder / "mail"
        folder.mkdir()
        config = _written(
            sandbox.folder / "mbsyncrc",
            MBSYNC.format(
                host=user.host, port=port, user=user.name, password=user.password, folder=folder
            ),
        )
        start = time.monotonic()
        # It warns on stderr that the password is in the clear, as it must be here.
        command = ["mbsync", "-q", "-c", str(config), "bench"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        _expect(len(list((folder / "INBOX").glob("[cn]*/*"))))
    return seconds


def _tuimail(user: MailUser, port: int) -> float:
    with Sandbox() as sandbox:
        account = sandbox.add_account("bench", user.host, port, user.name, user.password)
        start = time.monotonic()
        done = sandbox.run("sync")
        seconds = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"tuimail sync failed: {done.stderr}")
        store = sandbox.store(account)
        _expect(LETTERS - len(store.bodies_wanted(LETTERS, 1 << 40)))
        store.close()
    return seconds


def _expect(letters: int) -> None:
    if letters != LETTERS:
        raise SystemExit(f"{letters} letters came instead of {LETTERS}: nothing to compare")


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
