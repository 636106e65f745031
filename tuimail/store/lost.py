"""A journal that is gone or empty where there was one: that is damage, and no new account.

The journal is made before anything else of an account, so whatever else there is shows that
there was one: the index or the bodies, copies, outgoing letters, drafts, a Maildir.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from tuimail.store.database import Database
from tuimail.store.files import FileId, file_id
from tuimail.store.values import StoreError

BACKUPS = "backups"
# What lies beside a journal, and never without one.
_BESIDE = (BACKUPS, "outgoing", "maildir-made", "placeholders")
# A rollback journal is there while the first process makes the file what it is from then on.
_COMPANIONS = ("-wal", "-shm")
# SQLite takes a shorter file for an empty one, and removes its log.
_SHORTEST = 100


class JournalBroken(StoreError):
    """The journal cannot be used; the text says what is wrong, and what brings it back."""

    def __init__(self, path: Path, trouble: str) -> None:
        copies = path.parent / BACKUPS
        way = (
            f"puts back the newest copy from {copies}" if any_copy(copies) else "saves what it can"
        )
        super().__init__(f"{path} {trouble}; `tuimail doctor --restore` {way}")


def any_copy(folder: Path) -> bool:
    return bool(copies_in(folder))


def copies_in(folder: Path) -> list[Path]:
    """The daily copies of a journal, newest first."""
    try:
        return sorted(folder.glob("journal-*.db"), reverse=True)
    except OSError:
        return []


def require_journal(path: Path, index: Path) -> None:
    """Raises JournalBroken if `path` is gone or empty though there was a journal once.

    Nothing is opened there: SQLite would remove the log of an empty file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise JournalBroken(path, "is not an ordinary file and was left as it is")
    if _has_content(path):
        return
    trace = next(chain(_companions(path), _traces(path, index)), None)
    # Whoever makes a new account makes its journal first, and perhaps did so meanwhile.
    if trace is not None and not _has_content(path):
        raise JournalBroken(path, f"{_state(path)}, though {trace} shows that there was one")


def require_begun(journal: Database, index: Path) -> None:
    """Raises JournalBroken if a journal that is in order was never begun, though there was one."""
    if is_begun(journal):
        return
    trace = next(_traces(journal.path, index), None)
    if trace is not None and not is_begun(journal):
        words = f"is an empty database, though {trace} shows that there was a journal"
        raise JournalBroken(journal.path, words)


def is_begun(journal: Database) -> bool:
    """Whether it has allotted keys, or could have."""
    if not journal.value("PRAGMA user_version"):
        return False
    if journal.row("SELECT 1 FROM sqlite_schema WHERE name = 'counter'") is None:
        raise JournalBroken(journal.path, "is another program's database and was left as it is")
    return journal.row("SELECT 1 FROM main.counter WHERE name = 'key'") is not None


def require_kept(path: Path, own: FileId | None) -> None:
    """Raises StoreError if the journal that a connection has open is not there any more."""
    if file_id(path) != own:
        raise StoreError(f"{path} was removed or replaced; start tuimail again")
    if not _has_content(path):
        raise JournalBroken(path, "was emptied")


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size >= _SHORTEST
    except FileNotFoundError:
        return False
    except OSError:
        # Whoever opens it says what is wrong.
        return True


def _state(path: Path) -> str:
    if path.exists():
        return "is empty"
    return "is missing (is its disk mounted?)"


def _companions(path: Path) -> Iterator[Path]:
    """What SQLite or a restoration left beside the journal."""
    places = (path.with_name(path.name + suffix) for suffix in _COMPANIONS)
    yield from (place for place in places if place.exists())


def _traces(path: Path, index: Path) -> Iterator[Path]:
    folder = path.parent
    yield from (folder / name for name in _BESIDE if (folder / name).exists())
    yield from damaged_ones(path)
    drafts = folder / "drafts"
    if drafts.is_dir() and any(drafts.iterdir()):
        yield drafts
    for database, table in ((index, "mailbox"), (index.with_name("bodies.db"), "raw")):
        if _has_rows(database, table):
            yield database


def damaged_ones(path: Path) -> list[Path]:
    """What restorations kept of earlier journals."""
    return sorted(path.parent.glob(f"{path.name}.damaged*"))


def _has_rows(path: Path, table: str) -> bool:
    """A database of the cache that cannot be read may have had some."""
    if not path.is_file() or path.stat().st_size < _SHORTEST:
        return False
    try:
        with closing(Database(path, read_only=True)) as database:
            return database.row(f"SELECT 1 FROM {table} LIMIT 1") is not None
    except StoreError:
        return True
