"""The engine's log: facts, rotated, and nothing in it that names a person (security.md L3)."""

import logging
import os
import re
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from tuimail.engine.folders import make_private
from tuimail.model.safe_text import safe_line

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_BYTES = 1_000_000
_FILES = 3

_ADDRESS = re.compile(r"[^\s<>\"']{1,64}@[^\s<>\"']{1,255}")
_CREDENTIALS = re.compile(
    r"\b(LOGIN|AUTHENTICATE|PASS|AUTH|password|secret|token)\b[ :=].*", re.IGNORECASE
)


def start(folder: Path, level: str = "INFO") -> None:
    """Write what this package logs into `folder`; other libraries stay silent.

    Without a log that can be written all works, too: whoever starts an engine says so.
    """
    handler: logging.Handler = logging.NullHandler()
    with suppress(OSError):
        make_private(folder)
        handler = _PrivateHandler(folder / "engine.log", maxBytes=_BYTES, backupCount=_FILES)
    handler.setFormatter(RedactingFormatter(_FORMAT))
    logger = logging.getLogger("tuimail")
    logger.setLevel(level)
    logger.addHandler(handler)
    logger.propagate = False


class RedactingFormatter(logging.Formatter):
    """Takes out addresses and all that follows a log-in, from tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(redacted(line) for line in super().format(record).split("\n"))


def redacted(line: str) -> str:
    line = _CREDENTIALS.sub(r"\1 …", line)
    return safe_line(_ADDRESS.sub("<address>", line))


class _PrivateHandler(RotatingFileHandler):
    """Makes its files 0600, whatever the umask."""

    def _open(self) -> TextIOWrapper:
        # Whoever put a pipe there reads nothing: it must not hold us.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
