"""The real program on every kind of terminal: each gets what it understands, and no more."""

import os
import re
import subprocess
import sys

import pytest

from tests.benchmarks.terminal import Terminal
from tests.ui.terminal.grammar import ANSI, ATTRIBUTES, WEB_OR_MAIL, Grammar

DEMO = [sys.executable, "-m", "tuimail", "demo"]
# The colours of a locale or a session are not those of the machine that runs the tests.
FORGET = ("COLORTERM", "NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "STY", "LC_ALL", "LC_CTYPE", "LANG")
WORDS = "Roof of the boathouse"


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FORGET} | more


def walked(**more: str) -> bytes:
    """All that a short visit to the demo sends."""
    with Terminal(DEMO, environment(LANG="", **more), columns=100, rows=30) as screen:
        screen.wait_for(WORDS)
        screen.settle(1.0)
        for keys in ("j", "k", "\r", "q", "?", "\x1b", "G"):
            screen.press(keys, quiet=0.6 if keys == "\x1b" else 0.1)
        screen.write("q")
        screen.process.wait(20)
        return screen.output


@pytest.mark.parametrize("term", ["xterm", "screen-256color", "tmux-256color", "rxvt", "putty"])
def test_modern_ones_keep_their_own_colours(term: str) -> None:
    found = Grammar(100, 30, title="tuimail.*", links=WEB_OR_MAIL).check(
        walked(TERM=term, LC_ALL="C.UTF-8")
    )
    assert found["enter"] == found["leave"] == 1


def test_over_ssh_the_terminal_keeps_its_colours_although_it_has_all() -> None:
    output = walked(TERM="xterm-256color", COLORTERM="truecolor", SSH_CONNECTION="1 2 3 4")
    Grammar(100, 30, title="tuimail.*", links=WEB_OR_MAIL).check(output)
    assert b"\x1b[?1000h" not in output


def test_a_kitty_has_all_colours_without_a_promise() -> None:
    assert b"38;2;" in walked(TERM="xterm-kitty")


@pytest.mark.parametrize("term", ["xterm-256color", "foot", "linux"])
def test_no_color_leaves_weight_and_signs(term: str) -> None:
    output = walked(TERM=term, NO_COLOR="1", COLORTERM="truecolor", LC_ALL="C.UTF-8")
    grammar = Grammar(
        100, 30, styles=ATTRIBUTES, title="tuimail.*", links=WEB_OR_MAIL, old=term == "linux"
    )
    grammar.check(output)
    assert re.search(rb"\x1b\[[0-9;]*7m>", output)
    assert re.search(rb"\x1b\[[0-9;]*1m", output)


@pytest.mark.parametrize("term", ["vt100", "vt220"])
def test_old_ones_get_ascii_and_four_attributes(term: str) -> None:
    output = walked(TERM=term, LC_ALL="C.UTF-8", COLORTERM="truecolor")
    assert output.isascii()
    Grammar(100, 30, styles={"", "0", "1", "4", "7"}, old=True).check(output)
    modes = set(re.findall(rb"\x1b\[\?(\d+)", output))
    # Of VT100's own: cursor keys, reverse video and origin, which others may have left on.
    plain = {b"1", b"5", b"6", b"7"}
    assert modes == (plain if term == "vt100" else plain | {b"25"})
    assert not re.search(rb"\x1b\[\d+G", output)


def test_the_linux_console_gets_letters_but_our_signs_in_ascii() -> None:
    output = walked(TERM="linux", LC_ALL="C.UTF-8")
    Grammar(100, 30, styles=ANSI, old=True).check(output)
    assert "旅館 潮騒".encode() in output
    for sign in "•│─":  # the letters themselves have others
        assert sign.encode() not in output
    assert b"1049" not in output


@pytest.mark.parametrize(
    ("locale", "encoding", "name"),
    [
        ("C", "ascii", b"Tomasz W?jcik"),
        ("en_US.ISO-8859-1", "latin-1", b"Tomasz W\xf3jcik"),
        ("en_US.UTF-8", "utf-8", "Tomasz Wójcik".encode()),
    ],
)
def test_text_is_sent_in_the_locales_encoding(locale: str, encoding: str, name: bytes) -> None:
    output = walked(TERM="xterm-256color", LC_ALL=locale, PYTHONUTF8="0")
    Grammar(100, 30, title="tuimail.*", links=WEB_OR_MAIL, encoding=encoding).check(output)
    assert name in output
    assert b"\\x" not in output
    assert b"\\u" not in output
    assert ("旅館 潮騒".encode() in output) == (encoding == "utf-8")


@pytest.mark.parametrize("more", [{"TERM": "dumb"}, {"TERM": ""}, {"TERM": "vt52"}])
def test_a_terminal_that_can_show_nothing_is_told_so_in_one_sentence(
    more: dict[str, str],
) -> None:
    with Terminal(DEMO, environment(**more)) as screen:
        assert screen.process.wait(20) == 2
        screen.settle(0.2)
        lines = screen.output.decode().strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].isprintable()
    assert "cannot show the interface" in lines[0]


def test_without_a_terminal_there_is_one_sentence() -> None:
    done = subprocess.run(
        DEMO,
        env=environment(TERM="xterm"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        "tuimail: the interface needs a terminal; see tuimail --help"
    ]
