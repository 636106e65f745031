"""A POP3 mailbox emptied into a Maildir, beside mpop in the same run."""

import shutil
import subprocess
import time

from tests.benchmarks.figures import say
from tests.benchmarks.line import line
from tests.benchmarks.sandbox import Sandbox, fill_server
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_software import find_software
from tests.servers.mail_user import MailUser

LETTERS = 5_000
ROUNDS = 2
DELAY = 0.02

MPOP = """\
account bench
host {host}
port {port}
user {user}
password {password}
tls off
auth user
pipelining auto
keep off
received_header off
uidls_file {folder}/uidls
delivery maildir {folder}/mail
"""


def drain() -> None:
    """5,000 letters taken from the server, which is empty then; without a delay and with one."""
    software = find_software()
    if isinstance(software, str):
        raise SystemExit(software)
    with Dovecot(software) as server:
        for words, delay in (("0 ms", 0.0), ("20 ms round trip", DELAY / 2)):
            with line(server.pop3, delay) as port:
                ours = min(_tuimail(_filled(server), port) for _ in range(ROUNDS))
                if shutil.which("mpop") is None:
                    say(f"POP3 drain of {LETTERS:,}, {words}", f"{ours:.2f} s")
                    continue
                theirs = min(_mpop(_filled(server), port) for _ in range(ROUNDS))
                what = f"POP3 drain of {LETTERS:,}, {words}"
                say(what, f"{ours:.2f} s", ours / theirs, "mpop")


def _filled(server: Dovecot) -> MailUser:
    user = MailUser(server, server.new_user())
    fill_server(user, LETTERS)
    user.letters()  # Dovecot writes its own indexes before anybody is timed.
    return user


def _tuimail(user: MailUser, port: int) -> float:
    with Sandbox() as sandbox:
        account = sandbox.add_pop3_account("bench", user.host, port, user.name, user.password)
        start = time.monotonic()
        done = sandbox.run("sync")
        seconds = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"tuimail sync failed: {done.stderr}")
        _expect_drained(user, len(list(sandbox.paths.account_mail(account).glob("[cn]*/*"))))
    return seconds


def _mpop(user: MailUser, port: int) -> float:
    with Sandbox() as sandbox:
        for name in ("tmp", "new", "cur"):
            (sandbox.folder / "mail" / name).mkdir(parents=True)
        config = sandbox.folder / "mpoprc"
        config.touch(mode=0o600)
        config.write_text(
            MPOP.format(
                host=user.host,
                port=port,
                user=user.name,
                password=user.password,
                folder=sandbox.folder,
            )
        )
        start = time.monotonic()
        subprocess.run(["mpop", "-Q", "-C", config, "bench"], check=True, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - start
        _expect_drained(user, len(list((sandbox.folder / "mail" / "new").iterdir())))
    return seconds


def _expect_drained(user: MailUser, letters: int) -> None:
    left = sum(user.letters().values())
    if (letters, left) != (LETTERS, 0):
        raise SystemExit(f"{letters} letters came and {left} are left: nothing to compare")
