"""Files and folders that only their owner can read, whatever the umask (security.md L1)."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from tuimail.store.values import StoreError

FileId = tuple[int, int]


def private_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, 0700."""
    try:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        for parent in reversed(missing):
            with suppress(FileExistsError):
                parent.mkdir(mode=0o700)
                parent.chmod(0o700)
    except OSError as error:
        raise StoreError(f"cannot make the folder {folder}: {error.strerror}") from error


def private_file(path: Path) -> None:
    """Make sure that `path` is a file of ours, 0600; SQLite's own files follow its mode.

    A file that is there is never opened: closing it would take SQLite's locks from every
    connection of this process (POSIX).
    """
    try:
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            os.close(os.open(path, flags, 0o600))
        except FileExistsError:
            _require_own_file(path)
        if path.stat().st_mode & 0o777 != 0o600:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error


def _require_own_file(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        raise StoreError(f"{path} is not an ordinary file of yours")


def file_id(path: Path) -> FileId | None:
    """Which file is there: device and inode; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def remove_companions(path: Path) -> None:
    """Remove what a database that is gone left behind: it would spoil a new one."""
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def move_aside(path: Path) -> None:
    """Keep a damaged cache file under another name, for whoever wants to look."""
    with suppress(FileNotFoundError):
        path.replace(path.with_name(path.name + ".damaged"))
    remove_companions(path)
