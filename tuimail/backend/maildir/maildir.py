"""A Maildir++ on disk: messages come by fsync and link, and nothing is ever overwritten.

Other programs read and write it at the same time. Synchronous; raises OSError.
"""

import os
import stat
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from tuimail.backend.maildir.content import (
    header_block,
    stored_form,
    wire_form,
    wire_header,
    wire_size,
)
from tuimail.backend.maildir.names import FileName, folder_name, mailbox_name
from tuimail.model.mail import INBOX, MailboxName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

SUBFOLDERS = ("tmp", "new", "cur")
# Every name that we make has it.
OURS = ".tuimail"
# Larger files are no mail of ours; their size is told, their bytes are not read.
LARGEST = 400_000_000
# A longer header is found only by reading all of the message.
LONGEST_HEADER = 200_000
# What is in tmp/ longer than this was given up by its writer (cr.yp.to/proto/maildir.html).
STALE = 36 * 3600.0
SYNCED_AT_ONCE = 8


class MissingMaildir(OSError):
    """A Maildir that was there is gone; that is no empty one."""

    def __init__(self, root: Path) -> None:
        super().__init__(
            "The mail folder is away: is its disk mounted? Nothing is fetched or deleted until"
            f" {root} is back. (To begin with an empty one, make it, with the folders cur, new"
            " and tmp in it.)"
        )


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One message where it is now."""

    folder: Path
    subfolder: str
    name: FileName
    file_name: str

    @property
    def path(self) -> Path:
        return self.folder / self.subfolder / self.file_name


@dataclass(frozen=True, slots=True)
class New:
    """A message to be stored: its bytes on disk, and a name that no other message has."""

    unique: str
    stored: bytes
    received: datetime

    @classmethod
    def of(cls, stem: str, content: bytes, received: datetime) -> "New":
        """From the wire's bytes and what its name begins with."""
        stored, suffix = stored_form(content)
        return cls(stem + suffix, stored, received)


def drop_stem(digest: bytes, uidl: str) -> str:
    """The same message gets the same name again, a twin with another UIDL another one.

    `digest` is the SHA-256 of its content.
    """
    of_uidl = sha256(uidl.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"P{digest.hex()[:32]}.{of_uidl}.tuimail"


class Maildir:
    """The mailboxes below `root`, which is INBOX itself.

    `made` is a file elsewhere that says that this Maildir was made once.
    """

    def __init__(self, root: Path, made: Path | None = None) -> None:
        self.root = root
        self._made = made

    def exists(self) -> bool:
        return _is_maildir(self.root)

    def make(self) -> None:
        """Make INBOX unless it is there; clear away what was never finished.

        Raises MissingMaildir if it was there once.
        """
        if not self.exists():
            if self._made is not None and self._made.exists():
                raise MissingMaildir(self.root)
            private_folders(self.root)
            _make_folders(self.root)
        self.expect()
        self._clear_tmp()

    def expect(self) -> None:
        """Note that it was made: from now on it may be missing, but not new."""
        if self._made is not None and not self._made.exists():
            private_folders(self._made.parent)
            self._made.touch(mode=0o600)
            sync_folder(self._made.parent)

    def mailboxes(self) -> dict[MailboxName, Path]:
        """All of them, INBOX first; a folder counts that has all of tmp, new and cur."""
        if not self.exists():
            raise MissingMaildir(self.root)
        found = {INBOX: self.root}
        with os.scandir(self.root) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name.startswith(".") and _is_maildir(Path(entry.path)):
                    found.setdefault(mailbox_name(entry.name), Path(entry.path))
        return found

    def folder(self, mailbox: MailboxName) -> Path | None:
        """Where a mailbox is, None if there is none of that name."""
        name = folder_name(mailbox)
        path = self.root / name if name else self.root
        if _is_maildir(path):
            return path
        return self.mailboxes().get(mailbox) if name else None

    def make_mailbox(self, mailbox: MailboxName) -> Path:
        """Where it is now; raises MissingMaildir if there is not even INBOX."""
        found = self.folder(mailbox)
        if found is not None:
            return found
        if not self.exists():
            raise MissingMaildir(self.root)
        path = self.root / folder_name(mailbox)
        _make_folders(path)
        (path / "maildirfolder").touch(mode=0o600)
        sync_folder(path)
        sync_folder(self.root)
        return path

    def files(self, folder: Path) -> dict[str, StoredFile]:
        """What is in a mailbox, by unique name; regular files only."""
        found: dict[str, StoredFile] = {}
        for subfolder in ("new", "cur"):
            for entry in regular_files(folder / subfolder):
                name = FileName.read(entry.name)
                found[name.unique] = StoredFile(folder, subfolder, name, entry.name)
        return found

    def find(self, folder: Path, uids: Collection[int]) -> Iterator[StoredFile]:
        """Those of a mailbox, as `files`; new/ is read first, cur/ only for what is not there."""
        left = set(uids)
        for subfolder in ("new", "cur"):
            for entry in regular_files(folder / subfolder) if left else ():
                name = FileName.read(entry.name)
                if name.uid in left:
                    left.discard(name.uid)
                    yield StoredFile(folder, subfolder, name, entry.name)

    def uniques(self) -> set[str]:
        """The unique names of all messages in all mailboxes."""
        found: set[str] = set()
        for folder in self.mailboxes().values():
            found |= self.files(folder).keys()
        return found

    def read(self, file: StoredFile) -> tuple[bytes, datetime] | None:
        """The wire's bytes and when it was received; None if it is gone or no message."""
        descriptor = self._opened(file)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
                return None
            return wire_form(file.name.unique, opened.read()), _received(status)

    def _opened(self, file: StoredFile) -> int | None:
        """No link is followed, no pipe waited for (security.md L7)."""
        try:
            return os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def head(self, file: StoredFile) -> tuple[bytes, int, datetime] | None:
        """The header, the size on the wire, and when it was received, as `read`.

        A file that is too large to be read has a size all the same.
        """
        descriptor = self._opened(file)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            size = wire_size(file.name.unique, status.st_size)
            beginning = opened.read(LONGEST_HEADER)
            header = wire_header(file.name.unique, beginning, ours=size is not None)
            if size is None and status.st_size > LARGEST:
                size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            return None
        if size is None or (header is None and status.st_size <= LARGEST):
            found = self.read(file)
            return None if found is None else (header_block(found[0]), len(found[0]), found[1])
        return header or b"", size, _received(status)

    def deliver(
        self,
        mailbox: MailboxName,
        arrived: Sequence[New],
        letters: Collection[str] | None = None,
    ) -> None:
        """Store these durably: into new/, or with flags into cur/.

        Each is written and synced in tmp/ before its name appears; then the folder is
        synced. A name that is there already means that the message is there already.
        """
        folder = self.make_mailbox(mailbox)
        suffix = "" if letters is None else FileName("").with_letters(letters, ()).in_cur
        place = folder / ("new" if letters is None else "cur")
        drafts = [os.path.join(folder, "tmp", each.unique) for each in arrived]  # noqa: PTH118 (quick)
        try:
            _write_all(list(zip(drafts, arrived, strict=True)))
            for draft, each in zip(drafts, arrived, strict=True):
                with suppress(FileExistsError):
                    os.link(draft, f"{place}/{each.unique}{suffix}", follow_symlinks=False)
        finally:
            for draft in drafts:
                with suppress(FileNotFoundError):
                    os.remove(draft)  # noqa: PTH107 (many)
        sync_folder(place)

    def rename(self, file: StoredFile, target: Path, name: FileName) -> FileName:
        """Give a message other letters or another folder; returns its name there.

        Nothing is overwritten: where the target has another message of this name, this one
        gets a new name; where it has this very one, the double goes. Raises
        FileNotFoundError if the message is not there any more.
        """
        place = target / "cur" / name.in_cur
        if place == file.path:
            return name
        other = None if target == file.folder else self.files(target).get(name.unique)
        if other is not None and _same(self, file, other):
            file.path.unlink()
            return other.name
        if other is not None or os.path.lexists(place):
            name = FileName(f"{name.unique}.{time.time_ns()}", name.letters)
            place = target / "cur" / name.in_cur
        file.path.rename(place)
        return name

    def _clear_tmp(self) -> None:
        for folder in self.mailboxes().values():
            for entry in regular_files(folder / "tmp"):
                if OURS not in entry.name:
                    continue
                with suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_mtime < time.time() - STALE:
                        Path(entry.path).unlink()


def _received(status: os.stat_result) -> datetime:
    return _EPOCH + status.st_mtime_ns // 1000 * _MICROSECOND


def private_folders(path: Path) -> None:
    """Make `path` and what is missing above it, 0700 (security.md L1)."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        with suppress(FileExistsError):
            each.mkdir(mode=0o700)


def sync_folder(path: Path) -> None:
    """Return when the names in it are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _same(maildir: Maildir, one: StoredFile, other: StoredFile) -> bool:
    found = maildir.read(one)
    if found is None:
        raise FileNotFoundError(one.path)
    twin = maildir.read(other)
    return twin is not None and found[0] == twin[0]


def _write_all(messages: Sequence[tuple[str, New]]) -> None:
    """All files whole, then all of them synced side by side: quicker than one by one."""
    descriptors: list[int] = []
    try:
        for path, message in messages:
            descriptors.append(_created(path))
            _write(descriptors[-1], message)
        shares = [descriptors[first::SYNCED_AT_ONCE] for first in range(SYNCED_AT_ONCE)]
        with ThreadPoolExecutor(SYNCED_AT_ONCE) as threads:
            for _ in threads.map(_sync, filter(None, shares)):
                pass
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _created(path: str) -> int:
    """A new file; what an earlier try left is written anew."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileExistsError:
        Path(path).unlink()
        return os.open(path, flags, 0o600)


def _write(descriptor: int, message: New) -> None:
    stored = memoryview(message.stored)
    while stored:
        stored = stored[os.write(descriptor, stored) :]
    moment = (message.received - _EPOCH) // _MICROSECOND * 1000
    os.utime(descriptor, ns=(moment, moment))


def _sync(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.fsync(descriptor)


def _make_folders(path: Path) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    for each in SUBFOLDERS:
        (path / each).mkdir(mode=0o700, exist_ok=True)
    sync_folder(path)


def _is_maildir(path: Path) -> bool:
    return not path.is_symlink() and all((path / each).is_dir() for each in SUBFOLDERS)


def regular_files(folder: Path) -> Iterator["os.DirEntry[str]"]:
    """Files only: no links, pipes or folders (security.md L7)."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                yield entry
