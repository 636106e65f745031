"""Where the log goes: to a file of its own, and with -v to stderr."""

import argparse
import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tuimail.config.paths import Paths
from tuimail.engine.logs import RedactingFormatter

_FORMAT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
_FILE_BYTES = 1_000_000
_FILES = ("tuimail.log", "engine.log", "engine-crash.log")


class _Shown(RedactingFormatter):
    """For the terminal: no traceback, ever."""

    def format(self, record: logging.LogRecord) -> str:
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        return super().format(plain)


class _File(RotatingFileHandler):
    """Makes folder and file when there is something to write, for their owner alone."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whoever put a pipe there reads nothing: it must not hold us.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


def start(paths: Paths, arguments: argparse.Namespace) -> None:
    """Warnings go to the file, more with --log-level; -v shows the same on stderr, and more.

    The interface has the terminal for itself.
    """
    logging.raiseExceptions = False  # a full disk must not print a traceback
    file_level, shown_level = levels(arguments)
    file = _File(paths.log / "tuimail.log", maxBytes=_FILE_BYTES, backupCount=3, delay=True)
    handlers: list[logging.Handler] = [_with(file, file_level, RedactingFormatter(_FORMAT))]
    has_screen = arguments.command in ("", "demo") and sys.stderr.isatty()
    if shown_level <= logging.CRITICAL and not has_screen:
        handlers.append(_with(logging.StreamHandler(), shown_level, _Shown(_FORMAT)))
    # What asyncio complains of would else go to stderr as it is.
    for name, level in (("tuimail", min(file_level, shown_level)), ("asyncio", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = False


def unusable(paths: Paths) -> str:
    """Why there is no log, in a sentence; "" where there is one, or will be."""
    for name in _FILES:
        path = paths.log / name
        if trouble := _trouble(path):
            return f"There is no log: {path} cannot be written ({trouble})."
    return ""


def _trouble(path: Path) -> str:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not os.path.lexists(path):
            return _trouble_of_folder(path.parent)
        return error.strerror or type(error).__name__
    return ""


def _trouble_of_folder(folder: Path) -> str:
    """Of the folder, or of the one that it has to be made in."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not there.is_dir():
        return f"{there} is no folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} may not be written"


def levels(arguments: argparse.Namespace) -> tuple[int, int]:
    """From which level on the file and stderr take records."""
    asked = logging.getLevelName((arguments.log_level or "warning").upper())
    if not arguments.verbose:
        return asked, logging.CRITICAL + 1
    loud = logging.INFO if arguments.verbose == 1 else logging.DEBUG
    return min(asked, loud), min(asked, loud)


def _with(handler: logging.Handler, level: int, formatter: logging.Formatter) -> logging.Handler:
    handler.setLevel(level)
    handler.setFormatter(formatter)
    return handler
