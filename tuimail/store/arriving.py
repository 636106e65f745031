"""A message that comes in pieces: a file of the cache until all of it is here."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from tuimail.model.mail import MessageKey
from tuimail.store.bodies import server_places
from tuimail.store.cache import Cache
from tuimail.store.database import PIECE
from tuimail.store.delivery import in_index
from tuimail.store.files import private_file
from tuimail.store.parcels import Wanted
from tuimail.store.values import StoreError

_FILE = "arriving"


class Arriving:
    """One message at a time."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._path = cache.bodies.path.with_name(_FILE)

    def lacking(self, keys: Collection[MessageKey]) -> list[Wanted]:
        """Those of `keys` whose bytes are not here, whatever is told in their place."""
        there = server_places(self._cache.index, keys, "NOT m.local")
        held = self._cache.bodies.rows(
            "SELECT key FROM raw WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps([each.key for each in there]),),
        )
        here = {key for (key,) in held}
        return [each for each in there if each.key not in here]

    def begin(self) -> None:
        """Forget what did not come whole."""
        with _told():
            self._path.unlink(missing_ok=True)
            private_file(self._path)

    def add(self, piece: bytes) -> None:
        with _told(), self._path.open("ab") as file:
            file.write(piece)

    def end(self, key: MessageKey) -> None:
        """It is whole: keep it as if it had come in one."""
        with _told():
            size = self._path.stat().st_size
            if in_index(self._cache.index, [key]):
                bodies = self._cache.bodies
                with bodies.writing():
                    bodies.run("INSERT OR REPLACE INTO raw VALUES (?, zeroblob(?))", (key, size))
                    bodies.fill("raw", "content", key, _pieces(self._path))
                with self._cache.index.writing():
                    self._cache.index.run("UPDATE message SET body = 1 WHERE key = ?", (key,))
            self._path.unlink()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        words = trouble.strerror or trouble
        raise StoreError(f"the message cannot be kept here: {words}") from trouble
