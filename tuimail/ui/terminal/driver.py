"""Textual's driver for slow and breaking lines: one thread, one loop, nothing that blocks."""

import logging
import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic
from typing import Protocol

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from tuimail.ui.terminal import controls
from tuimail.ui.terminal.capabilities import XTERM, Capabilities
from tuimail.ui.terminal.keys_in import Answering, KeysIn
from tuimail.ui.terminal.pace import LEAST, Pace
from tuimail.ui.terminal.tty import Tty
from tuimail.ui.terminal.tty_line import TtyLine

log = logging.getLogger(__name__)

# What a terminal sends to all programs in it while keys have their usual meaning.
_TYPED = (signal.SIGINT, signal.SIGQUIT)
_CHUNK = 1 << 16
# For the last bytes to a terminal that takes none.
_LAST_PATIENCE = 0.3
# For answers that are on their way when the terminal is given to somebody else.
_ANSWER_PATIENCE = 0.3


class TellSlow(Protocol):
    """Hears whether the line is slow."""

    def __call__(self, *, slow: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How to treat a terminal: `patient` if its line may be slow, `entered` if it was sent
    what is to be sent first, `able` for what it understands, `paced` if the line's pace is
    to be found out."""

    patient: bool = False
    paced: bool = False
    entered: bool = False
    able: Capabilities = XTERM

    @property
    def escape_delay(self) -> float:
        return 0.5 if self.patient else 0.15


class _State(Enum):
    """Whose the terminal is."""

    BEFORE = auto()
    OURS = auto()
    AWAY = auto()
    OVER = auto()


class TerminalDriver(Driver):
    """Reads keys, writes frames through `line`, and knows when the terminal comes and goes.

    `leave` is called with an exit code when the terminal is gone for good or somebody wants us
    to end, `afresh` each time that it is ours again and shows nothing of ours, `slow` when its
    line turns out to be slow, and when that is over.
    """

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
        leave: Callable[[int], None],
        afresh: Callable[[], None],
        slow: TellSlow = lambda *, slow: None,
        tty: Tty | None = None,
        manners: Manners | None = None,
    ) -> None:
        self._tty = tty or Tty.open()
        super().__init__(app, debug=debug, mouse=mouse, size=size or self._tty.size())
        self._manners = manners or Manners()
        self._able = self._manners.able
        self._leave = leave
        self._tell_afresh = afresh
        self._tell_slow = slow
        self._pace = Pace()
        self.line = TtyLine(self._tty.fd, self._lose, self._sent)
        delay = self._manners.escape_delay
        self._keys = KeysIn(
            self.process_message,
            self._ask_status,
            self._loop,
            delay=delay,
            encoding=self._able.encoding,
            answered=self._answered,
        )
        self._state = _State.BEFORE
        self._lost = False
        self._deaf = False
        self._title = b""

    @property
    def can_suspend(self) -> bool:
        return True

    # --- what is sent

    def write(self, data: str) -> None:
        """What the toolkit wants to send by itself; frames go through `line`."""
        if controls.allowed(data):
            self.line.send(data.encode())
        else:
            log.debug("the toolkit sent %d characters; they were dropped", len(data))

    def name_window(self, text: str) -> None:
        """Show `text` as the window's title, as long as the terminal is ours."""
        title = controls.title(text)
        if self._able.modern and title != self._title:
            self._title = title
            self.line.send(title)

    def announce(self, way: controls.Notify, text: str) -> None:
        """Tell whoever looks elsewhere; dropped where the line is busy, for later it is old."""
        if (self._able.modern or way is controls.Notify.BELL) and self.line.ready:
            self.line.send(controls.notification(way, text))

    def copy(self, text: str) -> None:
        """Into the clipboard of whoever sits at the terminal."""
        if self._able.modern:
            self.line.send(controls.clipboard(text))

    def _ask_status(self) -> None:
        self.line.send(controls.ASK_STATUS)

    def _sent(self, size: int) -> None:
        """Ask when the terminal will have taken this, if it is much and it answers."""
        keys = self._keys
        if not self._manners.paced or size < LEAST or keys.expects:
            return
        if keys.answering is Answering.YES:
            self._pace.ask(self._loop.time(), size)
            keys.ask()

    def _answered(self) -> None:
        before = self._pace.slow
        self._pace.answer(self._loop.time())
        if self._pace.slow != before:
            log.info("the line to the terminal is %s", "slow" if self._pace.slow else "fast")
            self._tell_slow(slow=self._pace.slow)

    # --- what comes

    def _read(self) -> None:
        try:
            data = os.read(self._tty.fd, _CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._keys.feed(data)
        else:
            self._lose()

    def send_message(self, message: Message) -> None:
        if not self._deaf:
            self._app.post_message(message)

    def _report_size(self) -> None:
        size = Size(*self._tty.size())
        self.send_message(events.Resize(size, size))

    # --- the terminal comes and goes

    def start_application_mode(self) -> None:
        if self._state is not _State.BEFORE:
            return
        self._watch_signals()
        asked = controls.ASK_SYNCHRONIZED if self._able.asked else b""
        self._take(b"" if self._manners.entered else self._able.enter, asked)
        if self._able.modern:
            self._pace.ask(self._loop.time(), 0)
            self._keys.ask()

    def suspend_application_mode(self) -> None:
        """Give the terminal away, as it was; what is drawn meanwhile is not sent."""
        if self._state is _State.OURS:
            self._give_back()
            self._state = _State.AWAY

    def resume_application_mode(self) -> None:
        if self._state is _State.AWAY:
            self._tell_afresh()
            self._take(self._able.enter)

    def disable_input(self) -> None:
        self._loop.remove_reader(self._tty.fd)
        self._keys.stop()

    def stop_application_mode(self) -> None:
        """The terminal is as it was before; it will not be ours again."""
        if self._state is _State.OURS:
            self._give_back()
        self._state = _State.OVER
        for number in (*_TYPED, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT):
            self._loop.remove_signal_handler(number)

    def close(self) -> None:
        if self._state is _State.OVER:
            self._tty.close()

    def _take(self, enter: bytes, further: bytes = b"") -> None:
        self._tty.take()
        self._state, self._deaf = _State.OURS, False
        mouse = controls.MOUSE_ON if self._mouse else b""
        self.line.open(enter + mouse + self._title + further)
        self._loop.add_reader(self._tty.fd, self._read)
        self._report_size()

    def _give_back(self) -> None:
        self._deaf = True
        self._await_answers()
        self.disable_input()
        leave = (controls.MOUSE_OFF if self._mouse else b"") + self._able.leave
        if not self.line.shut(leave, _LAST_PATIENCE) and not self._lost:
            # It may go on later: then these bytes find it first.
            self._tty.drop_output()
            with suppress(OSError):
                os.write(self._tty.fd, controls.CANCEL + leave)
        self._tty.restore()

    def _await_answers(self) -> None:
        """An answer that comes later would be typed at whoever has the terminal then."""
        end = monotonic() + _ANSWER_PATIENCE
        while self._keys.expects and not self._lost and (left := end - monotonic()) > 0:
            if not select.select([self._tty.fd], [], [], left)[0]:
                return
            self._read()

    def _lose(self) -> None:
        if self._lost:
            return
        self._lost = True
        log.info("the terminal is gone")
        self.disable_input()
        self._leave(128 + signal.SIGHUP)

    # --- signals

    def _watch_signals(self) -> None:
        self._loop.add_signal_handler(signal.SIGWINCH, self._report_size)
        for number in _TYPED:
            self._loop.add_signal_handler(number, self._interrupted, number)
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._loop.add_signal_handler(number, self._leave, 128 + number)
        self._watch_stops()

    def _watch_stops(self) -> None:
        self._loop.add_signal_handler(signal.SIGTSTP, self.stop_process)
        self._loop.add_signal_handler(signal.SIGCONT, self._continued)

    def _interrupted(self, number: int) -> None:
        """What is typed at another program that has our terminal is not meant for us."""
        if self._state is _State.OURS:
            self._leave(128 + number)

    def stop_process(self, *, with_group: bool = False) -> None:
        """Give the terminal to the shell and stop, until the shell lets us go on.

        `with_group` takes along whoever was started together with us, as Ctrl-Z does.
        """
        ours = self._state is _State.OURS
        self.suspend_application_mode()
        for number in (signal.SIGTSTP, signal.SIGCONT):
            self._loop.remove_signal_handler(number)
        if with_group:
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
            os.kill(0, signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)
        self._watch_stops()
        if ours:
            self.resume_application_mode()

    def _continued(self) -> None:
        """We were stopped without a warning, and the shell has used the terminal since."""
        if self._state is _State.OURS:
            self._tty.take()
            mouse = controls.MOUSE_ON if self._mouse else b""
            self._tell_afresh()
            self.line.send(self._able.leave + self._able.enter + mouse + self._title)
            self._report_size()
