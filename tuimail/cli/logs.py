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


class _Shown(RedactingFormatter):
    """For the terminal: no traceback, ever."""

    def format(self, record: logging.LogRecord) -> str:
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        return super().format(plain)


class _File(RotatingFileHandler):
    """Makes folder and file when there is something to write, for their owner alone."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
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
