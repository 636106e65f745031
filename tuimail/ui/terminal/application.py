"""An application on a terminal that is slow, goes away and comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar, cast

from textual.app import App
from textual.driver import Driver

from tuimail.ui.terminal.driver import Manners, TerminalDriver
from tuimail.ui.terminal.tty import Tty

Result = TypeVar("Result")

# How the program ends when its terminal does, as if SIGHUP had ended it.
LOST = 129


class TerminalApp(App[Result], inherit_bindings=False):
    """Runs on `TerminalDriver`; without a terminal, as in tests, on what Textual has."""

    def __init__(
        self, *, ansi_color: bool, manners: Manners | None = None, tty: Tty | None = None
    ) -> None:
        make_driver = partial(
            TerminalDriver, lost=self._lose, afresh=self.repaint, manners=manners, tty=tty
        )
        super().__init__(driver_class=cast(type[Driver], make_driver), ansi_color=ansi_color)

    def repaint(self) -> None:
        """The terminal shows nothing of ours: draw everything again."""
        self.refresh(layout=True)

    def leave(self, code: int) -> None:
        """End in order, with this exit code."""
        self.exit(return_code=code)

    def _lose(self) -> None:
        self.leave(LOST)

    @asynccontextmanager
    async def terminal_away(self) -> AsyncIterator[None]:
        """The terminal as it was before, for another program; nothing is drawn meanwhile."""
        driver = self._driver
        if not isinstance(driver, TerminalDriver):
            yield
            return
        driver.suspend_application_mode()
        try:
            yield
        finally:
            if not self._exit:
                driver.resume_application_mode()

    def action_suspend_process(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.stop_process(with_group=True)
