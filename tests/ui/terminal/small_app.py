"""A small program on the driver, for tests in a pty: `small_app.py NOTES [EDITOR…]`.

What happens is noted in the file NOTES, a line each. `e` runs the editor, `z` stops, `q`
quits, `b` begins to note every twentieth of a second that the event loop is alive.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.strip import Strip
from textual.widget import Widget

from tuimail.engine.mail import CommandFailed
from tuimail.ui.keymap import key_name
from tuimail.ui.letters.editor import run_editor
from tuimail.ui.terminal.application import TerminalApp

BEAT = 0.05


class Page(Widget):
    """Every row differs after each key, so that a frame is large."""

    DEFAULT_CSS = "Page { width: 100%; height: 100%; }"
    turn = 0

    def render_line(self, y: int) -> Strip:
        text = f"turn {self.turn} row {y} " + f"{self.turn * (y + 3)} " * 20
        return Strip([Segment(text[: self.size.width].ljust(self.size.width))])


class SmallApp(TerminalApp[None], inherit_bindings=False):
    def __init__(self, notes: Path, editor: Sequence[str]) -> None:
        super().__init__(ansi_color=True)
        self._notes = notes.open("a", buffering=1)
        self._editor = editor
        self._page = Page()
        self.run_marker = "small"

    def compose(self) -> ComposeResult:
        yield self._page

    def note(self, *words: object) -> None:
        print(*words, file=self._notes)

    def on_mount(self) -> None:
        self.name_window(f"small {os.environ.get('NAME', '')}")
        self.note("mounted")

    def on_resize(self, event: events.Resize) -> None:
        self.note("size", event.size.width, event.size.height)

    def on_paste(self, event: events.Paste) -> None:
        self.note("paste", repr(event.text))

    def on_key(self, event: events.Key) -> None:
        name = key_name(event.key, event.character)
        self.note("key", name)
        match name:
            case "q":
                self.exit()
            case "e":
                self.run_worker(self._edit())
            case "z":
                self.action_suspend_process()
            case "b":
                self.run_worker(self._beat())
            case _:
                self._page.turn += 1
                self._page.refresh()

    def on_unmount(self) -> None:
        self.note("unmounted")

    async def _edit(self) -> None:
        try:
            async with self.terminal_away():
                await run_editor(self._editor, Path("/dev/null"))
        except CommandFailed as failure:
            self.note("failed", failure)
        self.note("edited")

    async def _beat(self) -> None:
        while True:
            self.note("beat")
            self._page.turn += 1
            self._page.refresh()
            await asyncio.sleep(BEAT)


async def main() -> int:
    app = SmallApp(Path(sys.argv[1]), sys.argv[2:])
    await app.run_async()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
