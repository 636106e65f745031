"""A line over SSH that turns out to be slow: found out, told, and spared."""

import sys
from collections.abc import Iterator

import pytest

from tests.benchmarks.sandbox import Sandbox
from tests.ui.terminal.pty_program import PtyProgram

MESSAGES = 300
PAGE_DOWN = b"\x1b[6~"
ASKED = b"\x1b[5n"
SLOW, FAST = "This line is slow", "This line is fast again"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.add_mail(MESSAGES)
        yield sandbox


def started(sandbox: Sandbox, settings: str = "", **environment: str) -> PtyProgram:
    sandbox.configure(settings)
    return PtyProgram(
        [sys.executable, "-m", "tuimail"],
        environment={
            **sandbox.environment,
            "TUIMAIL_ENGINE": "off",
            "LANG": "C.UTF-8",
            "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22",
            **environment,
        },
        columns=119,
        rows=40,
    )


def ready(program: PtyProgram) -> None:
    """Read until its interface is there; the first screen is painted long before."""
    program.until(lambda: f"1/{MESSAGES}" in program.screen())
    program.until(lambda: ASKED in program.output)
    program.read(0.5)


def turn_pages(program: PtyProgram, pages: int, key: bytes = PAGE_DOWN) -> int:
    """Bytes of the last one."""
    before = len(program.output)
    for _ in range(pages):
        before = len(program.output)
        program.write(key)
        program.read(1.0)
    return len(program.output) - before


def test_a_slow_line_over_ssh_gets_subjects_alone_until_it_is_fast_again(mailbox: Sandbox) -> None:
    with started(mailbox) as program:
        ready(program)
        usual = turn_pages(program, 1)
        program.speed = 12_000
        turn_pages(program, 3)
        program.until(lambda: SLOW in program.screen())
        assert turn_pages(program, 1) < 0.75 * usual
        program.write(b"p")
        program.until(lambda: "No preview on a slow link" in program.screen())
        program.speed = None
        turn_pages(program, 3, b"\x1b[5~")
        program.until(lambda: FAST in program.screen())
        program.write(b"Q")
        assert program.ended() == 0


@pytest.mark.parametrize(
    ("settings", "environment"),
    [("slow_link = false\n", {}), ("", {"SSH_CONNECTION": "", "SSH_TTY": ""})],
)
def test_a_line_is_not_measured_where_nobody_wants_it(
    mailbox: Sandbox, settings: str, environment: dict[str, str]
) -> None:
    with started(mailbox, settings, **environment) as program:
        ready(program)
        asked = program.output.count(ASKED)
        program.speed = 12_000
        turn_pages(program, 4)
        assert SLOW not in program.screen()
        assert program.output.count(ASKED) == asked
        program.write(b"Q")
        assert program.ended() == 0


def test_a_line_said_to_be_slow_begins_with_subjects_alone(mailbox: Sandbox) -> None:
    sizes = []
    for settings in ("", "slow_link = true\n"):
        with started(mailbox, settings) as program:
            ready(program)
            sizes.append(len(program.output))
            program.write(b"Q")
            assert program.ended() == 0
    assert sizes[1] < 0.75 * sizes[0]
