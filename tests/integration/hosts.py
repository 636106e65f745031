"""Terminals that the program runs in: a bare pty, tmux, and GNU screen inside of tmux."""

import os
import secrets
import subprocess
import sys
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.closing import Closing
from tests.servers.programs import Program
from tests.ui.terminal.pty_program import PtyProgram

ROOT = Path(__file__).parents[2]
TUIMAIL = (sys.executable, "-m", "tuimail")
PATIENCE = 15.0
BETWEEN_LOOKS = 0.05

Size = tuple[int, int]


class Host(Closing):
    """A terminal with a program in it."""

    @abstractmethod
    def type(self, keys: bytes) -> None:
        """As a keyboard does."""

    @abstractmethod
    def lines(self) -> list[str]:
        """What stands on the screen now."""

    def until(self, shown: Callable[[list[str]], bool]) -> list[str]:
        """The first screen that is as wanted; the last one if none came."""
        end = time.monotonic() + PATIENCE
        while not shown(lines := self.lines()) and time.monotonic() < end:
            time.sleep(BETWEEN_LOOKS)
        return lines

    def at_rest(self, seconds: float) -> list[str]:
        """The screen once it has not changed for so long."""
        lines, since = self.lines(), time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(BETWEEN_LOOKS)
            if (now := self.lines()) != lines:
                lines, since = now, time.monotonic()
        return lines


class BarePty(Host):
    def __init__(self, size: Size, arguments: Sequence[str]) -> None:
        self._program = PtyProgram([*TUIMAIL, *arguments], columns=size[0], rows=size[1])

    def close(self) -> None:
        with self._program:
            self._program.write(b"Q")
            self._program.ended()

    def type(self, keys: bytes) -> None:
        self._program.write(keys)

    def lines(self) -> list[str]:
        self._program.read(BETWEEN_LOOKS)
        return [line.rstrip() for line in self._program.screen().splitlines()]


class Tmux(Host):
    """`inside` is what runs the program there, instead of tmux itself."""

    def __init__(
        self, tmux: Program, size: Size, arguments: Sequence[str], inside: Sequence[str] = ()
    ) -> None:
        self._tmux = tmux
        self._name = f"tuimail-{secrets.token_hex(4)}"
        columns, rows = map(str, size)
        start = ("new-session", "-d", "-x", columns, "-y", rows, "-c", str(ROOT))
        self._run("-f", "/dev/null", *start, *inside, *TUIMAIL, *arguments)
        self._run("set-option", "-g", "status", "off")
        self.resize(size)

    def close(self) -> None:
        self._run("kill-server", must=False)

    def type(self, keys: bytes) -> None:
        self._run("send-keys", "-H", *(f"{byte:x}" for byte in keys))

    def resize(self, size: Size) -> None:
        columns, rows = map(str, size)
        self._run("resize-window", "-x", columns, "-y", rows)

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._run("capture-pane", "-p").splitlines()]

    def _run(self, *words: str, must: bool = True) -> str:
        """What tmux says; `must` is False where its server may have ended by itself."""
        return subprocess.run(
            [self._tmux.path, "-u", "-L", self._name, *words],
            env={**os.environ, "TERM": "xterm-256color", **self._tmux.environment},
            capture_output=True,
            text=True,
            check=must,
        ).stdout


class GnuScreen(Tmux):
    """GNU screen, which has no way to show what it shows, inside of tmux, which has."""

    def __init__(
        self, tmux: Program, screen: Program, folder: Path, size: Size, arguments: Sequence[str]
    ) -> None:
        sockets = folder / "screen"
        sockets.mkdir(mode=0o700, exist_ok=True)
        self._screen = str(screen.path)
        self._variables = {"SCREENDIR": str(sockets), **screen.environment}
        variables = (f"{name}={value}" for name, value in self._variables.items())
        inside = ["env", *variables, self._screen, "-U", "-c", "/dev/null", "-S", "walk"]
        super().__init__(tmux, size, arguments, inside)

    def close(self) -> None:
        """It would only be detached if its terminal went away."""
        subprocess.run(
            [self._screen, "-S", "walk", "-X", "quit"],
            env={**os.environ, **self._variables},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        super().close()
