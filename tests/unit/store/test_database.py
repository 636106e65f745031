"""What SQLite does not do by itself: waiting where two begin the same file at once."""

from pathlib import Path

import pytest

from tuimail.store.database import Busy, Database, Parameters, into_wal_mode


class Contended(Database):
    """Another connection is at the same file, so many times in a row."""

    refusals = 3

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        if "WAL" in sql and self.refusals:
            self.refusals -= 1
            raise Busy(f"{self.path} is busy")
        return super().run(sql, parameters)


def new_file(folder: Path) -> Path:
    path = folder / "new.db"
    path.touch()
    return path


def test_a_new_file_gets_its_log_though_others_begin_it_too(tmp_path: Path) -> None:
    database = Contended(new_file(tmp_path))
    into_wal_mode(database)
    assert database.value("PRAGMA journal_mode") == "wal"


def test_what_stays_busy_is_told(tmp_path: Path) -> None:
    database = Contended(new_file(tmp_path))
    database.refusals = 1_000_000
    with pytest.raises(Busy, match="busy"):
        into_wal_mode(database, patience=0)
