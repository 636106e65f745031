"""What happens to a frame on its way to the terminal, when all is well and when it is not."""

import random
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual._compositor import Compositor
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen as TextualScreen
from textual.strip import Strip

from tests.ui.terminal.both import Beside, BothWays, letters
from tests.ui.terminal.emulator import Emulator
from tests.ui.terminal.test_equality import Walk
from tuimail.ui.terminal import painting, textual_parts, updates
from tuimail.ui.terminal.depth import FEW
from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.painting import Painter
from tuimail.ui.terminal.textual_parts import ChopsUpdate, CompositorUpdate, LayoutUpdate

WIDTH, HEIGHT = 20, 4
ROOT = Path(__file__).parents[3]


class Screen:
    """Rows of text that Textual would draw, and the updates that say so."""

    def __init__(self) -> None:
        self.rows = [f"row {y}".ljust(WIDTH) for y in range(HEIGHT)]

    def whole(self) -> LayoutUpdate:
        return LayoutUpdate([[_strip(row)] for row in self.rows], Region(0, 0, WIDTH, HEIGHT))

    def write(self, y: int, text: str) -> ChopsUpdate:
        self.rows[y] = text.ljust(WIDTH)
        chops = [{0: _strip(row)} for row in self.rows]
        return ChopsUpdate(chops, [(y, 0, WIDTH)], [[WIDTH] for _ in self.rows])


def _strip(text: str) -> Strip:
    return Strip([Segment(text, RichStyle(bold=True))])


class Painted:
    """A painter, the screen that it paints, and the terminal that it paints on."""

    def __init__(self) -> None:
        self.screen = Screen()
        self.line = Beside()
        self.line.terminal = Emulator(WIDTH, HEIGHT)
        console = Console(color_system="standard", force_terminal=True)
        self.painter = Painter(self.line, DiffWriter(), console, self.screen.whole)

    @property
    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.line.terminal.lines]

    @property
    def drawn(self) -> list[str]:
        return [row.rstrip() for row in self.screen.rows]


@pytest.fixture
def painted() -> Painted:
    painted = Painted()
    painted.painter.show(painted.screen.whole())
    return painted


def break_for(patch: pytest.MonkeyPatch, times: int, target: object, name: str) -> None:
    """Let `target.name` raise so many times, then work as before."""
    right = getattr(target, name)
    left = iter(range(times))

    def broken(*arguments: object) -> object:
        if next(left, None) is not None:
            raise ValueError("what a letter said")
        return right(*arguments)

    patch.setattr(target, name, broken)


def test_only_what_changed_is_sent(painted: Painted) -> None:
    painted.painter.show(painted.screen.write(2, "row X"))
    assert painted.shown == painted.drawn
    assert painted.line.sent[-1] == b"\x1b[3;5HX"


def test_a_busy_line_is_sent_the_newest_frame_and_no_other(painted: Painted) -> None:
    sent = len(painted.line.sent)
    painted.line.ready = False
    for number in range(5):
        painted.painter.show(painted.screen.write(1, f"number {number}"))
    assert len(painted.line.sent) == sent
    painted.line.give_back()
    assert len(painted.line.sent) == sent + 1
    assert painted.shown == painted.drawn


def test_a_terminal_that_somebody_else_used_is_painted_anew(painted: Painted) -> None:
    painted.line.terminal.scribble()
    painted.painter.forget()
    painted.painter.paint()
    assert painted.shown == painted.drawn


FAULTY = [(DiffWriter, "paint"), (painting, "drawn")]


@pytest.mark.parametrize(("target", "name"), FAULTY)
def test_after_a_fault_everything_is_painted_anew(
    painted: Painted,
    target: object,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_for(monkeypatch, 1, target, name)
    painted.line.terminal.scribble()
    painted.painter.show(painted.screen.write(1, "changed"))
    assert painted.shown == painted.drawn
    assert not painted.painter.plain
    painted.painter.show(painted.screen.write(2, "row X"))
    assert painted.line.sent[-1] == b"\x1b[3;5HX"
    assert len(caplog.records) == 1
    assert "a letter" not in caplog.text


@pytest.mark.parametrize(("target", "name"), FAULTY)
def test_after_another_fault_textuals_own_output_is_sent_for_good(
    painted: Painted,
    target: object,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_for(monkeypatch, 2, target, name)
    painted.line.terminal.scribble()
    painted.painter.show(painted.screen.write(1, "changed"))
    assert painted.painter.plain
    assert painted.shown == painted.drawn
    for number in range(3):
        painted.painter.show(painted.screen.write(number, f"number {number}"))
        assert painted.shown == painted.drawn
    assert len(caplog.records) == 2


def test_textuals_own_output_waits_for_the_line_too(
    painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_for(monkeypatch, 100, DiffWriter, "paint")
    painted.painter.show(painted.screen.write(1, "changed"))
    sent = len(painted.line.sent)
    painted.line.ready = False
    painted.painter.show(painted.screen.write(2, "later"))
    painted.painter.show(painted.screen.write(3, "latest"))
    assert len(painted.line.sent) == sent
    painted.line.give_back()
    assert painted.shown == painted.drawn


def test_nothing_is_raised_when_nothing_can_be_drawn_at_all(
    painted: Painted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    break_for(monkeypatch, 100, DiffWriter, "paint")
    break_for(monkeypatch, 100, painting, "cleaned")
    for number in range(20):
        painted.painter.show(painted.screen.write(1, f"number {number}"))
    assert len(caplog.records) == 3


@pytest.mark.parametrize("plain", [False, True])
def test_control_characters_reach_the_terminal_neither_way(
    painted: Painted, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if plain:
        break_for(monkeypatch, 2, DiffWriter, "paint")
    painted.painter.show(painted.screen.write(1, "\x1b[2J\x1b]0;pwned\a\x9b5n"))
    assert painted.painter.plain is plain
    assert "[2J]0;pwned5n" in painted.shown[1].replace("\ufffd", "")


class Odd(CompositorUpdate):
    """An update of a kind that is not known."""


def test_an_update_that_is_not_understood_means_the_whole_screen(painted: Painted) -> None:
    painted.screen.rows[3] = "unseen".ljust(WIDTH)
    painted.painter.show(Odd())
    assert painted.shown == painted.drawn
    assert painted.painter.faults == 1


def test_rows_beyond_the_screen_are_a_fault_that_is_mended(painted: Painted) -> None:
    strips: list[dict[int, Strip | None]] = [{0: _strip("x" * WIDTH)} for _ in range(HEIGHT + 1)]
    painted.painter.show(ChopsUpdate(strips, [(HEIGHT, 0, WIDTH)], [[WIDTH]] * (HEIGHT + 1)))
    assert painted.shown == painted.drawn
    assert painted.painter.faults == 1


@pytest.mark.parametrize("faults", [1, 2])
@pytest.mark.parametrize(("target", "name"), [*FAULTY, (updates, "_runs")])
async def test_the_program_goes_on_and_shows_the_same_after_faults(
    target: object, name: str, faults: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chance = random.Random(7)
    app = BothWays(letters(chance, 120), "ansi", FEW, tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        while app.main is None or not app.main.ready:
            await pilot.pause(0.01)
        walked = Walk(app, chance)
        await walked.go(40)
        break_for(monkeypatch, faults, target, name)
        app.faults, app.line.terminal.careful = faults, False
        # After two, Textual's own output comes, which may draw for the size before.
        app.line.terminal._forgiving = faults > 1
        await walked.go(160)
        assert app._painter is not None
        assert app._painter.faults == faults
        assert app._painter.plain is (faults > 1)
        app.exit()


# --- Textual


def test_textual_is_the_one_version_whose_private_names_are_known() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "textual==8.2.8" in project["dependencies"]
    assert version("textual") == "8.2.8"


def test_the_private_names_are_where_they_are_expected() -> None:
    app: App[None] = App()
    for name in ("_driver", "_running", "_closed", "_batch_count", "_sync_available"):
        assert hasattr(app, name), name
    assert hasattr(App, "_background_screens")
    assert hasattr(Compositor, "render_full_update")
    assert hasattr(TextualScreen(), "_compositor")
    assert all(hasattr(textual_parts, name) for name in textual_parts.__all__)
    assert issubclass(painting.PaintingApp, App)
    assert "_display" in vars(App)
    assert "_display" in vars(painting.PaintingApp)


def test_private_names_of_textual_are_taken_in_one_place() -> None:
    for path in (ROOT / "tuimail").rglob("*.py"):
        if path.name != "textual_parts.py":
            assert "from textual._" not in path.read_text(), path
