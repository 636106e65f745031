"""The first moments: the terminal is taken and the first screen painted before much is loaded.

Keys typed from here on wait in the terminal. What cannot be had at once, and what is wrong,
is left to the normal way, which tells it.
"""

import gc
import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING

from tuimail.cli.later import put_off
from tuimail.ui.terminal.tty import Tty

if TYPE_CHECKING:
    from tuimail.ui.terminal.booted import Booted
    from tuimail.ui.terminal.diff_writer import DiffWriter
    from tuimail.ui.terminal.frame import Frame

_PATIENCE = 2.0


def begin(*, demo: bool) -> "Boot | None":
    """Take the terminal and paint; None where there is none.

    No garbage is collected from here on: of what is loaded now, next to nothing is any.
    """
    if not (os.isatty(0) and os.isatty(1)) or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return None
    try:
        boot = Boot(Tty.open())
    except OSError:
        return None
    gc.disable()
    # All that dataclasses take from it is the docstring of a class without one.
    put_off("inspect")
    boot.paint(demo=demo)
    return boot


class Boot:
    """Has the terminal until the interface goes on with `booted`, or nothing does."""

    def __init__(self, tty: Tty) -> None:
        self._tty = tty
        self._drawn: tuple[DiffWriter, Frame] | None = None
        self.fault: Exception | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        tty.take()

    @property
    def booted(self) -> "Booted":
        """The terminal, and what it shows."""
        from tuimail.ui.terminal.booted import Booted  # noqa: PLC0415  not before it is painted

        return Booted(self._tty, *(self._drawn or ()))

    def paint(self, *, demo: bool) -> None:
        """Show the first screen; never raises."""
        try:
            self._paint(os.environ, demo=demo)
        except Exception as fault:  # noqa: BLE001  whatever it is, it must not stop the start
            self.fault = fault

    def _paint(self, environ: Mapping[str, str], *, demo: bool) -> None:
        from tuimail.cli import opening  # noqa: PLC0415  not before the terminal is taken

        width, height = self._tty.size()
        drawn = opening.draw(environ, width, height, demo=demo)
        if drawn is not None:
            data, frame, writer = drawn
            self._drawn = writer, frame
            if not _sent(self._tty.fd, data):
                writer.forget()

    def end(self) -> None:
        """Give the terminal back, unless that was done."""
        if not self._tty.taken:
            return
        if self._drawn is not None:
            from tuimail.ui.terminal.capabilities import capabilities  # noqa: PLC0415

            _sent(self._tty.fd, capabilities(os.environ).leave)
        self._tty.restore()
        self._tty.close()

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        """Until the interface has handlers of its own: give the terminal back, and be gone.

        Nothing is raised: whatever is just being loaded may swallow it or turn it into
        something else (`__del__`, an Enum in the making, SQLite asking a function of ours).
        """
        self.end()
        os._exit(128 + number)


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
