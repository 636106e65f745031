"""Files of the user that go with a letter."""

import mimetypes
import os
import stat
from pathlib import Path

from tuimail.engine.mail import CommandFailed
from tuimail.model.draft import Enclosure
from tuimail.model.safe_text import safe_line

LARGEST = 75_000_000


def enclose(path: str) -> Enclosure:
    """The file at `path`; raises CommandFailed with a sentence if it cannot go with a letter."""
    place = Path(path.strip()).expanduser()
    shown = safe_line(str(place), 200)
    try:
        # Not to wait for somebody to write into a pipe.
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise CommandFailed(f"{shown} is no file.")
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise CommandFailed(f"{shown} cannot be read: {reason}") from error
    if len(content) > LARGEST:
        raise CommandFailed(f"{shown} has more than {LARGEST // 1_000_000} MB.")
    kind = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    return Enclosure(safe_line(place.name, 200), kind, content)
