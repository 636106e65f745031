"""The files in the cache folder, which may go at any time: index.db and bodies.db."""

from secrets import token_hex

from tuimail.store import flags
from tuimail.store.database import Damaged, Database, migrate
from tuimail.store.files import (
    FileId,
    file_id,
    move_aside,
    private_file,
    private_folder,
    remove_companions,
)
from tuimail.store.values import AccountFolders, StoreError

# A checkpoint waits for the disk: at 32 MB of new pages, not at 4 MB.
_SETTINGS = {
    "index": "PRAGMA page_size = 4096; PRAGMA cache_size = -32000;"
    " PRAGMA wal_autocheckpoint = 8000",
    "bodies": "PRAGMA page_size = 16384; PRAGMA cache_size = -8000;"
    " PRAGMA wal_autocheckpoint = 2000",
}
_CHECKED = ("mailbox", "message", "letter", "link", "fact", "outcome", "trouble")


class Cache:
    """The engine's own connections. A file that is gone or damaged is begun anew.

    Bodies belong to an index: its `birth` is written into both files, so that one without
    the other is noticed.
    """

    index: Database
    bodies: Database

    def __init__(self, folders: AccountFolders) -> None:
        self._folder = folders.cache
        self._paths = {kind: self._folder / f"{kind}.db" for kind in ("index", "bodies")}
        self._ids: dict[str, FileId | None] = {}
        self.generation = 1
        self._open()

    def _open(self) -> None:
        private_folder(self._folder)
        self.index = self._opened("index", _CHECKED)
        self.bodies = self._opened("bodies", ())
        for name, function, count in (
            ("words_overlaid", flags.overlaid, 3),
            ("words_without", flags.without, 2),
        ):
            self.index.add_function(name, function, count)
        self._marry()

    def _opened(self, kind: str, checked: tuple[str, ...]) -> Database:
        try:
            return self._opened_once(kind, checked)
        except Damaged:
            move_aside(self._paths[kind])
            return self._opened_once(kind, ())

    def _opened_once(self, kind: str, checked: tuple[str, ...]) -> Database:
        path = self._paths[kind]
        if file_id(path) is None:
            remove_companions(path)
        private_file(path)
        database = Database(path)
        try:
            database.run(_SETTINGS[kind])
            database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
            database.run("PRAGMA journal_size_limit = 64000000")
            migrate(database, kind, may_upgrade=True)
            for table in checked:
                if faults := database.faults(table):
                    raise Damaged(faults[0])
        except StoreError:
            database.close()
            raise
        self._ids[kind] = file_id(path)
        return database

    def _marry(self) -> None:
        """Make sure that the bodies are of this index; else begin with none."""
        born = "SELECT value FROM fact WHERE name = 'birth'"
        birth = self.index.value(born)
        if birth is not None and birth == self.bodies.value(born):
            return
        keep = "INSERT OR REPLACE INTO fact VALUES ('birth', ?)"
        with self.index.writing():
            birth = birth or token_hex(16)
            self.index.run(keep, (birth,))
            self.index.run("UPDATE message SET body = local WHERE body <> local")
        with self.bodies.writing():
            self.bodies.run("DELETE FROM raw; DELETE FROM text")
            self.bodies.run(keep, (birth,))

    def follow(self) -> None:
        """Notice that a file was removed or replaced, and begin anew."""
        if all(file_id(path) == self._ids[kind] for kind, path in self._paths.items()):
            return
        lost_index = file_id(self._paths["index"]) != self._ids["index"]
        self.close()
        self._open()
        self.generation += lost_index

    def replace_damaged(self) -> None:
        """Move the index aside and begin a new one."""
        self.close()
        move_aside(self._paths["index"])
        self._open()
        self.generation += 1

    def highest_key(self) -> int:
        return int(self.index.value("SELECT coalesce(max(key), 0) FROM message"))

    def close(self) -> None:
        self.index.close()
        self.bodies.close()
