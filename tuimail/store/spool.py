"""The bytes of letters on their way out: one file each, on the disk before they are promised."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from tuimail.store.files import private_folder
from tuimail.store.values import StoreError

_ENDING = ".eml"
# A file that no letter names may be one that is being queued right now.
_ABANDONED = 24 * 3600.0


class Spool:
    """A folder of our own; every name in it is ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Write a new file, durably, and return its name."""
        private_folder(self._folder)
        name = secrets.token_hex(8) + _ENDING
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            with open(os.open(self._folder / name, flags, 0o600), "wb") as file:  # noqa: PTH123
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._sync_folder()
        except OSError as error:
            self.remove(name)
            raise StoreError(
                f"the letter could not be kept in {self._folder}: {error.strerror}"
            ) from error
        return name

    def names(self) -> list[str]:
        """All that is here, in the order in which it was kept."""
        try:
            files = [(file.stat().st_mtime, file.name) for file in self._folder.glob(f"*{_ENDING}")]
        except OSError as error:
            raise StoreError(f"{self._folder} cannot be read: {error.strerror}") from error
        return [name for _, name in sorted(files)]

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise StoreError(
                f"the letter in {self._folder / name} cannot be read: {error.strerror}"
            ) from error

    def remove(self, name: str) -> None:
        """Once more does no harm; what cannot be removed now goes with `sweep`."""
        with suppress(OSError):
            (self._folder / name).unlink()

    def sweep(self, named: set[str]) -> None:
        """Remove the files that no letter names, unless they are new."""
        if not self._folder.is_dir():
            return
        for file in self._folder.glob(f"*{_ENDING}"):
            with suppress(OSError):
                old = time.time() - file.stat().st_mtime > _ABANDONED
                if old and file.name not in named:
                    file.unlink()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
