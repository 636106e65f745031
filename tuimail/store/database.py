"""SQLite through apsw: connections, transactions, migrations, and errors as sentences."""

import os
import sys
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import apsw

from tuimail.store.values import StoreError

# What SQLite gives back; every query's caller knows the types of its columns.
Row = tuple[Any, ...]
Parameters = Sequence[Any] | dict[str, Any]

MIGRATIONS = Path(__file__).with_name("migrations")
LONGEST_WAIT = 8.0
_BETWEEN_TRIES = 0.002
PIECE = 1 << 18
# Where less is left an operation that needs a file or a few pages may fail for it.
ROOM = 1 << 18


class Damaged(StoreError):
    """A database file is not one, or not in order."""


class Database:
    """One connection; every error leaves as a StoreError that names the file."""

    def __init__(
        self, path: Path, *, read_only: bool = False, patience: float = LONGEST_WAIT
    ) -> None:
        self.path = path
        with self._told():
            flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
            self._connection = apsw.Connection(_uri(path), flags=flags | apsw.SQLITE_OPEN_URI)
        self._connection.set_busy_handler(_Patience(patience))

    def close(self) -> None:
        with self._told():
            self._connection.close()

    def leave_log(self) -> None:
        """Never write back at the end what the others may still write to."""
        with self._told():
            self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        with self._told():
            return list(self._connection.execute(sql, parameters))

    def numbers(self, sql: str, parameters: Parameters = ()) -> "array[int]":
        """All columns of all rows, integers each, one after the other."""
        with self._told():
            return array("q", chain.from_iterable(self._connection.execute(sql, parameters)))

    def columns(
        self, names: Sequence[str], sql: str, parameters: Parameters = ()
    ) -> "list[array[int]]":
        """The integers of these columns, in the order of the rows of `sql`, which has a LIMIT.

        SQLite puts them together in one step, and other threads run meanwhile.
        """
        form = "%016x" * len(names)
        row = f"printf('{form}', {', '.join(names)})"
        digits = self.value(f"SELECT group_concat({row}, '') FROM ({sql})", parameters)
        numbers = array("q", bytes.fromhex(digits or ""))
        if sys.byteorder == "little":
            numbers.byteswap()
        return [numbers[place :: len(names)] for place in range(len(names))]

    def version(self, schema: str) -> tuple[int, int]:
        """Another one after every change of the database `schema`, whoever made it."""
        return self.value(f"PRAGMA {schema}.data_version"), self._connection.total_changes()

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, None if there is no row."""
        found = self.rows(sql, parameters)
        return found[0][0] if found else None

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute all statements; return how many rows the last one changed."""
        with self._told():
            self._execute(sql, parameters)
            return self._connection.changes()

    def _execute(self, sql: str, parameters: Parameters = ()) -> None:
        # apsw stops at the first row until it is asked for more.
        for _ in self._connection.execute(sql, parameters):
            pass

    def run_many(self, sql: str, sequence: Iterable[Parameters]) -> None:
        with self._told():
            self._connection.executemany(sql, sequence)

    def fill(self, table: str, column: str, row: int, pieces: Iterable[bytes]) -> None:
        """Put these where as many zeros are: so no copy of the whole is made."""
        with self._told(), self._connection.blob_open("main", table, column, row, True) as blob:
            for piece in pieces:
                blob.write(piece)

    def blob(self, table: str, column: str, row: int) -> bytes:
        """All of what `fill` put there; the row has to be there. One copy is made."""
        with self._told():
            blob = self._connection.blob_open("main", table, column, row, False)
            content = blob.read()
            blob.close()
        return content

    @property
    def last_id(self) -> int:
        return self._connection.last_insert_rowid()

    def add_function(self, name: str, function: Any, arguments: int) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction that holds the file's only write lock from its beginning."""
        yield from self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One snapshot for several queries, of the main file before any attached one."""
        if self._connection.in_transaction:
            yield
        else:
            yield from self._transaction("BEGIN; SELECT 1 FROM main.sqlite_schema LIMIT 1")

    def _transaction(self, begin: str) -> Iterator[None]:
        with self._told():
            self._execute(begin)
            try:
                yield
                self._execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._execute("ROLLBACK")

    def attach(self, path: Path, name: str) -> None:
        """Attach `path` read-only."""
        with self._told():
            self._execute(f"ATTACH ? AS {name}", (f"{_uri(path)}?mode=ro",))

    def attach_empty(self, contents: bytes, name: str) -> None:
        """Attach a database in memory that holds `contents`."""
        with self._told():
            self._execute(f"ATTACH ':memory:' AS {name}")
            self._connection.deserialize(name, contents)

    def detach(self, name: str) -> None:
        with self._told():
            self._execute(f"DETACH {name}")

    def copy_to(self, path: Path) -> None:
        """Copy the main database as it is now, also while others write."""
        with self._told():
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            target = apsw.Connection(_uri(path), flags=flags | apsw.SQLITE_OPEN_URI)
            try:
                with target.backup("main", self._connection, "main") as backup:
                    while not backup.done:
                        backup.step(256)
            finally:
                target.close()

    def faults(self, table: str = "", schema: str = "main") -> list[str]:
        """What SQLite's quick check finds, in all or in one table."""
        argument = f"({table})" if table else ""
        try:
            found = [str(row[0]) for row in self.rows(f"PRAGMA {schema}.quick_check{argument}")]
        except Damaged as damage:
            return [str(damage)]
        return [] if found == ["ok"] else found

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as error:
            raise _sentence(self.path, error) from error


class Busy(StoreError):
    """Another connection has it."""


def into_wal_mode(database: "Database", patience: float = LONGEST_WAIT) -> None:
    """Let a new file keep a write-ahead log. Raises Busy after `patience` seconds.

    SQLite asks no busy handler where two connections do this at the same time.
    """
    end = time.monotonic() + patience
    while database.value("PRAGMA journal_mode") != "wal":
        try:
            database.run("PRAGMA journal_mode = WAL")
        except Busy:
            if time.monotonic() > end:
                raise
            time.sleep(_BETWEEN_TRIES)


class _Patience:
    """A busy handler that looks again every millisecond or three; SQLite's own sleeps on."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._since = 0.0

    def __call__(self, tries: int) -> bool:
        now = time.monotonic()
        if tries == 0:
            self._since = now
        time.sleep(0.0005 + os.urandom(1)[0] / 100_000)
        return now - self._since < self._longest


def _uri(path: Path) -> str:
    """Any name at all, also one that is not UTF-8: its bytes are escaped."""
    return path.absolute().as_uri()


def _sentence(path: Path, error: apsw.Error) -> StoreError:
    if isinstance(error, apsw.NotADBError | apsw.CorruptError):
        return Damaged(f"{path} is damaged ({error})")
    if isinstance(error, apsw.FullError) or _has_no_room(path, error):
        return StoreError(f"the disk is full: {path} could not be written")
    if isinstance(error, apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError):
        return StoreError(f"{path} cannot be opened for writing ({error})")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return Busy(f"{path} is busy: another program has held it for too long")
    return StoreError(f"{path}: {error}")


def _has_no_room(path: Path, error: apsw.Error) -> bool:
    """SQLite names a full disk only where a page was being written, not a log's index or a file."""
    if not isinstance(error, apsw.IOError | apsw.CantOpenError):
        return False
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < ROOM or (disk.f_files > 0 and disk.f_favail == 0)


def migrate(database: Database, kind: str, *, may_upgrade: bool) -> None:
    """Bring the file to the newest schema of `kind`; raises StoreError on a newer one."""
    steps = sorted((MIGRATIONS / kind).glob("*.sql"))
    if _version(database) == len(steps):
        return
    with database.writing():
        version = _version(database)
        if version > len(steps):
            raise StoreError(f"{database.path} was written by a newer tuimail; update this one")
        if 0 < version < len(steps) and not may_upgrade:
            raise StoreError(f"{database.path} is of an older tuimail; start tuimail to update it")
        for step in steps[version:]:
            database.run(step.read_text(encoding="utf-8"))
        database.run(f"PRAGMA user_version = {len(steps)}")


def _version(database: Database) -> int:
    return int(database.value("PRAGMA user_version"))


def newest_version(kind: str) -> int:
    return len(list((MIGRATIONS / kind).glob("*.sql")))


def empty_database(kind: str) -> bytes:
    """An empty database with the newest schema of `kind`, to be attached in memory."""
    connection = apsw.Connection(":memory:")
    for step in sorted((MIGRATIONS / kind).glob("*.sql")):
        connection.execute(step.read_text(encoding="utf-8"))
    return bytes(connection.serialize("main"))
