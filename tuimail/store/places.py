"""Where the messages named by the journal are, as last known, to find them again."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Entry, Expunge, Move, StoreFlags
from tuimail.model.sync import ServerId
from tuimail.store import pending
from tuimail.store.adoption import Candidate, Identity
from tuimail.store.entries import OPEN, Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.names import identity_of, public_name
from tuimail.store.values import to_micros


class Places:
    """Reads places, and keeps them right when an entry is settled or a message found."""

    def __init__(self, journal: JournalFile, entries: Entries) -> None:
        self._journal = journal
        self._entries = entries

    # Inside the transaction of an outcome.

    def settled(self, entries: Iterable[Entry], ids: Mapping[MessageKey, ServerId | None]) -> None:
        """Those of the entries' messages that are in `ids` are where it says."""
        moved: defaultdict[MailboxName, dict[MessageKey, ServerId | None]] = defaultdict(dict)
        expunged: list[tuple[int, MessageKey]] = []
        for entry in entries:
            own = {key: ids[key] for key in entry.operation.keys if key in ids}
            match entry.operation:
                case StoreFlags():
                    pass
                case Move(target=target):
                    moved[target] |= own
                case Copy(sources=sources, copies=copies, target=target):
                    pairs = zip(copies, sources, strict=True)
                    self._copied(target, [pair for pair in pairs if pair[0] in own], own)
                case Expunge():
                    expunged += [(entry.id, key) for key in own]
                case Append() as append:
                    self._appended(entry, append, own)
        for target, own in moved.items():
            self._moved(target, own)
        self._expunged(expunged)

    def _moved(self, target: MailboxName, ids: Mapping[MessageKey, ServerId | None]) -> None:
        now = self._entries.now()
        old = self._journal.rows(
            "SELECT key, mailbox, validity, uid FROM main.place"
            " WHERE uid IS NOT NULL AND key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        self._journal.run_many(
            "INSERT OR REPLACE INTO main.alias VALUES (?, ?, ?)",
            [
                (public_name(mailbox, validity, uid), key, now)
                for key, mailbox, validity, uid in old
            ],
        )
        stamp = self._stamp(ids)
        self._journal.run_many(
            "UPDATE main.place SET mailbox = ?, validity = ?, uid = ?, stamp = ? WHERE key = ?",
            [(target, *_numbers(found), stamp, key) for key, found in ids.items()],
        )

    def _copied(
        self,
        target: MailboxName,
        pairs: Sequence[tuple[MessageKey, MessageKey]],
        ids: Mapping[MessageKey, ServerId | None],
    ) -> None:
        stamp = self._stamp(ids)
        self._journal.run_many(
            "INSERT OR REPLACE INTO main.place"
            " SELECT ?, ?, ?, ?, identity, size, received, ? FROM main.place WHERE key = ?",
            [(copy, target, *_numbers(ids[copy]), stamp, source) for copy, source in pairs],
        )

    def _expunged(self, effects: Sequence[tuple[int, MessageKey]]) -> None:
        """What is gone for good can neither be found nor be undone."""
        self._journal.run_many(
            "DELETE FROM main.place WHERE key = ?", [(key,) for _, key in effects]
        )
        self._journal.run_many(
            "UPDATE main.effect SET gone = 1 WHERE entry < ? AND key = ?", effects
        )

    def _appended(
        self, entry: Entry, append: Append, ids: Mapping[MessageKey, ServerId | None]
    ) -> None:
        if append.key not in ids:
            return
        size = len(self._entries.content(entry.id) or b"")
        received = to_micros(append.received)
        self._journal.run(
            "INSERT OR REPLACE INTO main.place VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                append.key,
                append.mailbox,
                *_numbers(ids[append.key]),
                identity_of(append.message_id, size, received),
                size,
                received,
                self._stamp(ids),
            ),
        )

    def _stamp(self, ids: Mapping[MessageKey, ServerId | None]) -> int:
        """A new stamp if there is a message whose UID is not known."""
        if None not in ids.values():
            return 0
        sql = "UPDATE main.counter SET value = value + 1 WHERE name = 'stamp' RETURNING value"
        return int(self._journal.value(sql))

    def merge(self, merged: Mapping[MessageKey, MessageKey]) -> None:
        """Let the journal speak of the messages that a pull had stored under new keys."""
        if not merged:
            return
        pairs = list(merged.items())
        for sql in (
            "UPDATE OR REPLACE main.effect SET key = ?2 WHERE key = ?1",
            "UPDATE main.effect SET source = ?2 WHERE source = ?1",
            "UPDATE main.alias SET key = ?2 WHERE key = ?1",
            "UPDATE main.pending SET copy_of = ?2 WHERE copy_of = ?1",
            "DELETE FROM main.place WHERE key = ?2 AND ?1 IN (SELECT key FROM main.place)",
            "UPDATE main.place SET key = ?2 WHERE key = ?1",
            "UPDATE OR REPLACE main.own_flags SET key = ?2 WHERE key = ?1",
        ):
            self._journal.run_many(sql, pairs)
        self._journal.run_many("DELETE FROM main.pending WHERE key = ?", [(k,) for k in merged])
        pending.begin(self._journal, merged.values())
        pending.finish(self._journal)

    # Finding again.

    def stamp(self) -> int:
        return int(self._journal.value("SELECT value FROM main.counter WHERE name = 'stamp'"))

    def at(self, mailbox: MailboxName, validity: int, uids: Iterable[int]) -> dict[int, MessageKey]:
        """The messages last known under these UIDs."""
        rows = self._journal.rows(
            "SELECT l.uid, l.key FROM json_each(?) c CROSS JOIN main.place l"
            " ON l.mailbox = ? AND l.uid = c.value WHERE l.validity = ?",
            (json.dumps(list(uids)), mailbox, validity),
        )
        return {uid: MessageKey(key) for uid, key in rows}

    def told(self, mailbox: MailboxName, validity: int, uids: Iterable[int]) -> set[MessageKey]:
        """Messages that the server said it put under these UIDs: they are no others."""
        rows = self._journal.rows(
            """
            SELECT l.key FROM json_each(?) c
            CROSS JOIN main.place l ON l.mailbox = ? AND l.uid = c.value
            WHERE l.validity = ? AND EXISTS (
              SELECT 1 FROM main.effect f JOIN main.entry e ON e.id = f.entry
              WHERE f.key = l.key AND e.state = 'settled' AND e.kind IN ('move', 'copy', 'append')
                AND coalesce(e.target, e.mailbox) = l.mailbox)
            """,
            (json.dumps(list(uids)), mailbox, validity),
        )
        return {MessageKey(key) for (key,) in rows}

    def alike(self, mailbox: MailboxName, validity: int, hashes: Iterable[int]) -> list[Candidate]:
        """Messages last known in the mailbox whose UID is not known, or not any more."""
        rows = self._journal.rows(
            "SELECT l.key, l.identity, l.size, l.received, l.uid IS NOT NULL"
            " FROM json_each(?) c CROSS JOIN main.place l ON l.identity = c.value"
            " WHERE l.mailbox = ? AND (l.uid IS NULL OR l.validity <> ?) ORDER BY l.key",
            (json.dumps(list(hashes)), mailbox, validity),
        )
        return [
            Candidate(MessageKey(key), Identity(hashed, size, received // 1_000_000), bool(dated))
            for key, hashed, size, received, dated in rows
        ]

    def named(self, keys: Iterable[MessageKey]) -> frozenset[MessageKey]:
        """Which of `keys` the journal speaks of."""
        rows = self._journal.rows(
            "SELECT key FROM main.place WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return frozenset(MessageKey(key) for (key,) in rows)

    def looks(self, keys: Iterable[MessageKey]) -> dict[MessageKey, Identity]:
        rows = self._journal.rows(
            "SELECT key, identity, size, received FROM main.place"
            " WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return {
            MessageKey(key): Identity(hashed, size, received // 1_000_000)
            for key, hashed, size, received in rows
        }

    def moved_since(self, stamp: int, keys: Iterable[MessageKey]) -> set[MessageKey]:
        """Which of `keys` were moved, to a UID not known, after `stamp`."""
        rows = self._journal.rows(
            "SELECT key FROM main.place WHERE stamp > ?"
            " AND key IN (SELECT value FROM json_each(?))",
            (stamp, json.dumps(list(keys))),
        )
        return {MessageKey(key) for (key,) in rows}

    def open_in(self, mailbox: MailboxName) -> set[MessageKey]:
        """Messages of open entries that were last known in the mailbox."""
        rows = self._journal.rows(
            f"""
            SELECT DISTINCT l.key FROM main.entry e
            JOIN main.effect f ON f.entry = e.id AND f.gone = 0
            JOIN main.place l ON l.key = coalesce(f.source, f.key)
            WHERE e.state IN {OPEN} AND l.mailbox = ?
            """,
            (mailbox,),
        )
        return {MessageKey(key) for (key,) in rows}

    def not_found(self, mailbox: MailboxName, validity: int, stamp: int) -> set[MessageKey]:
        """Messages of open entries that a finished pull should have found, but did not."""
        rows = self._journal.rows(
            f"""
            SELECT DISTINCT l.key FROM main.entry e
            JOIN main.effect f ON f.entry = e.id AND f.gone = 0
            JOIN main.place l ON l.key = coalesce(f.source, f.key)
            LEFT JOIN idx.message m ON m.key = l.key
            WHERE e.state IN {OPEN} AND l.mailbox = ? AND m.key IS NULL
              AND (l.validity <> ? OR (l.uid IS NULL AND l.stamp <= ?))
            """,
            (mailbox, validity, stamp),
        )
        return {MessageKey(key) for (key,) in rows}

    def leaving(self, keys: Sequence[MessageKey]) -> set[MessageKey]:
        """Which of `keys` the server was told to move or to delete, and may have."""
        if not keys:
            return set()
        rows = self._journal.rows(
            "SELECT f.key FROM main.entry e JOIN main.effect f ON f.entry = e.id AND f.gone = 0"
            " WHERE e.state = 'claimed' AND e.kind IN ('move', 'expunge')"
            " AND f.key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return {MessageKey(key) for (key,) in rows}

    def found(self, mailbox: MailboxName, found: Mapping[MessageKey, ServerId]) -> None:
        """Messages that the journal, too, has in the mailbox were found there again."""
        with self._journal.writing():
            self._journal.run_many(
                "UPDATE main.place SET validity = ?, uid = ?, stamp = 0"
                " WHERE key = ? AND mailbox = ?",
                [(place.validity, place.uid, key, mailbox) for key, place in found.items()],
            )

    def forget(self, keys: Iterable[MessageKey]) -> None:
        with self._journal.writing():
            self._journal.run_many("DELETE FROM main.place WHERE key = ?", [(k,) for k in keys])


def _numbers(place: ServerId | None) -> tuple[int | None, int | None]:
    return (None, None) if place is None else (place.validity, place.uid)
