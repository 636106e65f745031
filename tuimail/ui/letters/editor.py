"""The user's own editor, in the terminal that is handed over to it."""

import asyncio
import os
import re
import shlex
import shutil
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tuimail.engine.mail import CommandFailed
from tuimail.ui.letters.writing import first_line_of_text

_LAST_PATIENCE = 0.3
# Of a sheet: far more than its fields take.
_HEAD = 200_000


def chosen_editor(environ: Mapping[str, str]) -> tuple[str, ...]:
    """$VISUAL or $EDITOR and its arguments; () where neither is set or can be read."""
    for name in ("VISUAL", "EDITOR"):
        try:
            if words := shlex.split(environ.get(name, "")):
                return tuple(words)
        except ValueError:
            continue
    return ()


# How a program is told to begin at a line; of any other nothing is known.
_PLUS = frozenset(
    {"vi", "vim", "nvim", "gvim", "mvim", "rvim", "view", "nvi", "vis", "elvis", "kak"}
    | {"nano", "rnano", "pico", "joe", "jstar", "jmacs", "jpico", "rjoe", "ne", "micro", "dte"}
    | {"emacs", "emacsclient", "xemacs", "jove", "zile", "mg", "mcedit"}
    | {"gedit", "geany", "xed", "pluma"}
)
_COLON = frozenset({"hx", "helix", "subl", "zed", "zeditor"})
_GOTO = frozenset({"code", "code-insiders", "codium", "vscodium"})
_LINE_OPTION = {"kate": "-l", "kwrite": "-l"}
# They stand in for vi, and take "+5" for a file.
_IN_ONE = frozenset({"busybox", "toybox"})
_VARIANT = re.compile(
    r"(?<=[a-z])[-.]?\d[\w.]*$|\.(basic|tiny|nox|gtk\d?|athena|gnome)$|-(gtk|nox|x|lucid|snapshot)$"
)


def at_line(command: Sequence[str], file: Path, line: int) -> list[str]:
    """The command that edits `file` and begins at `line`, where the program can be told."""
    plain = [*command, os.fspath(file)]
    if "--" in command:
        return plain
    match _kind_of(command[0]):
        case name if name in _PLUS:
            return [*command, f"+{line}", os.fspath(file)]
        case name if name in _COLON:
            return [*command, f"{os.fspath(file)}:{line}"]
        case name if name in _GOTO:
            return [*command, "--goto", f"{os.fspath(file)}:{line}"]
        case name if name in _LINE_OPTION:
            return [*command, _LINE_OPTION[name], str(line), os.fspath(file)]
        case _:
            return plain


def _kind_of(program: str) -> str:
    """Which editor it is: by its name, or, behind a name such as "editor", by what it leads to."""
    name = _bare_name(program)
    found = shutil.which(program)
    real = _bare_name(os.path.realpath(found)) if found else ""
    if real in _IN_ONE:
        return ""
    known = _PLUS | _COLON | _GOTO | _LINE_OPTION.keys()
    return name if name in known else real


def _bare_name(program: str) -> str:
    """Without folder, version and variant: vim.basic, emacs-nox, emacs29."""
    return _VARIANT.sub("", Path(program).name)


def _text_line(sheet: Path) -> int:
    try:
        with sheet.open(encoding="utf-8", errors="replace") as file:
            return first_line_of_text(file.read(_HEAD))
    except OSError:
        return 1


async def run_editor(command: Sequence[str], sheet: Path) -> None:
    """Wait until the user leaves the editor, which opens at the text; mail goes on meanwhile.

    Raises CommandFailed if it cannot be started or fails.
    """
    # The whole path would push the reason off the last line.
    name = Path(command[0]).name
    try:
        arguments = at_line(command, sheet, await asyncio.to_thread(_text_line, sheet))
        process = await asyncio.create_subprocess_exec(*arguments)
    except OSError as error:
        raise CommandFailed(f"{name} cannot be started: {error.strerror}") from error
    try:
        code = await process.wait()
    finally:
        await _end(process)
    if code:
        raise CommandFailed(f"{name} ended with code {code}.")


async def _end(process: Process) -> None:
    """An editor does not outlive us; asked to end, it may keep what it has."""
    for end in (process.terminate, process.kill):
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            end()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_PATIENCE):
                await process.wait()
