"""The real program, every frame of which is shown twice: as Textual sends it, and as we do."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip

from tests.ui.fake_mail import ARCHIVE, NOW, TRASH, FakeMail, message
from tests.ui.terminal.emulator import Cell, Emulator
from tuimail import ui
from tuimail.model.body import Body
from tuimail.model.mail import ANSWERED, FLAGGED, INBOX, SEEN, MessageKey
from tuimail.model.safe_text import safe_line
from tuimail.ui.app import TuimailApp
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.terminal.depth import ALL, FEW, PALETTE
from tuimail.ui.terminal.textual_parts import (
    ChopsUpdate,
    CompositorUpdate,
    LayoutUpdate,
    is_drawing,
    whole_screen,
)
from tuimail.ui.theme import THEMES, UNICODE, Looks

_SYSTEMS = {
    FEW: ColorSystem.STANDARD,
    PALETTE: ColorSystem.EIGHT_BIT,
    ALL: ColorSystem.TRUECOLOR,
}
SUBJECTS = (
    "Budget for the third quarter",
    "Re: contract draft",
    "ご予約確認：灯台の見えるお部屋 🏮",
    "회의 일정 변경 안내",
    "Z\u0301az\u0307o\u0301łc\u0301 na\u0308chste Woche",
    "नमस्ते दुनिया",
    "Deploy finished ✅ all green 🚀🎉",
    "x",
    "",
)
SENDERS = ("Anna Meyer", "Józef Kowalski", "陳薇婷", "김민준", "Newsletter Team 🚀", "Eve O'Neill")
WORDS = [
    "we",
    "the",
    "contract",
    "次の会議",
    "größer",
    "and",
    "schedule",
    "été",
    "मिलते",
    "release",
    "📷",
]


def letters(chance: random.Random, number: int) -> FakeMail:
    """Mail in many scripts, some of it long."""
    mail = FakeMail(
        [
            message(
                n,
                f"{chance.choice(SUBJECTS)} {n % 9}",
                chance.choice(SENDERS),
                flags=[flag for flag in (SEEN, FLAGGED, ANSWERED) if chance.random() < 0.4],
                mailbox=chance.choice([INBOX, INBOX, INBOX, ARCHIVE, TRASH]),
                snippet=" ".join(chance.choices(WORDS, k=12)) if chance.random() < 0.8 else "",
                attachments=["plan.pdf"] * (n % 5 == 0),
            )
            for n in range(1, number)
        ]
    )
    for key in mail.order:
        text = [" ".join(chance.choices(WORDS, k=9)) for _ in range(chance.randrange(1, 60))]
        mail.bodies[MessageKey(key)] = Body(
            lines=tuple(map(safe_line, text)), snippet=safe_line(text[0])
        )
    return mail


def strips_of(update: CompositorUpdate) -> Iterator[Strip]:
    if isinstance(update, LayoutUpdate):
        for row in update.strips:
            yield from row
    elif isinstance(update, ChopsUpdate):
        for chops in update.chops:
            yield from filter(None, chops.values())


class Beside:
    """A line that shows what it is sent; `ready` can be taken away and given back."""

    def __init__(self) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.ready = True
        self.terminal = Emulator(1, 1, careful=True)
        self.sent: list[bytes] = []
        self.strange: AssertionError | None = None

    def send(self, data: bytes) -> None:
        self.sent.append(data)
        try:
            assert self.ready
            self.terminal.feed(data)
        except AssertionError as strange:
            self.strange = strange
            raise

    def give_back(self) -> None:
        self.ready = True
        if self.on_ready is not None:
            self.on_ready()


class BothWays(TuimailApp):
    """Compares two terminals after every frame; `frames` counts them, `faults` are expected."""

    CSS_PATH = str(Path(ui.__file__).parent / "screens" / "main.tcss")

    def __init__(self, mail: FakeMail, theme: str, depth: int, drafts: Path) -> None:
        super().__init__(
            mail,
            looks=Looks(THEMES[theme], UNICODE),
            now=lambda: NOW,
            drafts=lambda account: drafts / account,
        )
        self._colours = depth
        self.console._color_system = _SYSTEMS[depth]
        self.line = Beside()
        self.stock = Emulator(1, 1, forgiving=True)
        self.frames = 0
        self.faults = 0
        self._unseen = True

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self._driver.line = self.line  # type: ignore[union-attr]  # as our own driver has
        if isinstance(renderable, CompositorUpdate):
            self._show_as_stock(renderable)
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate) and self.line.ready:
            self.compare()

    def _show_as_stock(self, update: CompositorUpdate) -> None:
        if not is_drawing(self):
            self._unseen = True
            return
        # Of a screen that was resized under another one, a piece may come first.
        outgrown = isinstance(update, ChopsUpdate) and len(update.chops) != self.stock.height
        if self._unseen or outgrown:
            update, self._unseen = whole_screen(self.screen), False
        if isinstance(update, LayoutUpdate) and update.region.size != (
            self.stock.width,
            self.stock.height,
        ):
            self.stock.resize(*update.region.size)
            self.line.terminal.resize(*update.region.size)
        self.stock.feed(self._as_stock(update).encode() + b"\x1b[H")
        self.frames += 1

    def _as_stock(self, update: CompositorUpdate) -> str:
        """Rich keeps for good what a style was on the first terminal; here are several."""
        for strip in strips_of(update):
            strip._render_cache = None
            for segment in strip:
                if segment.style is not None:
                    segment.style._ansi = None
        return update.render_segments(self.console)

    def compare(self) -> None:
        """Raises AssertionError at the first cell that looks different."""
        if self.line.strange is not None:
            raise self.line.strange
        assert self._painter is None or self._painter.faults == self.faults
        ours, stock = self.line.terminal.rows, self.stock.rows
        if ours != stock:
            raise AssertionError(difference(ours, stock, self.line.sent[-1:]))

    @property
    def main(self) -> MainScreen | None:
        return self.screen if isinstance(self.screen, MainScreen) else None

    async def type(self, *keys: str) -> None:
        for key in keys:
            character = {"space": " "}.get(key, key if len(key) == 1 else None)
            self.post_message(events.Key(key, character))
            await self.draw()

    async def draw(self) -> None:
        """Let happen what is to happen at once, and show it."""
        for _ in range(20):
            await asyncio.sleep(0)
        self.screen._on_timer_update()

    async def resize(self, width: int, height: int) -> None:
        self.post_message(events.Resize(Size(width, height), Size(width, height)))
        await self.draw()


def difference(ours: list[list[Cell]], stock: list[list[Cell]], sent: Iterable[bytes]) -> str:
    if [len(row) for row in ours] != [len(row) for row in stock]:
        return "the sizes differ"
    places = [
        (y, x, mine, theirs)
        for y, (row, other) in enumerate(zip(ours, stock, strict=True))
        for x, (mine, theirs) in enumerate(zip(row, other, strict=True))
        if mine != theirs
    ]
    y, x, mine, theirs = places[0]
    last = b"".join(sent)
    return f"{len(places)} cells, at {x},{y}: {mine} for {theirs}, after {last[:400]!r}"
