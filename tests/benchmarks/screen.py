"""The screen: how soon it is there, what a key costs, how much memory it holds."""

import os
import re
import sys

from tests.benchmarks.figures import Steps, milliseconds, say, steps
from tests.benchmarks.letters import samples
from tests.benchmarks.sandbox import Sandbox, fill_store, record_moves
from tests.benchmarks.terminal import Terminal
from tuimail.model.mail import AccountName

MESSAGES = 100_000
PENDING = 10_000
ROUNDS = 5
PRESSES = 200

BARE = [sys.executable, "-m", "tests.benchmarks.bare_textual"]
TUIMAIL = [sys.executable, "-m", "tuimail"]


def start_up() -> None:
    """From the command to the list of 100,000 messages, beside a bare Textual list."""
    with _large_mailbox() as sandbox:
        shown = newest_subject(MESSAGES)
        ours, bare = [], []
        for _ in range(ROUNDS):
            with _tuimail(sandbox) as terminal:
                ours.append(terminal.wait_for(shown))
                terminal.settle()
                size = len(terminal.output)
            with _bare() as terminal:
                bare.append(terminal.wait_for("row 0 of"))
        yardstick = "a bare Textual list"
        ratio = min(ours) / min(bare)
        say(f"start-up to the list of {MESSAGES:,}", milliseconds(min(ours)), ratio, yardstick)
        say("bytes at start-up", f"{size:,}")


def keys() -> None:
    """`j` and the memory with 100,000 messages and 10,000 operations pending."""
    with _bare() as terminal:
        terminal.wait_for("row 0 of")
        terminal.settle()
        bare = steps(terminal, "j", PRESSES)
        bare_memory = terminal.rss()
    with _large_mailbox(pending=PENDING) as sandbox, _tuimail(sandbox) as terminal:
        terminal.wait_for(newest_subject(MESSAGES))
        terminal.settle()
        ours = steps(terminal, "j", PRESSES)
        memory = terminal.rss()
        page = steps(terminal, "\x1b[6~", 20)
    say_steps(f"j with {PENDING:,} operations pending", ours, bare)
    say("bytes of a page", f"{page.size:,}")
    say("memory", f"{memory / 1e6:.0f} MB", memory / bare_memory, "a bare Textual list")


def say_steps(what: str, ours: Steps, bare: Steps, of: str = "a bare Textual list") -> None:
    say(f"{what}, median", milliseconds(ours.median), ours.median / bare.median, of)
    say(f"{what}, 95 %", milliseconds(ours.p95), ours.p95 / bare.p95, of)
    say(f"{what}, bytes", f"{ours.size:,}", ours.size / bare.size, of)
    if ours.silent:
        say(f"{what}, without answer", f"{ours.silent}")


def newest_subject(number: int) -> str:
    """What the list shows of the newest of so many letters, as a pattern."""
    *_, newest = samples(number)
    return re.escape(newest.subject[:12])


def _large_mailbox(pending: int = 0) -> Sandbox:
    sandbox = Sandbox()
    # Nobody listens there: the engine stays offline and the screen must not mind.
    account = sandbox.add_account("bench", "127.0.0.1", 9, "bench", "secret")
    store = sandbox.store(AccountName(account))
    fill_store(store, MESSAGES)
    if pending:
        record_moves(store, pending)
    store.close()
    return sandbox


def _tuimail(sandbox: Sandbox) -> Terminal:
    return Terminal(TUIMAIL, sandbox.environment)


def _bare() -> Terminal:
    return Terminal(BARE, {"PATH": os.environ["PATH"]})
