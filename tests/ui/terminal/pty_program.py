"""A program in a pty, and a test at the other end that may look away, or go."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import pyte

from tests.closing import Closing
from tests.ui.terminal import small_app, small_shell
from tests.ui.terminal.pyte_screen import PyteScreen

PATIENCE = 20.0
ROOT = Path(__file__).parents[3]

_QUESTION = re.compile(rb"\x1b\[(?:(?P<status>5)n|\?(?P<mode>\d+)\$p)")
_BEYOND_PYTE = re.compile(rb"\x1b\[[<>=][0-?]*[ -/]*[@-~]|\x1b\[22;0t|\x1b\[23;0t")

Attributes = list[int | list[bytes | int]]


class PtyProgram(Closing):
    """`command` at the slave end; reads only when it is asked to, and answers like a terminal.

    `speed` is how many bytes a second it takes, None for as many as come.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: dict[str, str] | None = None,
        columns: int = 80,
        rows: int = 24,
        answers: bool = True,
    ) -> None:
        self.master, self._slave = pty.openpty()
        self.answers = answers
        self.speed: int | None = None
        self.output = b""
        self._held: bytes | None = None
        self.resize(columns, rows, tell=False)
        self.attributes: Attributes = termios.tcgetattr(self._slave)
        self.flags = fcntl.fcntl(self._slave, fcntl.F_GETFL)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        )

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for end in (self.master, self._slave):
            with suppress(OSError):
                os.close(end)

    # --- the terminal's side

    def write(self, data: bytes) -> None:
        os.write(self.master, data)

    def write_in_pieces(self, *pieces: bytes, gap: float) -> None:
        """Over a line that stalls after each piece; answers come after them, in their order."""
        self._held = b""
        for piece in pieces:
            self.write(piece)
            self.read(gap)
        held, self._held = self._held, None
        self.write(held)

    def resize(self, columns: int, rows: int, *, tell: bool = True) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.master if tell else self._slave, termios.TIOCSWINSZ, size)

    def read(self, seconds: float) -> bytes:
        """What comes in that time."""
        end = time.monotonic() + seconds
        before = len(self.output)
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                data = os.read(self.master, 1 << (8 if self.speed else 16))
            except OSError:  # nobody is at the other end
                time.sleep(left)
                break
            if self.speed:
                time.sleep(len(data) / self.speed)
            self.output += data
            self._answer(data)
        return self.output[before:]

    def until(self, happened: Callable[[], object], patience: float = PATIENCE) -> None:
        """Read until something is so."""
        end = time.monotonic() + patience
        while not happened():
            assert time.monotonic() < end, self.screen()
            self.read(0.05)

    def screen(self) -> str:
        """What stands on the screen now."""
        rows, columns = struct.unpack(
            "HHHH", fcntl.ioctl(self.master, termios.TIOCGWINSZ, bytes(8))
        )[:2]
        screen = PyteScreen(columns, rows)
        stream = pyte.ByteStream(screen)
        stream.feed(_BEYOND_PYTE.sub(b"", self.output))
        return "\n".join(screen.display)

    def hang_up(self) -> None:
        """The terminal goes away, with everything in it."""
        os.close(self._slave)
        os.close(self.master)
        self.master = self._slave = -1

    def tty_attributes(self) -> Attributes:
        return termios.tcgetattr(self._slave)

    def tty_flags(self) -> int:
        """Of the description that the program was given."""
        return fcntl.fcntl(self._slave, fcntl.F_GETFL)

    # --- the program's side

    def ended(self, patience: float = PATIENCE) -> int:
        """Its exit code, once it has ended; what it writes meanwhile is read."""
        end = time.monotonic() + patience
        while self.process.poll() is None:
            assert time.monotonic() < end, "it goes on"
            if self.master >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
        if self.master >= 0:
            self.read(0.1)
        assert self.process.returncode is not None
        return self.process.returncode

    @property
    def pid(self) -> int:
        return self.process.pid

    def state(self) -> str:
        """One letter of the kernel's: S sleeping, T stopped, …"""
        stat = Path(f"/proc/{self.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0]

    def wake_ups(self) -> int:
        """How often any of its threads got the processor so far."""
        tasks = Path(f"/proc/{self.pid}/task")
        counts = re.findall(
            r"ctxt_switches:\s+(\d+)",
            "".join((task / "status").read_text() for task in tasks.iterdir()),
        )
        return sum(map(int, counts))

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _answer(self, data: bytes) -> None:
        if not self.answers:
            return
        for question in _QUESTION.finditer(data):
            mode = question["mode"]
            answer = (
                b"\x1b[0n" if mode is None else b"\x1b[?%s;%d$y" % (mode, 2 * (mode == b"2026"))
            )
            if self._held is not None:
                self._held += answer
                continue
            with suppress(OSError):
                os.write(self.master, answer)


class SmallProgram(PtyProgram):
    """The small app, and what it noted."""

    def __init__(
        self,
        folder: Path,
        *editor: str,
        before: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        answers: bool = True,
    ) -> None:
        self._file = folder / "notes"
        self._file.touch()
        command = [*before, sys.executable, "-m", small_app.__name__, str(self._file), *editor]
        super().__init__(command, environment=environment, answers=answers)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.push(self)
            self.until(lambda: "mounted" in self.notes)
            self.until(lambda: "turn 0 row 5" in self.screen())
            self.read(0.2)
            stack.pop_all()
        return self

    @property
    def notes(self) -> list[str]:
        return self._file.read_text().splitlines()

    @property
    def keys(self) -> list[str]:
        return [note.removeprefix("key ") for note in self.notes if note.startswith("key ")]

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


class SmallJob(SmallProgram):
    """The same as a job of a shell, so that it can be stopped."""

    def __init__(self, folder: Path, *editor: str) -> None:
        self._pid_file = folder / "pid"
        shell = [sys.executable, "-m", small_shell.__name__, str(self._pid_file)]
        super().__init__(folder, *editor, before=shell)

    @property
    def pid(self) -> int:
        return int(self._pid_file.read_text())

    @property
    def stopped(self) -> bool:
        return self.state() == "T" and self.output.endswith(b"$ ")

    def go_on(self) -> None:
        """As the shell's `fg`."""
        self.write(b"fg\n")
