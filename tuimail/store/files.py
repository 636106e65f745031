"""Files and folders that only their owner can read, whatever the umask (security.md L1)."""

import os
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
    """Make sure that `path` is a file of ours, 0600; SQLite's own files follow its mode."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o777 != 0o600:
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error


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
