"""From a command's name to its code, and from what went wrong to a sentence and an exit code."""

import argparse
import asyncio
import importlib
import logging
import os
import resource
import sys
from collections.abc import Callable

from tuimail.cli import logs
from tuimail.cli.boot import Boot
from tuimail.cli.failure import Exit, Failure
from tuimail.cli.output import Output, complain
from tuimail.cli.run import Command, Run
from tuimail.config.errors import ConfigError
from tuimail.config.paths import Paths

log = logging.getLogger(__name__)

# Each module is imported only when its command runs.
_MODULES = {
    "search": "reading",
    "show": "reading",
    "mailboxes": "reading",
    "sync": "sync",
    "flag": "acting",
    "move": "acting",
    "copy": "acting",
    "archive": "acting",
    "delete": "acting",
    "undo": "journal",
    "redo": "journal",
    "pending": "journal",
    "send": "sending",
    "outbox": "sending",
    "pop": "pop",
    "account": "account",
    "doctor": "doctor",
    "engine": "engine",
}


def run_command(arguments: argparse.Namespace, boot: Boot | None = None) -> int:
    """Carry it out; raises Failure for all that can be expected to go wrong."""
    os.umask(0o077)
    # No core dump, which could hold a password (security.md L3).
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a text file
    paths = Paths.from_environment()
    logs.start(paths, arguments)
    # The interface and the doctor say it in their own way.
    if arguments.command not in ("", "demo", "doctor") and (words := logs.unusable(paths)):
        complain(words)
    if boot is not None and boot.fault is not None:
        log.info("the first screen was not painted early: %s", type(boot.fault).__name__)
    output = Output(as_json=arguments.json, quiet=arguments.quiet)
    run = Run(arguments, output, paths, booted=None if boot is None else boot.booted)
    try:
        return _command(arguments.command)(run)
    except ConfigError as error:
        raise Failure(str(error), Exit.FAILED if error.unreadable else Exit.USAGE) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(_of_system(error)) from error


def _command(name: str) -> Callable[[Run], int]:
    if name in ("", "demo"):
        module = importlib.import_module("tuimail.cli.interface")
        start: Callable[[Run], int] = module.demo if name else module.interface
        return start
    command: Command = getattr(importlib.import_module(f"tuimail.cli.{_MODULES[name]}"), name)

    async def carried_out(run: Run) -> Exit:
        done = await command(run)
        return Exit.PARTLY if done == Exit.DONE and run.left_out else done

    return lambda run: asyncio.run(carried_out(run))


def _of_system(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or type(error).__name__}"
