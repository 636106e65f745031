"""The walk through the demo in real terminals: tmux and GNU screen show what a bare pty does."""

import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.hosts import BarePty, GnuScreen, Host, Tmux
from tests.pictures.steps import SIZES, STEPS, Step
from tests.servers.programs import Program

FIRST, *OTHERS = SIZES
NAMES = {"pagedown": "\x1b[6~", "enter": "\r", "escape": "\x1b", "space": " ", "colon": ":"}
NAMES |= {"question_mark": "?", "backslash": "\\"}
# What a preview shows becomes read after a while, wherever that falls into the walk.
LEFT_OUT = {"preview", "preview away"}
AT_REST, AFTER_ESCAPE = 0.7, 0.6

Size = tuple[int, int]


@pytest.fixture(autouse=True)
def _no_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("EDITOR", "VISUAL", "LC_ALL", "LC_CTYPE", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)


def the_walk_looks_the_same(size: Size, folder: Path, program: Callable[[str], Program]) -> None:
    tmux, demo = program("tmux"), ("demo",)
    with (
        BarePty(size, demo) as pty,
        Tmux(tmux, size, demo) as in_tmux,
        GnuScreen(tmux, program("screen"), folder, size, demo) as in_screen,
    ):
        for host in (pty, in_tmux, in_screen):
            host.until(lambda lines: "online" in lines[0])
        for step in STEPS:
            if step.name in LEFT_OUT:
                continue
            press(pty, step)
            wanted = shape(settled(pty))
            for name, host in (("tmux", in_tmux), ("screen", in_screen)):
                press(host, step)
                seen = shape(host.until(lambda lines: shape(lines) == wanted))  # noqa: B023
                assert seen == wanted, f"{step.name} in {name}"


def settled(host: Host) -> list[str]:
    """What stands there when the server has everything."""
    while "pending" in (lines := host.at_rest(AT_REST))[0]:
        pass
    return lines


def press(host: Host, step: Step) -> None:
    """Esc and what follows at once would be Alt and that; GNU screen keeps an Esc for 0.3 s."""
    for key in step.keys:
        host.type(NAMES.get(key, key).encode())
        if key == "escape":
            time.sleep(AFTER_ESCAPE)


def shape(lines: list[str]) -> list[str]:
    """Without the time of day, and without marks, which terminals keep in different cells."""
    return [_shape(line) for line in lines]


def _shape(line: str) -> str:
    marked = any(unicodedata.category(character)[0] == "M" for character in line)
    bare = "".join(c for c in line if unicodedata.category(c)[0] != "M")
    timeless = re.sub(r"\d", "0", bare)
    return timeless.replace(" ", "") if marked else timeless


def test_the_walk_looks_the_same_everywhere(
    tmp_path: Path, program: Callable[[str], Program]
) -> None:
    the_walk_looks_the_same(FIRST, tmp_path, program)


def test_nothing_is_left_in_tmux_although_the_window_was_enlarged(
    program: Callable[[str], Program],
) -> None:
    around = ("sh", "-c", 'echo before; "$@"; echo after; exec sleep 100', "sh")
    with Tmux(program("tmux"), (80, 24), ("demo",), around) as host:
        host.until(lambda lines: "online" in lines[0])
        host.resize((160, 50))
        host.until(lambda lines: "online" in lines[0][80:])
        host.at_rest(AT_REST)
        host.type(b"Q")
        lines = host.until(lambda lines: "after" in lines)
        assert [line for line in lines if line] == ["before", "after"]


@pytest.mark.long
@pytest.mark.parametrize("size", OTHERS, ids=str)
def test_the_walk_looks_the_same_at_other_sizes(
    tmp_path: Path, size: Size, program: Callable[[str], Program]
) -> None:
    the_walk_looks_the_same(size, tmp_path, program)
