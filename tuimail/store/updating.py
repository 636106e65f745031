"""An account's files that an older version left, brought to the form of this one."""

from contextlib import closing
from pathlib import Path

from tuimail.store.cache import Cache
from tuimail.store.database import Database, newest_version
from tuimail.store.journal_file import JournalFile
from tuimail.store.values import AccountFolders, StoreError


def is_older(folders: AccountFolders) -> bool:
    """Whether readers can use the journal or the index only once somebody calls `update`."""
    return _is_older(folders.data / "journal.db", "journal") or _is_older(
        folders.cache / "index.db", "index"
    )


def _is_older(path: Path, kind: str) -> bool:
    """False where it cannot be told."""
    if not path.is_file():
        return False
    try:
        with closing(Database(path, read_only=True)) as database:
            return 0 < int(database.value("PRAGMA user_version")) < newest_version(kind)
    except StoreError:
        return False


def update(folders: AccountFolders) -> None:
    """Only who keeps engines away may do so: two versions must not write at once."""
    JournalFile(folders.data, folders.cache / "index.db", writer=True).close()
    if folders.cache.is_dir():
        Cache(folders).close()
