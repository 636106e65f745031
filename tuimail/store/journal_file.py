"""The journal's connection, with the index attached read-only behind it."""

from pathlib import Path

from tuimail.store import flags
from tuimail.store.database import (
    LONGEST_WAIT,
    Damaged,
    Database,
    empty_database,
    into_wal_mode,
    migrate,
    newest_version,
)
from tuimail.store.files import FileId, file_id, private_file, private_folder
from tuimail.store.lost import JournalBroken, require_begun, require_journal, require_kept
from tuimail.store.values import AccountFolders, StoreError

NO_FILE: FileId = (0, 0)

_OF_CONNECTION = """
PRAGMA synchronous = FULL;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 4000000;
CREATE TEMP TABLE drafted (
  key INTEGER PRIMARY KEY,
  source INTEGER,
  base INTEGER,
  mailbox TEXT NOT NULL,
  flags INTEGER NOT NULL,
  words TEXT NOT NULL,
  received INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  added_words TEXT NOT NULL,
  removed_words TEXT NOT NULL,
  lost INTEGER NOT NULL
);
"""


class JournalFile(Database):
    """journal.db as the main database, so that its snapshot comes first, and `idx`.

    While there is no index that can be read, `idx` is an empty one in memory.
    """

    def __init__(
        self, folder: Path, index: Path, *, writer: bool, patience: float = LONGEST_WAIT
    ) -> None:
        path = folder / "journal.db"
        require_journal(path, index)
        private_folder(folder)
        private_file(path)
        super().__init__(path, patience=patience)
        self._id = file_id(path)
        self._index = index
        self._index_id = NO_FILE
        self._attached = False
        try:
            self._prepare(writer)
        except StoreError as trouble:
            # What is wrong with it must not become worse by what is in its log.
            self.leave_log()
            self.close()
            if isinstance(trouble, Damaged):
                raise JournalBroken(path, "is damaged and was left as it is") from trouble
            raise

    def _prepare(self, writer: bool) -> None:
        require_begun(self, self._index)
        into_wal_mode(self)
        self.run(_OF_CONNECTION)
        migrate(self, "journal", may_upgrade=writer)
        if writer and (faults := self.faults()):
            raise Damaged(faults[0])
        self.add_function("words_overlaid", flags.overlaid, 3)
        self.add_function("words_without", flags.without, 2)
        self.add_function("words_common", flags.common, 2)

    def require_order(self, damage: Damaged) -> None:
        """Raises JournalBroken if what was found damaged is the journal, and not the index."""
        if self.faults():
            raise JournalBroken(self.path, "is damaged and was left as it is") from damage

    def follow(self) -> None:
        """Look at the index that is there now; refuse to go on without the journal's file."""
        require_kept(self.path, self._id)
        if self._attached and (file_id(self._index) or NO_FILE) == self._index_id:
            return
        self._detach()
        if not self._attach_index():
            self._attach_nothing(NO_FILE)

    def _attach_index(self) -> bool:
        """Attach the file, unless it changes meanwhile or is not (or not yet) an index."""
        before = file_id(self._index)
        if before is None:
            return False
        try:
            self.attach(self._index, "idx")
            self._attached = True
            version = self.value("PRAGMA idx.user_version")
        except StoreError:
            self._detach()
            return False
        newest = newest_version("index")
        if version > newest:
            raise StoreError(f"{self._index} was written by a newer tuimail; start that one")
        if version < newest or file_id(self._index) != before:
            self._detach()
            return False
        self._index_id = before
        return True

    def _attach_nothing(self, instead_of: FileId) -> None:
        self.attach_empty(empty_database("index"), "idx")
        self._index_id, self._attached = instead_of, True

    def state(self) -> tuple[object, ...]:
        """Another one after every change of the journal or the index."""
        return self.version("main"), self.version("idx"), self._index_id

    def forget_index(self) -> None:
        """Show an empty index until there is another file."""
        self._detach()
        self._attach_nothing(file_id(self._index) or NO_FILE)

    def _detach(self) -> None:
        if self._attached:
            self.detach("idx")
            self._attached = False


def fault_of(folders: AccountFolders) -> str:
    """Why the journal cannot be used, found at once; "" if it can, as far as a reader sees."""
    try:
        JournalFile(folders.data, folders.cache / "index.db", writer=False).close()
    except JournalBroken as broken:
        return str(broken)
    except StoreError:
        return ""
    return ""
