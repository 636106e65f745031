"""An application whose frames are compared with what the terminal shows before they are sent."""

import logging
from collections.abc import Callable
from traceback import extract_tb
from typing import Any, TypeVar

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from textual.app import App
from textual.driver import Driver
from textual.screen import Screen

from tuimail.ui.terminal.depth import ALL, FEW, NONE, PALETTE
from tuimail.ui.terminal.diff_writer import Cursor, DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.line import Line
from tuimail.ui.terminal.textual_parts import (
    CompositorUpdate,
    LayoutUpdate,
    driver_of,
    is_drawing,
    is_synchronized,
    whole_screen,
)
from tuimail.ui.terminal.updates import cleaned, drawn

log = logging.getLogger(__name__)

Result = TypeVar("Result")

# The second time, Textual's own output begins; should that fail too, nothing is left to try.
_FAULTS_MENDED = 2
_FAULTS_TOLD = 3

# No colours and no margins, for Textual's output takes them for granted.
_AFRESH = "\x1b[m\x1b[r"

_DEPTHS = {
    NONE: None,
    FEW: ColorSystem.STANDARD,
    PALETTE: ColorSystem.EIGHT_BIT,
    ALL: ColorSystem.TRUECOLOR,
}


class Painter:
    """Brings to the terminal what Textual has drawn: always the newest, while the line is ready.

    After a fault everything is drawn afresh; after another one, from then on as Textual does
    it. `whole` draws the whole screen.
    """

    def __init__(
        self,
        line: Line,
        writer: DiffWriter,
        console: Console,
        whole: Callable[[], LayoutUpdate],
        *,
        colours: int = ALL,
    ) -> None:
        self.cursor: Cursor | None = None
        self.faults = 0
        self._line = line
        self._writer = writer
        self._console = console
        self._depth = _DEPTHS[colours]
        self._whole = whole
        self._frame: Frame | None = None
        self._stale = False
        line.on_ready = self.paint

    @property
    def plain(self) -> bool:
        """Whether Textual's own output is what is sent."""
        return self.faults > 1

    def show(self, update: CompositorUpdate, *, synchronized: bool = False) -> None:
        """Take over what was drawn, and send it if the line is ready."""
        self._writer.synchronized = synchronized
        if not self.plain:
            self._guard(lambda: self._compare(update))
        elif self._line.ready:
            self._guard(lambda: self._send_plainly(update))
        else:
            self._stale = True

    def paint(self) -> None:
        """Send what the terminal does not show yet."""
        if not self.plain:
            self._guard(self._send)
        elif self._stale:
            self._guard(lambda: self._send_plainly(self._whole()))

    def forget(self) -> None:
        """The terminal shows nothing of ours any more."""
        self._writer.forget()
        self._stale = True

    def miss(self) -> None:
        """Something was drawn that was not shown to us: ask for all of it the next time."""
        self._frame = None
        self._stale = True

    def _compare(self, update: CompositorUpdate) -> None:
        if self._frame is None and not isinstance(update, LayoutUpdate):
            update = self._whole()
        self._frame = drawn(self._frame, update, self._depth)
        self._send()

    def _send(self) -> None:
        if self._frame is not None and self._line.ready:
            data = self._writer.paint(self._frame, self.cursor)
            if data:
                self._line.send(data)

    def _send_plainly(self, update: CompositorUpdate) -> None:
        start = ""
        if self._stale:
            start = self._writer.end_link().decode() + _AFRESH
            update, self._stale = self._whole(), False
        text = start + cleaned(update).render_segments(self._console)
        self._line.send(text.encode("utf-8", "replace"))

    def _guard(self, step: Callable[[], None]) -> None:
        """Go on after any fault: who cannot see the screen cannot save what is on it."""
        try:
            step()
        except Exception as fault:  # noqa: BLE001
            self.faults += 1
            if self.faults <= _FAULTS_TOLD:
                log.warning("a frame was drawn afresh: %s", _place(fault))
            self.forget()
            if self.faults <= _FAULTS_MENDED:
                self.show(self._whole())


class PaintingApp(App[Result], inherit_bindings=False):
    """Paints through its driver's line; Textual does it for a driver that has none.

    `writer` knows what the terminal shows already, if anything was drawn before; `colours` is
    how many it has.
    """

    def __init__(
        self,
        *,
        driver_class: type[Driver] | None = None,
        ansi_color: bool,
        writer: DiffWriter | None = None,
        colours: int = ALL,
    ) -> None:
        super().__init__(driver_class=driver_class, ansi_color=ansi_color)
        self._writer = writer or DiffWriter()
        self._colours = colours
        self._painter: Painter | None = None
        self._missed = True

    def repaint(self) -> None:
        """The terminal shows nothing of ours: draw everything again."""
        if self._painter is not None:
            self._painter.forget()
        self.refresh(layout=True)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        line: Line | None = getattr(driver_of(self), "line", None)
        if line is None or not isinstance(renderable, CompositorUpdate):
            super()._display(screen, renderable)
            return
        if not is_drawing(self):
            self._missed = True
        else:
            if self._painter is None:
                self._painter = Painter(
                    line,
                    self._writer,
                    self.console,
                    lambda: whole_screen(self.screen),
                    colours=self._colours,
                )
            self._painter.cursor = self.cursor_position or None
            if self._missed:
                # What was made meanwhile was not shown, and is not made again.
                self._painter.miss()
                self._missed = False
            self._painter.show(renderable, synchronized=is_synchronized(self))
        self.post_display_hook()


def repaint(app: App[Any]) -> None:
    """Draw everything again: the terminal may show what others wrote."""
    if isinstance(app, PaintingApp):
        app.repaint()


def _place(fault: Exception) -> str:
    """What went wrong and where, without a word of what was drawn."""
    steps = extract_tb(fault.__traceback__)
    last = f" in {steps[-1].name}, line {steps[-1].lineno}" if steps else ""
    return type(fault).__name__ + last
