"""The interface without a terminal, and the bytes that it would have been sent."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import RenderableType
from textual.pilot import Pilot
from textual.screen import Screen

from tests.ui.driver import NOWHERE
from tests.ui.fake_mail import NOW, FakeMail
from tuimail import ui
from tuimail.ui.app import TuimailApp
from tuimail.ui.theme import THEMES, UNICODE, Looks


class Wire:
    """A line that is always ready and keeps what it is sent."""

    ready = True

    def __init__(self) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.frames: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.frames.append(data)


class WiredApp(TuimailApp):
    """Sends its frames to `wire`."""

    CSS_PATH = str(Path(ui.__file__).parent / "screens" / "main.tcss")

    def __init__(self, mail: FakeMail, *, arrow: bool = False) -> None:
        looks = Looks(THEMES["ansi"], UNICODE, arrow=arrow)
        super().__init__(mail, looks=looks, now=lambda: NOW, drafts=lambda _: NOWHERE)
        self.wire = Wire()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self._driver.line = self.wire  # type: ignore[union-attr]  # as our own driver has
        super()._display(screen, renderable)


class WiredTerminal:
    """Presses keys and says what each was answered with."""

    def __init__(self, app: WiredApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, key: str, rest: float = 0.02) -> bytes:
        before = len(self.app.wire.frames)
        await self._pilot.press(key)
        await self._pilot.pause(rest)
        return b"".join(self.app.wire.frames[before:])


@asynccontextmanager
async def wired(
    mail: FakeMail, size: tuple[int, int], *, arrow: bool = False
) -> AsyncIterator[WiredTerminal]:
    app = WiredApp(mail, arrow=arrow)
    async with app.run_test(size=size) as pilot:
        while not app._main.ready:
            await pilot.pause(0.01)
        await pilot.pause(0.1)
        yield WiredTerminal(app, pilot)
