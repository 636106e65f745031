"""The interface without a terminal, and the bytes that it would have been sent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from rich.console import RenderableType
from textual import events
from textual.screen import Screen

from tests.ui.driver import NOWHERE
from tests.ui.fake_mail import NOW
from tuimail import ui
from tuimail.engine.mail import Mail
from tuimail.engine.setup import Setup
from tuimail.ui.app import TuimailApp
from tuimail.ui.setup.app import SetupApp
from tuimail.ui.theme import THEMES, UNICODE, Looks

_CHARACTERS = {
    "space": " ",
    "question_mark": "?",
    "slash": "/",
    "backslash": "\\",
    "colon": ":",
}


class Wire:
    """A line that is always ready and keeps what it is sent."""

    ready = True

    def __init__(self) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.frames: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.frames.append(data)


class Form(NamedTuple):
    """What the settings say."""

    arrow: bool = False
    by_line: bool = False
    slow_link: bool = False


USUAL = Form()


class WiredApp(TuimailApp):
    """Sends its frames to `wire`."""

    CSS_PATH = str(Path(ui.__file__).parent / "screens" / "main.tcss")

    def __init__(
        self, mail: Mail, form: Form, drafts: Path, now: Callable[[], datetime] = lambda: NOW
    ) -> None:
        super().__init__(
            mail,
            looks=Looks(THEMES["ansi"], UNICODE, arrow=form.arrow),
            by_line=form.by_line,
            slow_link=form.slow_link,
            now=now,
            drafts=lambda _: drafts,
        )
        self.wire = Wire()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self._driver.line = self.wire  # type: ignore[union-attr]  # as our own driver has
        super()._display(screen, renderable)


class WiredSetup(SetupApp):
    """The form, whose frames go to `wire`."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, Looks(THEMES["ansi"], UNICODE))
        self.wire = Wire()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self._driver.line = self.wire  # type: ignore[union-attr]  # as our own driver has
        super()._display(screen, renderable)


class WiredTerminal:
    """Presses keys and says what each was answered with."""

    def __init__(self, app: WiredApp) -> None:
        self.app = app

    async def press(self, key: str, rest: float = 0.0) -> bytes:
        """`key` as Textual names it; `rest` is for what is not done at once."""
        before = len(self.app.wire.frames)
        character = _CHARACTERS.get(key, key if len(key) == 1 else None)
        self.app.post_message(events.Key(key, character))
        for _ in range(20):
            await asyncio.sleep(0)
        await asyncio.sleep(rest)
        self.app.screen._on_timer_update()
        return b"".join(self.app.wire.frames[before:])


@asynccontextmanager
async def wired(
    mail: Mail,
    size: tuple[int, int],
    form: Form = USUAL,
    *,
    drafts: Path = NOWHERE,
    now: Callable[[], datetime] = lambda: NOW,
) -> AsyncIterator[WiredTerminal]:
    app = WiredApp(mail, form, drafts, now)
    async with app.run_test(size=size) as pilot:
        while not app._main.ready:
            await pilot.pause(0.01)
        await pilot.pause(0.1)
        yield WiredTerminal(app)
