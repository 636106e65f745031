"""Keys in, screen out as text."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from textual.pilot import Pilot

from tests.ui.fake_mail import NOW
from tuimail.engine.mail import Mail
from tuimail.ui.app import AskAtTerminal, TuimailApp
from tuimail.ui.keymap import Keymap
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.theme import THEMES, UNICODE, Looks

_PATIENCE = 5.0
NOWHERE = Path("/dev/null/nowhere")


class Terminal:
    """A running interface: types keys, reads the screen."""

    def __init__(self, app: TuimailApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> MainScreen:
        screen = self.app.screen
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def lines(self) -> list[str]:
        """The screen as text, one string a line, blanks at the end left out."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def top(self) -> str:
        return self.lines[0]

    @property
    def bottom(self) -> str:
        return self.lines[-1]

    @property
    def current(self) -> str:
        """The line of the list's cursor."""
        return next((line for line in self.lines[1:-1] if line.startswith(">")), "")

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {" ": "space", "/": "slash", ":": "colon", "@": "at", "-": "minus"}
        await self.press(*(names.get(character, character) for character in text))

    async def until(self, happened: Callable[[], object]) -> None:
        """Wait until something is so; fails with the screen after five seconds."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not happened():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"this did not come:\n{self.text}") from None

    async def sees(self, text: str) -> None:
        await self.until(lambda: text in self.text)

    async def loses(self, text: str) -> None:
        await self.until(lambda: text not in self.text)


@asynccontextmanager
async def terminal(
    mail: Mail,
    size: tuple[int, int] = (80, 24),
    *,
    keymap: Keymap | None = None,
    looks: Looks | None = None,
    find_secret: AskAtTerminal | None = None,
    notices: Sequence[str] = (),
    now: Callable[[], datetime] = lambda: NOW,
    drafts: Path = NOWHERE,
    editor: Sequence[str] = (),
) -> AsyncIterator[Terminal]:
    """The interface on `mail`, shown and with its first list in sight."""
    app = TuimailApp(
        mail,
        keymap=keymap,
        looks=looks or Looks(THEMES["ansi"], UNICODE),
        find_secret=find_secret,
        notices=notices,
        now=now,
        drafts=lambda account: drafts / account,
        editor=editor,
    )
    async with app.run_test(size=size) as pilot:
        shown = Terminal(app, pilot)
        await shown.until(lambda: shown.screen.ready)
        await pilot.pause()
        yield shown
