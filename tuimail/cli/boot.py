"""The first moments: the terminal is taken and the first screen painted before much is loaded.

Keys typed from here on wait in the terminal. What cannot be had at once, and what is wrong,
is left to the normal way, which tells it.
"""

import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType

from tuimail.ui.terminal.booted import Booted
from tuimail.ui.terminal.tty import Tty

_PATIENCE = 2.0


def begin(*, demo: bool) -> "Boot | None":
    """Take the terminal and paint; None where there is none."""
    if not (os.isatty(0) and os.isatty(1)) or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return None
    try:
        boot = Boot(Tty.open())
    except OSError:
        return None
    boot.paint(demo=demo)
    return boot


class Boot:
    """Has the terminal until the interface goes on with `booted`, or nothing does."""

    def __init__(self, tty: Tty) -> None:
        self.booted = Booted(tty)
        self.fault: Exception | None = None
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._die)
        tty.take()

    def paint(self, *, demo: bool) -> None:
        """Show the first screen; never raises."""
        try:
            self._paint(os.environ, demo=demo)
        except Exception as fault:  # noqa: BLE001  whatever it is, it must not stop the start
            self.fault = fault

    def _paint(self, environ: Mapping[str, str], *, demo: bool) -> None:
        from tuimail.cli import opening  # noqa: PLC0415  not before the terminal is taken

        tty = self.booted.tty
        width, height = tty.size()
        drawn = opening.draw(environ, width, height, demo=demo)
        if drawn is not None:
            entering, frame, writer = drawn
            self.booted = Booted(tty, writer, frame)
            if not _sent(tty.fd, entering):
                writer.forget()

    def end(self) -> None:
        """Give the terminal back, unless that was done."""
        tty, _, frame = self.booted
        if not tty.taken:
            return
        if frame is not None:
            from tuimail.ui.terminal.capabilities import capabilities  # noqa: PLC0415

            _sent(tty.fd, capabilities(os.environ).leave)
        tty.restore()
        tty.close()

    def _die(self, number: int, _: FrameType | None) -> None:
        self.end()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


def _sent(fd: int, data: bytes) -> bool:
    """Whether the terminal has taken all of `data`."""
    end = time.monotonic() + _PATIENCE
    with suppress(OSError):
        while data and time.monotonic() < end:
            try:
                data = data[os.write(fd, data) :]
            except BlockingIOError:
                select.select([], [fd], [], 0.1)
    return not data
