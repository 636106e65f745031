"""Reading bytes and texts, by whoever shows them; the file may come, go and come again."""

from pathlib import Path
from typing import Any

from tuimail.model.body import Body, NotHere, body_from_json
from tuimail.model.mail import MessageKey
from tuimail.store.database import PIECE, Database, newest_version
from tuimail.store.files import FileId, file_id
from tuimail.store.values import StoreError


class BodiesReader:
    """Opens bodies.db read-only when it is there; answers as if empty while it is not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Database | None = None
        self._id: FileId | None = None

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def body(self, key: MessageKey) -> Body | NotHere:
        text: str | None = self._content("text", key)
        return NotHere(key) if text is None else body_from_json(text)

    def raw(self, key: MessageKey) -> bytes | None:
        database = self._follow()
        if database is None:
            return None
        # What is large is read without a copy.
        row = database.row(
            "SELECT CASE WHEN length(content) <= ? THEN content END FROM raw WHERE key = ?",
            (PIECE, key),
        )
        if row is None:
            return None
        small: bytes | None = row[0]
        return database.blob("raw", "content", key) if small is None else small

    def _content(self, table: str, key: MessageKey) -> Any:
        database = self._follow()
        if database is None:
            return None
        return database.value(f"SELECT content FROM {table} WHERE key = ?", (key,))

    def _follow(self) -> Database | None:
        """The connection to the file that is there now."""
        found = file_id(self._path)
        if self._database is not None and found == self._id:
            return self._database
        self.close()
        if found is not None:
            self._database, self._id = self._opened(), found
        return self._database

    def _opened(self) -> Database | None:
        try:
            database = Database(self._path, read_only=True)
        except StoreError:
            return None
        try:
            if database.value("PRAGMA user_version") == newest_version("bodies"):
                return database
        except StoreError:
            pass
        database.close()
        return None
