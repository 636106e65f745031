"""A terminal for measuring: starts a program in a pty, presses keys, counts bytes and time."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyte

from tests.closing import Closing
from tests.ui.terminal.pyte_screen import PyteScreen

# Sequences that pyte would print: private CSI, and DCS, SOS, PM and APC strings.
_BEYOND_PYTE = re.compile(rb"\x1b\[[<>=][0-?]*[ -/]*[@-~]|\x1b[PX^_][^\x1b]*\x1b\\")
_UNFINISHED = re.compile(rb"\x1b(\[[0-?]*[ -/]*|[PX^_][^\x1b]*)?$")
_QUERY = re.compile(rb"\x1b\[\?(?P<mode>\d+)\$p|\x1b\[0?c|\x1b\[\?u|\x1b\[5n")


class Piece(NamedTuple):
    """Output that came at once: seconds after the key, and bytes."""

    at: float
    size: int


class Answer(NamedTuple):
    """What a key brought: seconds to its first and last byte, and how many there were."""

    first: float
    last: float
    size: int
    pieces: tuple[Piece, ...] = ()


class Held(NamedTuple):
    """A key held down: when it was pressed, what came, and the processor's share."""

    keys: tuple[float, ...]
    pieces: tuple[Piece, ...]
    processor: float

    @property
    def lag(self) -> float:
        """Seconds from the last key to the last byte."""
        return max(0.0, self.pieces[-1].at - self.keys[-1]) if self.pieces else 0.0

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces)


class Terminal(Closing):
    """A program on a screen of its own; output is time-stamped by a thread as it comes."""

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        *,
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self._screen = PyteScreen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines = [""] * rows
        self._chunks: list[tuple[float, bytes]] = []
        self._fed = 0
        self._rest = b""
        self._news = threading.Condition()
        self._ended = False
        self._controller, user = pty.openpty()
        fcntl.ioctl(user, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=user,
            stdout=user,
            stderr=user,
            env={"TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        )
        os.close(user)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Hang up and wait for the program's end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._controller)
        self._reader.join(5)

    # --- what is on it

    @property
    def output(self) -> bytes:
        """Every byte so far."""
        return b"".join(chunk for _, chunk in self._chunks)

    @property
    def newest(self) -> float:
        """When the last byte came."""
        return self._chunks[-1][0] if self._chunks else self.started

    def text(self) -> str:
        while self._fed < len(self._chunks):
            self._feed()
        return "\n".join(self._lines)

    def wait_for(self, pattern: str, timeout: float = 60.0) -> float:
        """Seconds from the start of the program until the screen shows `pattern`."""
        wanted = re.compile(pattern)
        try:
            return self.wait_until(lambda text: bool(wanted.search(text)), timeout) - self.started
        except TimeoutError:
            raise TimeoutError(f"no {pattern!r} on the screen:\n{self.text()}") from None

    def wait_until(self, shown: Callable[[str], bool], timeout: float = 60.0) -> float:
        """When the output came after which the screen's text was as wanted."""
        deadline = time.monotonic() + timeout
        while True:
            while self._fed < len(self._chunks):
                when = self._feed()
                if shown("\n".join(self._lines)):
                    return when
            if self._ended or time.monotonic() > deadline:
                raise TimeoutError(f"this did not come:\n{self.text()}")
            with self._news:
                self._news.wait_for(lambda: self._fed < len(self._chunks) or self._ended, 0.2)

    # --- keys

    def write(self, keys: str) -> None:
        os.write(self._controller, keys.encode())

    def press(self, keys: str, *, quiet: float = 0.06, patience: float = 2.0) -> Answer | None:
        """Send `keys`; the answer is over when nothing came for `quiet` seconds."""
        before = len(self._chunks)
        start = time.monotonic()
        self.write(keys)
        with self._news:
            self._news.wait_for(lambda: len(self._chunks) > before, patience)
        self.settle(quiet)
        pieces = self._pieces(before, start)
        if not pieces:
            return None
        return Answer(pieces[0].at, pieces[-1].at, sum(piece.size for piece in pieces), pieces)

    def hold(self, key: str, times: int, rate: float = 30.0, *, quiet: float = 0.15) -> Held:
        """Send `key` so often a second, as a keyboard does."""
        before = len(self._chunks)
        processor, start = self.cpu(), time.monotonic()
        pressed = []
        for number in range(times):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            pressed.append(time.monotonic() - start)
            self.write(key)
        share = (self.cpu() - processor) / (time.monotonic() - start)
        self.settle(quiet)
        return Held(tuple(pressed), self._pieces(before, start), share)

    def settle(self, quiet: float = 0.3, timeout: float = 30.0) -> None:
        """Return when nothing came for `quiet` seconds."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            seen = len(self._chunks)
            with self._news:
                if not self._news.wait_for(lambda: len(self._chunks) > seen, quiet):  # noqa: B023
                    return

    # --- the process

    def rss(self) -> int:
        """Bytes of memory that the program's first process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(match[1]) * 1024 if match else 0

    def cpu(self) -> float:
        """Seconds of processor time of the program's first process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self) -> int:
        """How often the program's first process went to sleep so far, in all its threads."""
        counts = 0
        for status in Path(f"/proc/{self.process.pid}/task").glob("*/status"):
            match = re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status.read_text())
            counts += int(match[1]) if match else 0
        return counts

    # --- inside

    def _pieces(self, first: int, start: float) -> tuple[Piece, ...]:
        return tuple(Piece(when - start, len(chunk)) for when, chunk in self._chunks[first:])

    def _read(self) -> None:
        data = b"."
        while data:
            try:
                data = os.read(self._controller, 1 << 16)
            except OSError:
                data = b""
            with self._news:
                if data:
                    self._chunks.append((time.monotonic(), data))
                self._ended = not data
                self._news.notify_all()
            self._reply(data)

    def _reply(self, data: bytes) -> None:
        for query in _QUERY.finditer(data):
            if query["mode"]:
                answer = b"\x1b[?%s;%d$y" % (query["mode"], 2 if query["mode"] == b"2026" else 0)
            elif query[0].endswith(b"n"):
                answer = b"\x1b[0n"
            else:
                answer = b"\x1b[?0u" if query[0].endswith(b"u") else b"\x1b[?62;22c"
            with suppress(OSError):
                os.write(self._controller, answer)

    def _feed(self) -> float:
        when, chunk = self._chunks[self._fed]
        self._fed += 1
        data = self._rest + chunk
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._rest = data[end:]
        self._stream.feed(_BEYOND_PYTE.sub(b"", data[:end]))
        # Only what changed: a program that counts messages on its last line writes often.
        for y in self._screen.dirty:
            cells = self._screen.buffer[y]
            self._lines[y] = "".join(cells[x].data for x in range(self._screen.columns))
        self._screen.dirty.clear()
        return when
