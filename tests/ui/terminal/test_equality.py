"""Whatever happens on the screen, our bytes show exactly what Textual's own would."""

import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

import pytest
from rich.color import ColorSystem
from rich.style import Style as RichStyle

from tests.ui.terminal.both import BothWays, letters
from tuimail.ui.screens.sheet import SheetScreen
from tuimail.ui.terminal import updates
from tuimail.ui.terminal.depth import ALL, FEW, PALETTE
from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.painting import Painter
from tuimail.ui.terminal.style import BOLD, Style

_UP = re.compile(rb"\x1b\[\d+;\d+r\x1b\[\d+H\n")
_DOWN = re.compile(rb"\x1b\[\d+;\d+r\x1b\[\d*H\x1bM")
SIZES = [(80, 24), (120, 40), (60, 16), (160, 50), (100, 41), (40, 12), (119, 30)]
WAYS = [
    ("ansi", FEW, (80, 24)),
    ("calm", ALL, (120, 40)),
    ("calm", PALETTE, (60, 16)),
    ("paper", FEW, (119, 30)),
    ("ansi", ALL, (160, 50)),
]


class Walk:
    """A user who does everything, some of it often; `done` counts what was seen happening."""

    def __init__(self, app: BothWays, chance: random.Random) -> None:
        self.app = app
        self.chance = chance
        self.done: Counter[str] = Counter()
        self.steps = 0

    async def go(self, steps: int) -> None:
        deeds: list[Callable[[], Awaitable[None]]] = [
            *[self.step] * 5,
            *[self.scroll] * 4,
            *[self.page] * 3,
            *[self.read] * 4,
            self.limit,
            *[self.ask] * 2,
            self.mark,
            self.triage,
            *[self.arrange] * 2,
            self.write,
            *[self.resize] * 2,
            self.stall,
        ]
        while self.steps < steps:
            await self.chance.choice(deeds)()
            await self.come_home()
            assert self.app.is_running
            assert self.app._exception is None

    async def type(self, *keys: str) -> None:
        for key in keys:
            await self.app.type(key)
            self.steps += 1
            self.count()

    def count(self) -> None:
        main = self.app.main
        self.done["frames"] = self.app.frames
        self.done["reading"] += main is not None and main.reader.reading
        self.done["both panes"] += main is not None and main.rows.display and main.view.display
        self.done["mailboxes beside"] += main is not None and main.boxes.display
        self.done["list alone"] += main is not None and not (
            main.view.display or main.boxes.display
        )
        self.done["limits"] += main is not None and main.places.place.limit != ""
        self.done["previews"] += main is not None and main.reader.preview
        sent = b"".join(self.app.line.sent)
        self.app.line.sent.clear()
        self.done["rows scrolled up"] += len(_UP.findall(sent))
        self.done["rows scrolled down"] += len(_DOWN.findall(sent))
        self.done["prompts"] += main is not None and main.prompts.current is not None
        self.done["pickers"] += main is not None and main.picker.display
        self.done["other screens"] += main is None
        self.done["marks"] += main is not None and main.rows.listing.marked_count > 0

    async def step(self) -> None:
        key = self.chance.choice("jjk")
        height = self.app.size.height
        await self.type(*[key] * self.chance.choice([1, 3, height, height + 3]))

    async def scroll(self) -> None:
        """Line by line, at the edge of the list and in the letter."""
        main = self.app.main
        if main is None:
            return
        by = self.chance.choice([1, 1, -1, 2, -3])
        for _ in range(self.chance.randrange(2, 12)):
            if self.app.main is not None:
                main.rows.page(by / max(1, main.rows.listing.height))
            await self.app.draw()
            self.steps += 1

    async def page(self) -> None:
        await self.type(self.chance.choice(["pagedown", "pagedown", "pageup", "ctrl+d", "ctrl+u"]))
        if self.chance.random() < 0.2:
            await self.type(*self.chance.choice(["G", "gg"]))

    async def read(self) -> None:
        await self.type("enter", "j", "j")
        await self.type(*[self.chance.choice("jjjk")] * self.chance.randrange(1, 15))
        await self.type(*self.chance.choices(["space", "J", "K", "H", "pagedown", "k"], k=4))

    async def limit(self) -> None:
        await self.type(
            "\\", *self.chance.choice(["anna", "re", "会", "nothing", "green"]), "enter"
        )
        await self.type("j", "j", "k")

    async def ask(self) -> None:
        await self.type(self.chance.choice(["/", ":", "c", "s", "?", "T"]), *"arch", "backspace")
        await self.type(*self.chance.choices(["down", "up", "tab", "a"], k=3))

    async def mark(self) -> None:
        await self.type(*self.chance.choices(["space", "V", "j", "k"], k=6))

    async def triage(self) -> None:
        await self.type(*self.chance.choices("daFNuUI!.", k=3))

    async def arrange(self) -> None:
        await self.type(self.chance.choice(["p", "B", "g"]), self.chance.choice("ijkt"))

    async def write(self) -> None:
        await self.type(self.chance.choice("mrf"), *"Grüße 会 🚀", "enter", *"und", "pageup")
        await self.type("escape", *self.chance.choice(["e", "t", "s"]), "x", "down")

    async def resize(self) -> None:
        await self.app.resize(*self.chance.choice(SIZES))
        self.done["resizes"] += 1

    async def stall(self) -> None:
        """The line takes nothing for a while; then it shows the newest."""
        self.app.line.ready = False
        await self.type(*self.chance.choices(["j", "k", "pagedown", "enter", "j"], k=5))
        self.app.line.give_back()
        self.app.compare()
        self.done["stalls"] += 1

    async def come_home(self) -> None:
        """Out of every prompt and screen, most of the time; never to an empty list for long."""
        if self.chance.random() < 0.2:
            return
        for _ in range(6):
            main = self.app.main
            if main is None:
                on_paper = isinstance(self.app.screen, SheetScreen)
                await self.type(*(["ctrl+x"] if on_paper else ["escape", "q", "down", "enter"]))
            elif main.prompts.current is not None or main.reader.reading:
                await self.type("escape")
            elif len(main.rows.listing) < 20:
                await self.type("escape", *self.chance.choice([(), ("g", "i"), ("u",)]))


async def walk(
    theme: str, depth: int, size: tuple[int, int], drafts: Path, seed: int, steps: int
) -> Walk:
    chance = random.Random(seed)
    app = BothWays(letters(chance, 160), theme, depth, drafts)
    async with app.run_test(size=size) as pilot:
        while app.main is None or not app.main.ready:
            await pilot.pause(0.01)
        walked = Walk(app, chance)
        await walked.go(steps)
        app.exit()
    return walked


SEEN = {
    "reading",
    "both panes",
    "mailboxes beside",
    "list alone",
    "prompts",
    "pickers",
    "other screens",
    "marks",
    "limits",
    "resizes",
    "stalls",
    "rows scrolled up",
    "rows scrolled down",
    "previews",
}


async def test_our_bytes_show_what_textuals_own_show(tmp_path: Path) -> None:
    done: Counter[str] = Counter()
    for seed, (theme, depth, size) in enumerate(WAYS):
        walked = await walk(theme, depth, size, tmp_path, seed, steps=500)
        done += walked.done
    assert SEEN - set(+done) == set()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("theme", "depth", "size"), WAYS)
async def test_our_bytes_show_what_textuals_own_show_for_a_long_time(
    theme: str, depth: int, size: tuple[int, int], seed: int, tmp_path: Path
) -> None:
    await walk(theme, depth, size, tmp_path, 100 + seed, steps=1000)


# --- the test itself is tested


def pieces_are_drawn_one_column_off(patch: pytest.MonkeyPatch) -> None:
    put = Frame.put
    patch.setattr(Frame, "put", lambda self, x, y, runs: put(self, x + (x > 0), y, runs))


def rows_beside_a_pane_are_drawn_over_it(patch: pytest.MonkeyPatch) -> None:
    put = Frame.put
    patch.setattr(Frame, "put", lambda self, x, y, runs: put(self, 0, y, runs))


def only_the_first_piece_of_an_update_is_drawn(patch: pytest.MonkeyPatch) -> None:
    parts = updates.parts
    patch.setattr(updates, "parts", lambda update: islice(parts(update), 1))


def bold_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = updates.style_of

    def wrong(style: RichStyle, depth: ColorSystem | None) -> Style:
        plain = right(style, depth)
        return plain._replace(attributes=plain.attributes & ~BOLD)

    patch.setattr(updates, "style_of", wrong)


def colours_are_not_reduced(patch: pytest.MonkeyPatch) -> None:
    right = updates.style_of
    patch.setattr(updates, "style_of", lambda style, depth: right(style, ColorSystem.TRUECOLOR))


def what_was_drawn_while_the_line_was_busy_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Painter, "paint", lambda self: None)


def a_new_size_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    start = DiffWriter._start_afresh

    def wrong(self: DiffWriter, frame: Frame) -> None:
        shown = self._shown
        start(self, frame)
        self._shown = [*shown, *self._shown][: frame.height]

    patch.setattr(DiffWriter, "_start_afresh", wrong)


@pytest.mark.parametrize(
    "fault",
    [
        pieces_are_drawn_one_column_off,
        rows_beside_a_pane_are_drawn_over_it,
        only_the_first_piece_of_an_update_is_drawn,
        bold_is_forgotten,
        colours_are_not_reduced,
        what_was_drawn_while_the_line_was_busy_is_lost,
        a_new_size_is_not_noticed,
    ],
    ids=lambda fault: fault.__name__,
)
async def test_it_is_seen_when(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        await walk("calm", PALETTE, (120, 40), tmp_path, seed=3, steps=5_000)
