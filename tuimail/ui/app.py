"""The application: one screen over `Mail`."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.screen import Screen
from textual.theme import Theme as TextualTheme

from tuimail.engine.mail import Mail
from tuimail.model.local_time import local_now
from tuimail.model.mail import AccountName
from tuimail.ui.keymap import Keymap
from tuimail.ui.letters.drafts import Drafts
from tuimail.ui.letters.editor import run_editor
from tuimail.ui.parts.appearance import Wardrobe
from tuimail.ui.parts.composer import Workshop
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.terminal.application import TerminalApp
from tuimail.ui.terminal.booted import Booted
from tuimail.ui.terminal.controls import Notify
from tuimail.ui.terminal.driver import Manners
from tuimail.ui.theme import THEMES, UNICODE, Glyphs, Looks, Theme
from tuimail.ui.window import Window

AskAtTerminal = Callable[
    [AccountName, Callable[[], AbstractAsyncContextManager[None]]], Awaitable[str | None]
]


def _plain_wardrobe(glyphs: Glyphs) -> Wardrobe:
    return Wardrobe(Keymap.make, lambda name: Looks(THEMES.get(name, THEMES["ansi"]), glyphs))


class TuimailApp(TerminalApp[None], inherit_bindings=False):
    """The terminal interface.

    `find_secret` runs an account's password command, which may ask in the terminal that it is
    given; it returns None to have the user asked, or raises CommandFailed. `drafts`
    names the folder of an account's own data, `editor` a command that edits a file; without
    one the built-in editor serves. `by_line` lets the list scroll by lines, not pages;
    `slow_link` leaves out what costs many bytes. `notices` are sentences of ours for the last
    line. `wardrobe` has the themes and key maps to change to. `settled` is called once, when the
    first list stands or cannot be had.
    """

    CSS_PATH = "screens/main.tcss"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(
        self,
        mail: Mail,
        *,
        keymap: Keymap | None = None,
        looks: Looks | None = None,
        title: str = "",
        notices: Sequence[str] = (),
        find_secret: AskAtTerminal | None = None,
        drafts: Callable[[AccountName], Path],
        editor: Sequence[str] = (),
        by_line: bool = False,
        slow_link: bool = False,
        wardrobe: Wardrobe | None = None,
        notify: Notify = Notify.NONE,
        manners: Manners | None = None,
        booted: Booted | None = None,
        settled: Callable[[], None] = lambda: None,
        now: Callable[[], datetime] = local_now,
    ) -> None:
        looks = looks or Looks(THEMES["ansi"], UNICODE)
        # Asked for here: what NO_COLOR takes away is decided once, before a theme is set.
        super().__init__(ansi_color=looks.theme.background is None, manners=manners, booted=booted)
        self._find_secret = find_secret
        self._editor = editor
        self.theme = self._adopt(looks.theme)
        self._main = MainScreen(
            mail,
            keymap=keymap or Keymap.make(),
            looks=looks,
            now=now,
            title=title,
            notices=notices,
            find_secret=self._secret if find_secret else None,
            workshop=Workshop(Drafts(drafts), self._edit if editor else None),
            by_line=by_line,
            slow_link=slow_link,
            wardrobe=wardrobe or _plain_wardrobe(looks.glyphs),
            window=Window(
                entitle=self.name_window,
                announce=partial(self.announce, notify),
                copy=self.copy_to_clipboard,
            ),
            settled=settled,
            painted=booted is not None and booted.frame is not None,
        )

    def wind_up(self, end: Callable[[], None]) -> None:
        self._main.hand.at_rest(end)

    def be_slow(self, *, slow: bool) -> None:
        self._main.be_slow(slow=slow)

    def get_default_screen(self) -> Screen[None]:
        return self._main

    def on_main_screen_dressed(self, event: MainScreen.Dressed) -> None:
        self.theme = self._adopt(event.looks.theme)
        self.ansi_color = event.looks.theme.background is None

    async def _secret(self, account: AccountName) -> str | None:
        return await self._find_secret(account, self.terminal_away) if self._find_secret else None

    async def _edit(self, sheet: Path) -> None:
        """Run the user's editor with the terminal as it was. Raises CommandFailed."""
        async with self.terminal_away():
            await run_editor(self._editor, sheet)

    def _adopt(self, theme: Theme) -> str:
        """The name of Textual's theme for the ground under what we draw ourselves."""
        ground, text = theme.background, theme.foreground
        if ground is None:
            return "ansi-dark"
        self.register_theme(
            TextualTheme(
                theme.name,
                primary=theme.accent,
                foreground=text,
                background=ground,
                surface=ground,
                panel=ground,
                dark=theme.dark,
            )
        )
        return theme.name
