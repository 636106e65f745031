"""Where the log goes: to a file of its own, and with -v to stderr."""

import argparse
import logging
from logging.handlers import RotatingFileHandler

from tuimail.config.paths import Paths
from tuimail.model.safe_text import safe_line

_FORMAT = "%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"
_FILE_BYTES = 1_000_000


class SafeFormatter(logging.Formatter):
    """One record a line (but for tracebacks), harmless to a terminal (security.md T1)."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(safe_line(line) for line in super().format(record).split("\n"))


def start(paths: Paths, arguments: argparse.Namespace) -> None:
    """Warnings go to the file, more with --log-level; -v shows the same on stderr, and more."""
    file_level, shown_level = levels(arguments)
    logger = logging.getLogger("tuimail")
    logger.setLevel(min(file_level, shown_level))
    logger.propagate = False
    if shown_level <= logging.CRITICAL:
        _add(logger, logging.StreamHandler(), shown_level)
    try:
        paths.log.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = RotatingFileHandler(
            paths.log / "tuimail.log", maxBytes=_FILE_BYTES, backupCount=3, delay=True
        )
    except OSError as error:
        logger.warning("there is no log file: %s", error.strerror)
        return
    _add(logger, file, file_level)


def levels(arguments: argparse.Namespace) -> tuple[int, int]:
    """From which level on the file and stderr take records."""
    asked = logging.getLevelName((arguments.log_level or "warning").upper())
    if not arguments.verbose:
        return asked, logging.CRITICAL + 1
    loud = logging.INFO if arguments.verbose == 1 else logging.DEBUG
    return min(asked, loud), min(asked, loud)


def _add(logger: logging.Logger, handler: logging.Handler, level: int) -> None:
    handler.setLevel(level)
    handler.setFormatter(SafeFormatter(_FORMAT))
    logger.addHandler(handler)
