"""The first sync of a mailbox, beside mbsync in the same run; and keys while mail arrives."""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.figures import milliseconds, say, summary
from tests.benchmarks.line import line
from tests.benchmarks.mixed_letters import mixed_letters
from tests.benchmarks.sandbox import Sandbox, fill_server
from tests.benchmarks.screen import newest_subject, say_steps
from tests.benchmarks.terminal import Answer, Terminal
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import find_software
from tests.servers.mail_user import MailUser

LETTERS = 10_000
ROUNDS = 3
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
    """10,000 letters with all their bytes, headers searchable, near and 20 ms away."""
    for what, fill in (("small", _fill_small), ("mixed", _fill_mixed)):
        with _filled_user(fill) as user:
            user.letters()  # Dovecot writes its own indexes before anybody is timed.
            for distance, delay in (("0 ms", 0.0), ("20 ms", DELAY / 2)):
                with line(user.server.imap, delay) as port:
                    _say_first_sync(f"{what}, {distance}", user, port)


def _say_first_sync(what: str, user: MailUser, port: int) -> None:
    """In turns, because the file system has its moods."""
    rounds = [(_mbsync(user, port), _tuimail(user, port)) for _ in range(ROUNDS)]
    theirs = statistics.median(seconds for seconds, _ in rounds)
    whole = statistics.median(ours.whole for _, ours in rounds)
    usable = statistics.median(ours.usable for _, ours in rounds)
    for name, seconds in (("first sync", whole), ("list usable", usable)):
        ratio = seconds / theirs if theirs else None
        say(f"{name}, {what}", f"{seconds:.2f} s", ratio, "mbsync")


def arrivals() -> None:
    """`j` while 10,000 messages arrive, beside `j` once they are all here."""
    with _filled_user(_fill_small) as user, Sandbox() as sandbox:
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


class FirstSync(NamedTuple):
    """Seconds from the command until a list can be used, and until all is here."""

    usable: float
    whole: float


def _fill_small(user: MailUser) -> None:
    fill_server(user, LETTERS)


def _fill_mixed(user: MailUser) -> None:
    for sample, raw in mixed_letters(LETTERS):
        user.deliver(raw, flags="S" if sample.read else "", received=sample.received)


@contextmanager
def _filled_user(fill: Callable[[MailUser], None]) -> Iterator[MailUser]:
    software = find_software()
    if isinstance(software, str):
        raise SystemExit(software)
    with Dovecot(software) as server:
        user = MailUser(server, server.new_user())
        fill(user)
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


def _tuimail(user: MailUser, port: int) -> FirstSync:
    with Sandbox() as sandbox, ThreadPoolExecutor(1) as other:
        account = sandbox.add_account("bench", user.host, port, user.name, user.password)
        start = time.monotonic()
        running = other.submit(sandbox.run, "sync")
        reader = sandbox.store(account, writer=False)
        while not running.done() and not any(box.total for box in reader.mailboxes()):
            time.sleep(0.01)
        usable = time.monotonic() - start
        reader.close()
        done = running.result()
        whole = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"tuimail sync failed: {done.stderr}")
        store = sandbox.store(account)
        _expect(LETTERS - len(store.bodies_wanted(LETTERS, 1 << 40)))
        store.close()
    return FirstSync(usable, whole)


def _expect(letters: int) -> None:
    if letters != LETTERS:
        raise SystemExit(f"{letters} letters came instead of {LETTERS}: nothing to compare")


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
