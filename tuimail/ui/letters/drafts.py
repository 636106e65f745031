"""Letters on this machine's disk while they are written (security.md L2).

A folder each, 0700: `letter.txt` is what an editor shows, `about.json` the rest, and files
that go with it bear the hash of their content. Nothing is lost when the program dies.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tuimail.engine.mail import CommandFailed
from tuimail.model.draft import Enclosure
from tuimail.model.mail import AccountName, MessageKey
from tuimail.ui.letters.writing import Writing, read_moved_sheet, read_sheet, sheet

_LARGEST_SHEET = 5_000_000
_FOLDER = "drafts"


class DraftFile:
    """One letter on disk, and ours alone until `release`. Its methods raise CommandFailed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: int | None = None
        # What is being kept in one thread is whole before another one reads or saves.
        self._turn = threading.Lock()
        self._kept = b""

    @property
    def name(self) -> str:
        """What it is called for ever."""
        return self._folder.name

    @property
    def sheet(self) -> Path:
        """The text that an editor may change."""
        return self._folder / "letter.txt"

    @property
    def _copy(self) -> Path:
        return self._folder / "kept.txt"

    @property
    def changed(self) -> float:
        with _telling():
            there = [path for path in (self.sheet, self._copy) if path.exists()]
            return max((path.stat().st_mtime for path in there), default=0.0)

    @property
    def origin(self) -> MessageKey | None:
        """As it was saved last, also while another program has it."""
        with _telling():
            return _key(json.loads((self._folder / "about.json").read_bytes()).get("origin"))

    def take(self) -> bool:
        """Have it to ourselves; False if another program has it open."""
        with _telling():
            handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
        self._lock = handle
        return True

    def release(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def save(self, writing: Writing) -> None:
        with self._turn, _telling():
            for enclosure in writing.enclosures:
                name = self._folder / _content_name(enclosure)
                if not name.exists():
                    _write(name, enclosure.content)
            _write(self.sheet, sheet(writing).encode("utf-8", "replace"))
            _write(self._folder / "about.json", _about(writing).encode())
            self._copy.unlink(missing_ok=True)

    def keep(self) -> None:
        """While an editor has the sheet: see to it that what it wrote last is not lost.

        Editors empty a file before they write it, and leave it to the system when it is on disk.
        """
        with self._turn, _telling():
            content = self._on_sheet()
            if content.strip() and content != self._kept:
                _write(self._copy, content)
                self._kept = content

    def load(self) -> Writing:
        """As it was saved or edited last; what was kept if an editor left nothing."""
        return self.load_edited()[0]

    def load_edited(self) -> tuple[Writing, str]:
        """The same, and a word if lines of the sheet had to change their places."""
        with self._turn, _telling():
            about = json.loads((self._folder / "about.json").read_bytes())
            content = self._on_sheet()
            if not content.strip() and self._copy.exists():
                content = self._copy.read_bytes()
            text = content.decode("utf-8", "replace")
            enclosures = tuple(
                Enclosure(name, kind, (self._folder / content).read_bytes())
                for name, kind, content in about["enclosures"]
            )
            # What the editor was given, as far as the sheet tells it.
            saved = read_sheet(str(about.get("sheet", "")), _from_about(about))
            writing, word = read_moved_sheet(text, saved)
            return replace(writing, enclosures=enclosures), word

    def _on_sheet(self) -> bytes:
        """Nothing if an editor is just about to put another file in its place."""
        try:
            with self.sheet.open("rb") as file:
                return file.read(_LARGEST_SHEET)
        except FileNotFoundError:
            return b""

    def remove(self) -> None:
        with self._turn, _telling():
            shutil.rmtree(self._folder)
        self.release()


class Drafts:
    """All letters being written; `folder_of` names the folder of an account's own data."""

    def __init__(self, folder_of: Callable[[AccountName], Path]) -> None:
        self._folder_of = folder_of

    def begin(self, writing: Writing) -> DraftFile:
        """Raises CommandFailed if it cannot be kept."""
        with _telling():
            drafts = self._folder_of(writing.account) / _FOLDER
            drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = drafts / secrets.token_hex(8)
            folder.mkdir(mode=0o700)
        file = DraftFile(folder)
        file.take()
        file.save(writing)
        return file

    def all(self, accounts: Iterable[AccountName]) -> list[tuple[DraftFile, Writing]]:
        """Every letter that no other program has open, newest first."""
        files = []
        for account in accounts:
            with suppress(OSError):
                folders = sorted((self._folder_of(account) / _FOLDER).iterdir())
                files += [DraftFile(folder) for folder in folders]
        found = [(file, writing) for file in files if (writing := _read(file)) is not None]
        return sorted(found, key=lambda pair: pair[0].changed, reverse=True)

    def is_open(self, account: AccountName, origin: MessageKey) -> bool:
        """Whether another program has the letter open whose copy on the server that is."""
        with suppress(OSError):
            for folder in sorted((self._folder_of(account) / _FOLDER).iterdir()):
                file = DraftFile(folder)
                with suppress(CommandFailed):
                    if file.take():
                        file.release()
                    elif file.origin == origin:
                        return True
        return False


def _read(file: DraftFile) -> Writing | None:
    """None where another program is at it, or where it cannot be read."""
    with suppress(CommandFailed):
        if file.take():
            try:
                return file.load()
            finally:
                file.release()
    return None


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its file is damaged"
        raise CommandFailed(f"The draft cannot be kept or read: {reason}") from error


def _write(path: Path, content: bytes) -> None:
    """All or nothing, readable by us alone, through no link that somebody laid there."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(new, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _content_name(enclosure: Enclosure) -> str:
    return "content-" + hashlib.sha256(enclosure.content).hexdigest()[:32]


def _about(writing: Writing) -> str:
    """All that the sheet does not show."""
    return json.dumps(
        {
            "account": writing.account,
            "sender": writing.sender,
            "in_reply_to": writing.in_reply_to,
            "references": writing.references,
            "answers": writing.answers,
            "forwards": writing.forwards,
            "author": writing.author,
            "letter": writing.letter,
            "origin": writing.origin,
            "copied": writing.copied,
            "open": writing.open,
            "sheet": sheet(replace(writing, text="")),
            "enclosures": [
                (each.name, each.content_type, _content_name(each)) for each in writing.enclosures
            ],
        }
    )


def _from_about(about: dict[str, str]) -> Writing:
    return Writing(
        account=AccountName(str(about["account"])),
        sender=str(about["sender"]),
        in_reply_to=str(about["in_reply_to"]),
        references=tuple(map(str, about["references"])),
        answers=_key(about["answers"]),
        forwards=_key(about["forwards"]),
        author=str(about["author"]),
        letter=None if about["letter"] is None else int(about["letter"]),
        origin=_key(about.get("origin")),
        copied=str(about.get("copied", "")),
        open=bool(about["open"]),
    )


def _key(value: str | None) -> MessageKey | None:
    return None if value is None else MessageKey(int(value))
