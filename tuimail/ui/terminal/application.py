"""An application on a terminal that is slow, goes away and comes back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from textual.driver import Driver
from textual.worker import WorkerFailed

from tuimail.model.mistake import place_of
from tuimail.ui.terminal.booted import Booted
from tuimail.ui.terminal.controls import Notify
from tuimail.ui.terminal.driver import Manners, TerminalDriver
from tuimail.ui.terminal.painting import PaintingApp

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class TerminalApp(PaintingApp[Result], inherit_bindings=False):
    """Runs on `TerminalDriver`; without a terminal, as in tests, on what Textual has."""

    def __init__(
        self,
        *,
        ansi_color: bool,
        manners: Manners | None = None,
        booted: Booted | None = None,
    ) -> None:
        tty, writer, frame = booted or (None, None, None)
        manners = replace(manners or Manners(), entered=frame is not None)
        make_driver = partial(
            TerminalDriver,
            leave=self.leave,
            afresh=self.repaint,
            slow=self.be_slow,
            manners=manners,
            tty=tty,
        )
        self._turn = asyncio.Lock()
        self.on_leave: Callable[[int], None] | None = None
        super().__init__(
            driver_class=cast(type[Driver], make_driver),
            ansi_color=ansi_color,
            writer=writer or manners.able.writer(),
            colours=manners.able.colours,
        )

    def on_load(self) -> None:
        """Textual has tasks begin before they are known, where Python can do that (3.12).

        asyncio's own race of addresses fails then, and no order of tasks would be as in 3.11.
        """
        asyncio.get_running_loop().set_task_factory(None)

    def leave(self, code: int) -> None:
        """End in order and soon, with this exit code: not the user wants it."""
        if self.on_leave is not None:
            self.on_leave(code)
        self.wind_up(lambda: self.exit(return_code=code))

    def wind_up(self, end: Callable[[], None]) -> None:
        """Call `end` once nothing is lost by it."""
        end()

    def be_slow(self, *, slow: bool) -> None:
        """The line to the terminal is slow, or not any more."""

    def _fatal_error(self) -> None:
        """A fault of ours: the log says where, without a value of it (security.md L3).

        Textual would print every variable, and with them pieces of letters.
        """
        fault = self._exception
        log.error(
            "the screen failed: %s",
            place_of(fault.error if isinstance(fault, WorkerFailed) else fault),
        )
        self._close_messages_no_wait()

    def restore_terminal(self) -> None:
        """Now, whatever else there is to end."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_application_mode()

    def name_window(self, text: str) -> None:
        """Show `text` as the window's title until the program ends."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.name_window(text)

    def announce(self, way: Notify, text: str) -> None:
        """Tell whoever looks at another window."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.announce(way, text)

    def bell(self) -> None:
        self.announce(Notify.BELL, "")

    def copy_to_clipboard(self, text: str) -> None:
        self._clipboard = text
        if isinstance(self._driver, TerminalDriver):
            self._driver.copy(text)

    @asynccontextmanager
    async def terminal_away(self) -> AsyncIterator[None]:
        """The terminal as it was before, for another program; nothing is drawn meanwhile.

        Who comes while it is away waits for a turn.
        """
        driver = self._driver
        if not isinstance(driver, TerminalDriver):
            yield
            return
        async with self._turn:
            driver.suspend_application_mode()
            try:
                yield
            finally:
                if not self._exit:
                    driver.resume_application_mode()

    def action_suspend_process(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_process(with_group=True)
