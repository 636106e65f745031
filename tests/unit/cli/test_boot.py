"""Boot paint never stops the start, and leaves the terminal to whoever goes on."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn

import pytest

from tuimail.cli import boot, opening
from tuimail.cli.boot import Boot
from tuimail.ui.terminal.tty import Tty


class _Gone(Exception):
    """In the place of the end of the process."""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of one; handlers of signals are put back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_whatever_goes_wrong_the_start_goes_on_and_the_fault_is_kept(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(opening, "draw", broken)
    before = termios.tcgetattr(terminal[1])
    started = Boot(Tty.open(terminal[1]))
    started.paint(demo=True)
    assert isinstance(started.fault, ZeroDivisionError)
    assert started.booted.frame is None
    assert termios.tcgetattr(terminal[1]) != before
    started.end()
    assert termios.tcgetattr(terminal[1]) == before


def test_the_terminal_is_given_back_once(terminal: tuple[int, int]) -> None:
    started = Boot(Tty.open(terminal[1]))
    started.paint(demo=True)
    assert started.fault is None
    sent = os.read(terminal[0], 1 << 16)
    started.end()
    given = os.read(terminal[0], 1 << 16)
    started.end()
    os.write(terminal[1], b"after")
    assert sent.count(b"\x1b[?1049h") == given.count(b"\x1b[?1049l") == 1
    assert os.read(terminal[0], 1 << 16) == b"after"


def test_who_goes_on_is_told_what_is_shown(terminal: tuple[int, int]) -> None:
    termios.tcsetwinsize(terminal[1], (30, 100))
    started = Boot(Tty.open(terminal[1]))
    started.paint(demo=True)
    tty, writer, frame = started.booted
    assert frame is not None
    assert writer is not None
    assert (frame.width, frame.height) == (100, 30)
    assert tty.taken
    assert writer.paint(frame) == b""
    started.end()


def test_a_terminal_that_takes_nothing_is_painted_anew(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "_PATIENCE", 0.05)
    tty = Tty.open(terminal[1])
    started = Boot(tty)
    with suppress(BlockingIOError):
        while True:
            os.write(tty.fd, b".")
    started.paint(demo=True)
    _, writer, frame = started.booted
    assert frame is not None
    assert writer is not None
    assert writer.paint(frame) != b""
    os.read(terminal[0], 1 << 16)
    started.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back_before_anything_else_ends(
    terminal: tuple[int, int], number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = termios.tcgetattr(terminal[1])
    started = Boot(Tty.open(terminal[1]))
    taken: list[bool] = []

    def leave(status: int) -> NoReturn:
        taken.append(started.booted.tty.taken)
        raise _Gone(status)

    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(_Gone) as gone:
        signal.raise_signal(number)
    assert gone.value.args == (128 + number,)
    assert taken == [False]
    assert termios.tcgetattr(terminal[1]) == before


SWALLOWS = """
import os, signal, sys, time
from tuimail.cli.boot import Boot
from tuimail.ui.terminal.tty import Tty

class Careless:
    def __del__(self):
        signal.raise_signal(signal.Signals[sys.argv[1]])

class Wrapping:
    def __set_name__(self, owner, name):
        signal.raise_signal(signal.Signals[sys.argv[1]])

Boot(Tty.open(0))
if sys.argv[2] == "swallowed":
    Careless()
else:
    type("Making", (), {"field": Wrapping()})
time.sleep(60)
"""


@pytest.mark.parametrize("ending", ["swallowed", "turned into another"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_program_wherever_it_arrives(
    terminal: tuple[int, int], number: signal.Signals, ending: str
) -> None:
    before = termios.tcgetattr(terminal[1])
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWS, number.name, ending],
        stdin=terminal[1],
        stderr=subprocess.PIPE,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (128 + number, b"")
    assert termios.tcgetattr(terminal[1]) == before


def test_an_ignored_hang_up_stays_ignored(terminal: tuple[int, int]) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    started = Boot(Tty.open(terminal[1]))
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    started.end()


@pytest.mark.parametrize("kind", ["", "dumb"])
def test_without_a_terminal_worth_it_nothing_is_taken(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(os, "isatty", lambda _: True)
    assert boot.begin(demo=True) is None
