"""Messages that come in pieces: files of the cache until all of each is here."""

import json
import os
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

_PREFIX = "arriving-"


class Arriving:
    """What came of a message is kept, also over the end of the engine, and gone on with."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._folder = cache.bodies.path.parent

    def lacking(self, keys: Collection[MessageKey]) -> list[Wanted]:
        """Those of `keys` whose bytes are not here, whatever is told in their place."""
        there = server_places(self._cache.index, keys, "NOT m.local")
        held = self._cache.bodies.rows(
            "SELECT key FROM raw WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps([each.key for each in there]),),
        )
        here = {key for (key,) in held}
        return [each for each in there if each.key not in here]

    def begin(self, wanted: Wanted) -> int:
        """How many bytes of it are here already."""
        with _told():
            self._forget_gone()
            private_file(self._file_of(wanted))
            return self._file_of(wanted).stat().st_size

    def add(self, wanted: Wanted, piece: bytes) -> None:
        """On the disk for sure: nobody looks at these bytes again before they are shown."""
        with _told(), self._file_of(wanted).open("ab") as file:
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def end(self, wanted: Wanted) -> None:
        """It is whole: keep it as if it had come in one."""
        key, path = wanted.key, self._file_of(wanted)
        with _told():
            size = path.stat().st_size
            if in_index(self._cache.index, [key]):
                bodies = self._cache.bodies
                with bodies.writing():
                    bodies.run("INSERT OR REPLACE INTO raw VALUES (?, zeroblob(?))", (key, size))
                    bodies.fill("raw", "content", key, _pieces(path))
                with self._cache.index.writing():
                    self._cache.index.run("UPDATE message SET body = 1 WHERE key = ?", (key,))
            path.unlink()

    def give_up(self, wanted: Wanted) -> None:
        """What is here of it is of no use."""
        with _told():
            self._file_of(wanted).unlink(missing_ok=True)

    def _file_of(self, wanted: Wanted) -> Path:
        """UIDVALIDITY and UID belong to the name: under others it may be another message."""
        name = f"{_PREFIX}{wanted.key}-{wanted.validity}-{wanted.uid}"
        return self._folder / name

    def _forget_gone(self) -> None:
        files = {path: _key_of(path) for path in self._folder.glob(f"{_PREFIX}*")}
        here = in_index(self._cache.index, files.values())
        for path, key in files.items():
            if key not in here:
                path.unlink(missing_ok=True)


def _key_of(path: Path) -> MessageKey:
    key = path.name.removeprefix(_PREFIX).partition("-")[0]
    return MessageKey(int(key) if key.isdecimal() else 0)


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
