"""The user's own editor, in the terminal that is handed over to it."""

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tuimail.engine.mail import CommandFailed


def chosen_editor(environ: Mapping[str, str]) -> tuple[str, ...]:
    """$VISUAL or $EDITOR and its arguments; () where neither is set or can be read."""
    for name in ("VISUAL", "EDITOR"):
        try:
            if words := shlex.split(environ.get(name, "")):
                return tuple(words)
        except ValueError:
            continue
    return ()


def run_editor(command: Sequence[str], sheet: Path) -> None:
    """Wait until the user leaves the editor. Raises CommandFailed if it cannot be started."""
    with _ours_to_ignore():
        try:
            subprocess.run([*command, os.fspath(sheet)], check=True)  # noqa: S603 (the user set it)
        except OSError as error:
            raise CommandFailed(f"{command[0]} cannot be started: {error.strerror}") from error
        except subprocess.CalledProcessError as failure:
            raise CommandFailed(f"{command[0]} ended with code {failure.returncode}.") from failure


@contextmanager
def _ours_to_ignore() -> Iterator[None]:
    """What is typed at the editor must not end us; the editor gets the signals as usual."""
    numbers = (signal.SIGINT, signal.SIGQUIT)
    before = [signal.signal(number, lambda *_: None) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
