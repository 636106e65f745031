"""The user's own editor, in the terminal that is handed over to it."""

import asyncio
import os
import shlex
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tuimail.engine.mail import CommandFailed

_LAST_PATIENCE = 0.3


def chosen_editor(environ: Mapping[str, str]) -> tuple[str, ...]:
    """$VISUAL or $EDITOR and its arguments; () where neither is set or can be read."""
    for name in ("VISUAL", "EDITOR"):
        try:
            if words := shlex.split(environ.get(name, "")):
                return tuple(words)
        except ValueError:
            continue
    return ()


async def run_editor(command: Sequence[str], sheet: Path) -> None:
    """Wait until the user leaves the editor; mail goes on meanwhile.

    Raises CommandFailed if it cannot be started or fails.
    """
    try:
        process = await asyncio.create_subprocess_exec(*command, os.fspath(sheet))
    except OSError as error:
        raise CommandFailed(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        code = await process.wait()
    finally:
        await _end(process)
    if code:
        raise CommandFailed(f"{command[0]} ended with code {code}.")


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
