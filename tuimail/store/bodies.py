"""Bytes and text of messages: kept in bodies.db, their state in the index."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tuimail.model.body import Body, body_to_json
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.store import fulltext, troubles
from tuimail.store.cache import Cache
from tuimail.store.codec import (
    envelope_from_text,
    strings_from_text,
    strings_to_text,
)
from tuimail.store.database import Database
from tuimail.store.delivery import in_index
from tuimail.store.parcels import Wanted
from tuimail.store.values import to_micros

NOT_HERE, BYTES_HERE, TEXT_HERE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Wish:
    """How much to bring at once, and of what."""

    count: int
    max_bytes: int
    since: datetime | None
    max_size: int
    now: datetime

    @property
    def oldest(self) -> int:
        return to_micros(self.since) if self.since else -(2**63)


# What could not be had is left alone for a while, and comes after all that may be had.
_SUSPECTS = """
  SELECT b.name, m.validity, m.uid, m.key, m.size FROM trouble t
  CROSS JOIN message m ON m.key = t.key CROSS JOIN mailbox b ON b.id = m.mailbox
  WHERE t.key > 0 AND NOT t.bare AND t.again <= ?1 AND m.body = 0 AND m.uid IS NOT NULL
    AND m.received >= ?2 AND m.size <= ?3
    AND NOT EXISTS (SELECT 1 FROM trouble o WHERE o.key = -b.id AND o.again > ?1)
  ORDER BY t.tries, m.received DESC LIMIT ?4
"""
_SUSPECTS_AT_ONCE = 20


def server_places(index: Database, keys: Collection[MessageKey], condition: str) -> list[Wanted]:
    """Where the server has those of `keys` that fulfil `condition`, our own words on `m`."""
    rows = index.rows(
        "SELECT b.name, m.validity, m.uid, m.key, m.size"
        " FROM message m JOIN mailbox b ON b.id = m.mailbox"
        f" WHERE {condition} AND m.uid IS NOT NULL"
        " AND m.key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    return [
        Wanted(MailboxName(name), validity, uid, MessageKey(key), size)
        for name, validity, uid, key, size in rows
    ]


class Bodies:
    """The engine's side: what is missing, what came, what is to go."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def wanted(self, wish: Wish) -> list[Wanted]:
        rows = self._cache.index.rows(
            "SELECT id, name, (SELECT max(received) FROM message WHERE mailbox = id AND body = 0)"
            " FROM mailbox"
            " WHERE NOT EXISTS (SELECT 1 FROM trouble WHERE key = -mailbox.id AND again > ?)",
            (to_micros(wish.now),),
        )
        bare = [row for row in rows if row[2] is not None]
        for number, name, _ in sorted(bare, key=lambda row: (row[1] != INBOX, -row[2])):
            if found := self._wanted_of(number, MailboxName(name), wish):
                return found
        return self._suspects(wish)

    def _suspects(self, wish: Wish) -> list[Wanted]:
        rows = self._cache.index.rows(
            _SUSPECTS, (to_micros(wish.now), wish.oldest, wish.max_size, _SUSPECTS_AT_ONCE)
        )
        return [
            Wanted(MailboxName(name), validity, uid, MessageKey(key), size, suspect=True)
            for name, validity, uid, key, size in rows
        ]

    def _wanted_of(self, number: int, mailbox: MailboxName, wish: Wish) -> list[Wanted]:
        rows = self._cache.index.rows(
            "SELECT validity, uid, key, size FROM message WHERE mailbox = ? AND body = 0"
            " AND uid IS NOT NULL AND received >= ? AND size <= ?"
            " AND NOT EXISTS (SELECT 1 FROM trouble t WHERE t.key = message.key)"
            " ORDER BY received DESC LIMIT ?",
            (number, wish.oldest, wish.max_size, wish.count),
        )
        found: list[Wanted] = []
        total = 0
        for validity, uid, key, size in rows:
            total += size
            if found and total > wish.max_bytes:
                break
            found.append(Wanted(mailbox, validity, uid, MessageKey(key), size))
        return found

    def missing(self, keys: Collection[MessageKey]) -> list[Wanted]:
        self._admit_losses(keys)
        return server_places(self._cache.index, keys, "m.body = 0")

    def _admit_losses(self, keys: Collection[MessageKey]) -> None:
        """Notice what a power failure took from bodies.db and left in the index."""
        rows = self._cache.index.rows(
            "SELECT key, local FROM message"
            " WHERE body <> 0 AND key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        believed = {MessageKey(key) for key, _ in rows}
        local = {MessageKey(key) for key, local in rows if local}
        if not (lost := believed - self._having("text", believed)):
            return
        bare = lost - local - self._having("raw", lost)
        states = [(NOT_HERE if key in bare else BYTES_HERE, key) for key in lost]
        with self._cache.index.writing():
            self._cache.index.run_many("UPDATE message SET body = ? WHERE key = ?", states)

    def _having(self, table: str, keys: Collection[MessageKey]) -> set[MessageKey]:
        rows = self._cache.bodies.rows(
            f"SELECT key FROM {table} WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return {MessageKey(key) for (key,) in rows}

    def keep_raw(self, bodies: Sequence[tuple[MessageKey, bytes]]) -> None:
        here = in_index(self._cache.index, [key for key, _ in bodies])
        kept = [(key, content) for key, content in bodies if key in here]
        with self._cache.bodies.writing():
            self._cache.bodies.run_many("INSERT OR REPLACE INTO raw VALUES (?, ?)", kept)
        with self._cache.index.writing():
            self._cache.index.run(
                "UPDATE message SET body = 1 WHERE body = 0"
                " AND key IN (SELECT value FROM json_each(?))",
                (json.dumps(list(here)),),
            )

    def unparsed(self, count: int) -> list[MessageKey]:
        rows = self._cache.index.rows(
            "SELECT key FROM message WHERE body = 1 AND mailbox > 0 ORDER BY received DESC LIMIT ?",
            (count,),
        )
        return [MessageKey(key) for (key,) in rows]

    def unparsed_count(self) -> int:
        return int(
            self._cache.index.value("SELECT count(*) FROM message WHERE body = 1 AND mailbox > 0")
        )

    def keep_bodies(self, bodies: Sequence[tuple[MessageKey, Body]]) -> None:
        here = in_index(self._cache.index, [key for key, _ in bodies])
        kept = [(key, body) for key, body in bodies if key in here]
        with self._cache.bodies.writing():
            self._cache.bodies.run_many(
                "INSERT OR REPLACE INTO text VALUES (?, ?)",
                [(key, body_to_json(body)) for key, body in kept],
            )
        with self._cache.index.writing():
            self._name_attachments(kept)
            self._cache.index.run_many(
                "UPDATE letter SET snippet = ? WHERE key = ?",
                [(body.snippet, key) for key, body in kept],
            )
            self._cache.index.run(
                "UPDATE message SET body = 2 WHERE key IN (SELECT value FROM json_each(?))",
                (json.dumps([key for key, _ in kept]),),
            )
            fulltext.add_texts(self._cache.index, kept)

    def _name_attachments(self, bodies: Sequence[tuple[MessageKey, Body]]) -> None:
        """Take over the attachments where they are others than delivery said."""
        index = self._cache.index
        names = {key: body.files for key, body in bodies}
        letters = index.rows(
            "SELECT key, envelope, attachments FROM letter"
            " WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )
        changed = [
            (key, envelope)
            for key, envelope, attachments in letters
            if strings_from_text(attachments) != names[key]
        ]
        index.run_many(
            "UPDATE letter SET attachments = ? WHERE key = ?",
            [(strings_to_text(names[key]), key) for key, _ in changed],
        )
        index.run_many(
            "UPDATE message SET attached = ? WHERE key = ?",
            [(int(bool(names[key])), key) for key, _ in changed],
        )
        fulltext.name_attachments(
            index, [(key, envelope_from_text(text), names[key]) for key, text in changed]
        )

    def came_whole(self, uid: int, size: int) -> None:
        """A placeholder's message is a file here now: what was said in its place is forgotten."""
        rows = self._cache.index.rows(
            "SELECT key FROM message WHERE uid = ? AND local = 0 AND mailbox > 0", (uid,)
        )
        keys = json.dumps([key for (key,) in rows])
        with self._cache.bodies.writing():
            for table in ("raw", "text"):
                self._cache.bodies.run(
                    f"DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))", (keys,)
                )
        with self._cache.index.writing():
            self._cache.index.run(
                "UPDATE message SET body = 1, local = 1, size = ?"
                " WHERE key IN (SELECT value FROM json_each(?))",
                (size, keys),
            )

    def forget_raw(self, keys: Iterable[MessageKey]) -> None:
        wanted = json.dumps(list(keys))
        with self._cache.index.writing():
            self._cache.index.run(
                "UPDATE message SET body = 0 WHERE body = 1 AND local = 0"
                " AND key IN (SELECT value FROM json_each(?))",
                (wanted,),
            )
        with self._cache.bodies.writing():
            self._cache.bodies.run(
                "DELETE FROM raw WHERE key IN (SELECT value FROM json_each(?))", (wanted,)
            )

    def remove(self, keys: Collection[MessageKey]) -> None:
        if not keys:
            return
        wanted = json.dumps(list(keys))
        with self._cache.bodies.writing():
            for table in ("raw", "text"):
                self._cache.bodies.run(
                    f"DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))",
                    (wanted,),
                )

    def copy(self, pairs: Sequence[tuple[MessageKey, MessageKey]]) -> None:
        """Let each first one have the bytes of the second, inside the index's transaction."""
        if not pairs:
            return
        with self._cache.bodies.writing():
            self._cache.bodies.run_many(
                "INSERT OR REPLACE INTO raw SELECT ?, content FROM raw WHERE key = ?", pairs
            )
            copies = json.dumps([copy for copy, _ in pairs])
            rows = self._cache.bodies.rows(
                "SELECT key FROM raw WHERE key IN (SELECT value FROM json_each(?))", (copies,)
            )
        self._cache.index.run_many("UPDATE message SET body = 1 WHERE key = ?", rows)

    def remove_orphans(self) -> None:
        """Give back the room of messages that are gone, after a crash between two files."""
        for table in ("raw", "text"):
            rows = self._cache.bodies.rows(f"SELECT key FROM {table}")
            keys = {MessageKey(key) for (key,) in rows}
            self.remove(keys - in_index(self._cache.index, keys))
        with self._cache.index.writing():
            troubles.remove_orphans(self._cache.index)
