"""The application that sets up an account, before the one that shows its mail."""

from collections.abc import Coroutine
from typing import ClassVar, NamedTuple

from textual.screen import Screen
from textual.worker import Worker

from tuimail.config.schema import Protocol
from tuimail.engine.setup import Draft, Keep, Probe, Setup, SetupFailed
from tuimail.engine.trust import Doubt, doubts
from tuimail.model.mail import AccountName
from tuimail.ui.setup.page import Page, Pressed
from tuimail.ui.setup.pages import Form, Outcome, Trust, Waiting
from tuimail.ui.setup.sheet import Sheet, SheetScreen
from tuimail.ui.terminal.application import TerminalApp
from tuimail.ui.terminal.booted import Booted
from tuimail.ui.terminal.driver import Manners
from tuimail.ui.theme import Looks

_WORK = "work"
_LEAVING = "Esc again leaves; nothing of this is kept."


class Added(NamedTuple):
    """The account that was saved, and its password if that is kept nowhere."""

    name: AccountName
    password: str | None


class SetupApp(TerminalApp[Added], inherit_bindings=False):
    """Ends with the account that was added, or None if the user left."""

    CSS = "#sheet { width: 100%; height: 100%; }"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(
        self,
        setup: Setup,
        looks: Looks,
        manners: Manners | None = None,
        booted: Booted | None = None,
    ) -> None:
        super().__init__(ansi_color=looks.theme.background is None, manners=manners, booted=booted)
        # The sheet covers the screen and is drawn in its own colours.
        self.theme = "ansi-dark"
        self._setup = setup
        self._form = Form(setup.is_taken)
        self._draft: Draft | None = None
        self._probed: Probe | None = None
        self._doubts: list[Doubt] = []
        self._distrusted: set[Doubt] = set()
        self.sheet = Sheet(looks, self._form.details)
        self._page_screen = SheetScreen(self.sheet, press=self._press, paste=self._paste)

    def get_default_screen(self) -> Screen[None]:
        return self._page_screen

    def _press(self, name: str) -> None:
        page = self.sheet.page
        warned, self.sheet.warning = self.sheet.warning, ""
        if name == "C-z":
            self.action_suspend_process()
        elif name == "C-l":
            self.repaint()
        elif name == "C-c":
            self.exit()
        elif name == "Esc":
            self._go_back(page, warned=bool(warned))
        elif page.press(name) is Pressed.DONE:
            self._go_on(page)
        self.sheet.update()

    def _paste(self, text: str) -> None:
        self.sheet.page.paste(text)
        self.sheet.update()

    def _go_back(self, page: Page, *, warned: bool = False) -> None:
        if page is self._form.details:
            if warned or not self._form.begun:
                self.exit()
            self.sheet.warning = _LEAVING
        elif page is self._form.ways:
            self.sheet.show(self._form.details)
        elif isinstance(page, Trust):
            self._judge(page.doubt, trusted=False)
        else:
            self.workers.cancel_group(self, _WORK)
            self.sheet.show(self._form.ways)

    def _go_on(self, page: Page) -> None:
        if isinstance(page, Outcome) and page.choice is not None and self._draft is not None:
            draft, choice = self._draft, page.choice
            self._start(self._save(page, draft, choice))
        elif isinstance(page, Trust):
            self._judge(page.doubt, trusted=page.is_trusted)
        elif isinstance(page, Outcome | Waiting):
            self._go_back(page)
        else:
            self._check(page)

    def _check(self, page: Page) -> None:
        draft = self._form.check(page)
        if page is self._form.details:
            if not page.is_blamed:
                self.sheet.show(self._form.ways)
        elif draft is not None:
            self._distrusted.clear()
            self._try(draft)

    def _try(self, draft: Draft) -> None:
        self._draft = draft
        self.sheet.show(Waiting())
        self._start(self._probe(draft))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        _: Worker[None] = self.run_worker(work, group=_WORK, exclusive=True)

    async def _probe(self, draft: Draft) -> None:
        self._probed = await self._setup.probe(draft, self.terminal_away)
        found = doubts(draft, self._probed)
        self._doubts = [doubt for doubt in found if doubt not in self._distrusted]
        self._show_answer()

    def _judge(self, doubt: Doubt, *, trusted: bool) -> None:
        """One certificate after the other; what was trusted is tried once all are judged."""
        if trusted:
            self._form.trust(doubt)
        else:
            self._distrusted.add(doubt)
        self._doubts.remove(doubt)
        draft = self._form.check(self._form.ways)
        if self._doubts or draft is None or draft == self._draft:
            self._show_answer()
        else:
            self._try(draft)

    def _show_answer(self) -> None:
        draft, probe = self._draft, self._probed
        if draft is None or probe is None:
            return
        if self._doubts:
            self.sheet.show(Trust(self._doubts[0]))
        elif probe.ways:
            self.sheet.show(Outcome(probe, draft, self._form.ways))
        else:
            self._form.blame(probe)
            self.sheet.show(self._form.details)

    async def _save(self, page: Outcome, draft: Draft, choice: Protocol) -> None:
        try:
            account = await self._setup.save(draft, choice)
        except SetupFailed as failure:
            page.forgive()
            page.blame(choice, str(failure))
            self.sheet.update()
        else:
            self.exit(Added(account.name, draft.password if draft.keep is Keep.MEMORY else None))
