"""The first second in a real terminal: keys, signals, sizes, and what may be wrong."""

import signal
import sys
from collections.abc import Iterator
from contextlib import closing

import apsw
import pytest

from tests.benchmarks.sandbox import Sandbox, fill_store
from tests.ui.terminal.pty_program import PtyProgram
from tuimail.model.mail import AccountName

MESSAGES = 60
KEY_DELAYS = (0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35)
DELAYS = (0.02, 0.08, 0.15, 0.25, 0.5)
ENTERED, LEFT = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.add_mail(MESSAGES)
        yield sandbox


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def started(sandbox: Sandbox, *arguments: str, columns: int = 80, rows: int = 24) -> PtyProgram:
    return PtyProgram(
        [sys.executable, "-m", "tuimail", *arguments],
        environment={**sandbox.environment, "TUIMAIL_ENGINE": "off", "LANG": "C.UTF-8"},
        columns=columns,
        rows=rows,
    )


def is_as_it_was(program: PtyProgram) -> bool:
    """Whether the terminal was given back whole."""
    given_back = program.output.count(ENTERED) <= program.output.count(LEFT)
    return given_back and program.tty_attributes() == program.attributes


def leave(program: PtyProgram) -> None:
    program.write(b"Q")
    assert program.ended() == 0
    assert is_as_it_was(program)


@pytest.mark.parametrize("delay", KEY_DELAYS)
def test_a_key_typed_at_any_moment_is_carried_out(mailbox: Sandbox, delay: float) -> None:
    with started(mailbox) as program:
        program.read(delay)
        program.write(b"j")
        program.until(lambda: f"Inbox 2/{MESSAGES}" in program.screen())
        leave(program)


def test_keys_typed_at_different_moments_keep_their_order(mailbox: Sandbox) -> None:
    with started(mailbox) as program:
        for key in (b"j", b"j", b"k", b"G", b"k"):
            program.write(key)
            program.read(0.06)
        program.until(lambda: f"Inbox {MESSAGES - 1}/{MESSAGES}" in program.screen())
        leave(program)


@pytest.mark.parametrize("delay", DELAYS)
def test_who_types_q_at_once_has_the_terminal_back(mailbox: Sandbox, delay: float) -> None:
    with started(mailbox) as program:
        program.read(delay)
        program.write(b"q")
        assert program.ended() == 0
        assert is_as_it_was(program)


@pytest.mark.parametrize("delay", DELAYS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_moment_leaves_the_terminal_as_it_was(
    mailbox: Sandbox, number: signal.Signals, delay: float
) -> None:
    with started(mailbox) as program:
        program.read(delay)
        program.process.send_signal(number)
        assert program.ended() != 0
        assert is_as_it_was(program)


def test_a_terminal_that_goes_away_during_the_start_takes_the_program_along(
    mailbox: Sandbox,
) -> None:
    with started(mailbox) as program:
        program.until(lambda: ENTERED in program.output)
        program.hang_up()
        assert program.ended() != 0


def test_a_terminal_that_is_resized_during_the_start_shows_all_of_the_new_size(
    mailbox: Sandbox,
) -> None:
    with started(mailbox) as program:
        program.until(lambda: ENTERED in program.output)
        program.resize(100, 30)
        program.until(lambda: "? keys" in program.screen().splitlines()[29])
        lines = program.screen().splitlines()
        assert all(line[29:].strip() for line in lines[1:29])
        assert "? keys" not in lines[23]
        leave(program)


def test_the_first_screen_is_sent_once(mailbox: Sandbox) -> None:
    with started(mailbox) as program:
        program.until(lambda: b"\x1b[5n" in program.output)
        program.read(1.0)
        words = program.screen().splitlines()[12].split()[1].encode()
        assert program.output.count(ENTERED) == 1
        assert program.output.count(b"\x1b[2J") == 1
        shown = program.screen().encode().count(words)
        assert program.output.count(words) == shown
        leave(program)


def test_a_settings_file_that_is_wrong_is_told_on_the_screen_of_the_shell(fresh: Sandbox) -> None:
    fresh.add_account("mine", "127.0.0.1", 9, "me", "secret")
    fresh.paths.config_file.write_text("theme = \n")
    with started(fresh) as program:
        assert program.ended() == 2
        assert is_as_it_was(program)
        assert b"config.toml" in program.output.rpartition(LEFT)[2]


def test_an_account_that_turns_out_wrong_is_told_after_the_first_screen_is_gone(
    fresh: Sandbox,
) -> None:
    account = fresh.add_account("mine", "127.0.0.1", 9, "me", "secret")
    fresh.paths.account_file(account).write_text("email = 1\n")
    with started(fresh) as program:
        assert program.ended() == 2
        assert is_as_it_was(program)
        assert b"mine.toml" in program.output.rpartition(LEFT)[2]


@pytest.mark.parametrize("theme", ["ansi", "calm", "paper"])
def test_an_account_without_mail_begins_with_an_empty_list(fresh: Sandbox, theme: str) -> None:
    fresh.add_account("mine", "127.0.0.1", 9, "me", "secret")
    fresh.paths.config_file.write_text(f'theme = "{theme}"\nslow_link = true\n')
    with started(fresh, columns=120, rows=40) as program:
        program.until(lambda: "Inbox 0/0" in program.screen())
        program.until(lambda: b"\x1b[5n" in program.output)
        leave(program)


@pytest.mark.parametrize("keys", [b"aaaq", b"ddQ", b"aaaaaaaaq"])
def test_what_is_done_at_the_last_moment_is_on_disk_before_the_end(
    fresh: Sandbox, keys: bytes
) -> None:
    store = fresh.store(fresh.add_mail(MESSAGES))
    with started(fresh) as program:
        program.until(lambda: f"Inbox 1/{MESSAGES}" in program.screen())
        program.until(lambda: b"\x1b[5n" in program.output)
        program.write(keys)
        assert program.ended() == 0
        assert is_as_it_was(program)
    assert len(store.pending()) == len(keys) - 1
    store.close()


def test_several_accounts_are_shown_in_one_list(fresh: Sandbox) -> None:
    for name in ("one", "two"):
        store = fresh.store(AccountName(fresh.add_account(name, "127.0.0.1", 9, "me", "secret")))
        fill_store(store, MESSAGES)
        store.close()
    with started(fresh, columns=120, rows=40) as program:
        program.until(lambda: f"All inboxes 1/{2 * MESSAGES}" in program.screen())
        program.write(b"j")
        program.until(lambda: f"All inboxes 2/{2 * MESSAGES}" in program.screen())
        leave(program)


def test_a_store_that_is_locked_holds_up_no_start(fresh: Sandbox) -> None:
    account = fresh.add_account("mine", "127.0.0.1", 9, "me", "secret")
    fresh.store(account).close()
    holder = apsw.Connection(str(fresh.paths.account_data(account) / "journal.db"))
    holder.execute(
        "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE held (c)"
    ).fetchall()
    with closing(holder), started(fresh) as program:
        program.until(lambda: b"\x1b[5n" in program.output)
        assert "Inbox" not in program.screen()
        program.write(b"q")
        assert program.ended(patience=4.0) == 0
        assert is_as_it_was(program)


def test_without_an_account_the_form_has_the_keys_typed_early(fresh: Sandbox) -> None:
    with started(fresh) as program:
        program.until(lambda: program.tty_attributes() != program.attributes)
        program.write(b"\x03")
        assert program.ended() == 0
        assert is_as_it_was(program)
