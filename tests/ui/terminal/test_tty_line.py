"""The line to a terminal that is slow, full or gone."""

import asyncio
import os
import pty
import termios
import tty
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tuimail.ui.terminal.tty import Tty
from tuimail.ui.terminal.tty_line import TtyLine

FRAME = b"x" * 200_000


class Ends:
    """A terminal at `master`, our own description of it, and what happened to the line."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.tty = Tty.open(self.slave)
        self.lost = 0
        self.ready = 0

    def line(self) -> TtyLine:
        line = TtyLine(self.tty.fd, self._lose)
        line.on_ready = self._count
        return line

    def _lose(self) -> None:
        self.lost += 1

    def _count(self) -> None:
        self.ready += 1

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    async def read(self, wanted: int) -> bytes:
        """So many bytes, as a terminal that works again."""
        data = b""
        async with asyncio.timeout(10):
            while len(data) < wanted:
                data += await asyncio.to_thread(os.read, self.master, 1 << 16)
        return data

    def close(self) -> None:
        self.tty.close()
        for end in (self.master, self.slave):
            with suppress(OSError):
                os.close(end)


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.close()


async def test_it_is_ready_again_when_the_terminal_has_taken_everything(ends: Ends) -> None:
    line = ends.line()
    assert not line.ready
    line.open(b"first")
    assert (line.ready, ends.ready) == (True, 1)
    line.send(FRAME)
    assert not line.ready
    line.send(b"last")
    got = await ends.read(len(FRAME) + 9)
    assert got == b"first" + FRAME + b"last"
    await asyncio.sleep(0.05)
    assert (line.ready, ends.ready) == (True, 2)
    line.shut(b"", 0.0)


async def test_shut_it_takes_nothing(ends: Ends) -> None:
    line = ends.line()
    line.send(b"too early")
    line.open(b"first")
    assert line.shut(b"last", 1.0)
    line.send(b"too late")
    assert not line.ready
    assert await ends.read(9) == b"firstlast"


async def test_a_full_terminal_is_not_waited_for_long(ends: Ends) -> None:
    line = ends.line()
    line.open(FRAME)
    before = asyncio.get_running_loop().time()
    assert not line.shut(b"last", 0.1)
    assert asyncio.get_running_loop().time() - before < 2.0
    assert ends.lost == 0


async def test_a_terminal_that_is_gone_is_lost_once_and_never_ready(ends: Ends) -> None:
    line = ends.line()
    line.open(b"first")
    ends.hang_up()
    line.send(b"second")
    line.send(b"third")
    assert (line.ready, ends.lost) == (False, 1)
    assert not line.shut(b"last", 1.0)
    assert ends.lost == 1


async def test_a_terminal_that_goes_while_bytes_wait_is_lost(ends: Ends) -> None:
    line = ends.line()
    line.open(FRAME)
    ends.hang_up()
    await asyncio.sleep(0.1)
    assert (line.ready, ends.lost) == (False, 1)


def test_the_description_of_others_stays_as_it_was(ends: Ends) -> None:
    assert os.get_blocking(ends.slave)
    assert not os.get_blocking(ends.tty.fd)
    usual = termios.tcgetattr(ends.slave)
    usual[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(ends.slave, termios.TCSANOW, usual)
    before = termios.tcgetattr(ends.slave)
    ends.tty.take()
    assert not termios.tcgetattr(ends.slave)[3] & (termios.ICANON | termios.ECHO)
    ends.tty.take()
    ends.tty.restore()
    assert termios.tcgetattr(ends.slave) == before


def test_where_no_name_leads_to_the_terminal_its_flags_come_back(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    with monkeypatch.context() as nameless:
        nameless.setattr(os, "open", refuse)
        shared = Tty.open(ends.slave)
    assert not os.get_blocking(ends.slave)
    shared.close()
    assert os.get_blocking(ends.slave)


def test_what_knows_no_size_gets_a_usual_one(ends: Ends) -> None:
    assert ends.tty.size() == (80, 24)
    termios.tcsetwinsize(ends.slave, (31, 101))
    assert ends.tty.size() == (101, 31)
