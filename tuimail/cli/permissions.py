"""Who else might read what only its owner may read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tuimail.config.paths import Paths


def open_to_others(paths: Paths) -> list[str]:
    """Each folder or file of ours that is not ours alone, with what mends it."""
    roots = (paths.data, paths.cache, paths.state)
    return [fault for root in roots if root.exists() for fault in _below(root)]


def _below(root: Path) -> Iterator[str]:
    yield from _fault(root)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            yield from _fault(Path(folder, name))


def _fault(path: Path) -> Iterator[str]:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode):
        return
    if status.st_uid != os.getuid():
        yield f"{path} belongs to another user"
    elif stat.S_IMODE(status.st_mode) & 0o077:
        yield f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):04o}); chmod go= it"
