"""Entries on their way to the server: due, claimed, and where their messages are."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Entry, EntryState, Move
from tuimail.model.sync import ServerId
from tuimail.store.database import Row
from tuimail.store.entries import IN_ORDER, OPEN, Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.values import from_micros, to_micros

# Where the server has each message of an entry, as far as it is known. The index knows
# best; without a row, the last known place counts, if the mailbox was pulled since and its
# UIDs are still the same. Rows set aside or guessed are no knowledge.
_STANDING = """
  SELECT e.id, f.key, coalesce(f.source, f.key),
    CASE WHEN m.key IS NULL OR m.mailbox <> b.id THEN l.validity ELSE m.validity END,
    CASE
      WHEN m.key IS NULL OR (m.mailbox > 0 AND m.mailbox <> b.id) THEN
        CASE WHEN l.mailbox = e.mailbox AND b.next_uid IS NOT NULL
          AND b.validity = l.validity THEN l.uid END
      WHEN m.mailbox = b.id AND NOT m.guessed THEN m.uid
    END
  FROM json_each(?) c
  CROSS JOIN main.entry e ON e.id = c.value
  CROSS JOIN main.effect f ON f.entry = e.id AND f.gone = 0
  LEFT JOIN idx.mailbox b ON b.name = e.mailbox
  LEFT JOIN idx.message m ON m.key = coalesce(f.source, f.key)
  LEFT JOIN main.place l ON l.key = coalesce(f.source, f.key)
"""
# Messages in the target that look like those of the entry and are no older than its claim.
_PERHAPS_MADE = """
  SELECT m.key FROM main.entry e
  CROSS JOIN main.effect f ON f.entry = e.id AND f.gone = 0
  CROSS JOIN main.place l ON l.key = coalesce(f.source, f.key)
  CROSS JOIN idx.message m ON m.identity = l.identity AND m.size = l.size
  CROSS JOIN idx.mailbox t ON t.id = m.mailbox AND t.name = e.target
  WHERE e.id = ?
    AND (m.uid IS NULL OR m.uid >= e.checkpoint OR m.validity <> e.checkpoint_validity)
"""
# Messages that are surely in another mailbox than the entry has to find them in.
_ELSEWHERE = """
  SELECT e.id, f.key, coalesce(f.source, f.key), t.name
  FROM json_each(?) c
  CROSS JOIN main.entry e ON e.id = c.value AND e.state = 'recorded'
  CROSS JOIN main.effect f ON f.entry = e.id AND f.gone = 0
  CROSS JOIN main.place l ON l.key = coalesce(f.source, f.key) AND l.mailbox <> e.mailbox
  CROSS JOIN idx.message m ON m.key = l.key AND m.uid IS NOT NULL AND NOT m.guessed
  CROSS JOIN idx.mailbox t ON t.id = m.mailbox AND t.name <> e.mailbox
"""


@dataclass(frozen=True, slots=True)
class Stranded:
    """A recorded change of messages that are in `mailbox`, and that nothing brings back."""

    entry: Entry
    keys: frozenset[MessageKey]
    mailbox: MailboxName


class Outgoing:
    """The journal's side of pushing; every method is one transaction."""

    def __init__(self, journal: JournalFile, entries: Entries) -> None:
        self._journal = journal
        self._entries = entries

    def due(self, now: datetime) -> list[Entry]:
        with self._journal.reading():
            waiting = self._entries.select(f"e.state IN {OPEN} ORDER BY {IN_ORDER}")
            unknown = self.unknown(waiting)
            held: set[MessageKey] = set()
            # What a command takes away stays until what it puts in its place is there.
            putting = {each.group for each in waiting if isinstance(each.operation, Append)}
            found = []
            for entry in waiting:
                waits = isinstance(entry.operation, Move) and entry.group in putting
                if entry.id not in unknown and not waits and _may_go(entry, now, held):
                    found.append(entry)
                else:
                    held |= _named(entry)
                if entry.state is EntryState.CLAIMED:
                    held |= self._perhaps_made_by(entry)
            return found

    def stranded(self) -> list[Stranded]:
        with self._journal.reading():
            waiting = self._entries.select(f"e.state IN {OPEN} ORDER BY {IN_ORDER}")
            unknown = self.unknown(waiting)
            rows: defaultdict[int, list[Row]] = defaultdict(list)
            if unknown:
                for row in self._journal.rows(_ELSEWHERE, (json.dumps(list(unknown)),)):
                    rows[row[0]].append(row)
            held: set[MessageKey] = set()
            found = []
            for entry in waiting:
                keys: defaultdict[MailboxName, set[MessageKey]] = defaultdict(set)
                for _, key, source, name in rows[entry.id]:
                    if source not in held:
                        keys[name].add(key)
                found += [Stranded(entry, frozenset(some), name) for name, some in keys.items()]
                held |= _named(entry)
            return found

    def _perhaps_made_by(self, entry: Entry) -> set[MessageKey]:
        """What a pull may have found of a transfer that was broken off, under other keys."""
        rows = self._journal.rows(_PERHAPS_MADE, (entry.id,))
        return {MessageKey(key) for (key,) in rows}

    def places(self, entries: Iterable[Entry]) -> dict[MessageKey, ServerId]:
        return {
            MessageKey(key): ServerId(validity, uid)
            for _, _, key, validity, uid in self._standing(entries)
            if uid is not None
        }

    def _standing(self, entries: Iterable[Entry]) -> list[Row]:
        return self._journal.rows(_STANDING, (json.dumps([entry.id for entry in entries]),))

    def claim(self, entry_ids: Collection[int], checkpoint: ServerId) -> list[Entry]:
        with self._journal.writing():
            rows = self._journal.rows(
                "UPDATE entry SET state = 'claimed', checkpoint_validity = ?, checkpoint = ?,"
                " changed = ?, try_at = NULL"
                " WHERE state = 'recorded' AND id IN (SELECT value FROM json_each(?))"
                " RETURNING id",
                (
                    checkpoint.validity,
                    checkpoint.uid,
                    self._entries.now(),
                    json.dumps(list(entry_ids)),
                ),
            )
            return self._entries.these([row[0] for row in rows])

    def unclaim(self, entry: Entry) -> bool:
        with self._journal.writing():
            return bool(
                self._journal.run(
                    "UPDATE entry SET state = 'recorded' WHERE id = ? AND state = 'claimed'",
                    (entry.id,),
                )
            )

    def unfinished(self, now: datetime) -> list[tuple[Entry, ServerId]]:
        """Claimed entries whose messages are all known: the others wait for a pull."""
        with self._journal.reading():
            claimed = self._entries.select(
                f"e.state = 'claimed' AND coalesce(e.try_at, 0) <= ? ORDER BY {IN_ORDER}",
                (to_micros(now),),
            )
            unknown = self.unknown(claimed)
            checkpoints = self._entries.checkpoints([entry.id for entry in claimed])
            return [(entry, checkpoints[entry.id]) for entry in claimed if entry.id not in unknown]

    def next_timer(self, now: datetime) -> datetime | None:
        sql = """
          SELECT min(due) FROM (
            SELECT max(coalesce(not_before, 0), coalesce(try_at, 0)) AS due FROM entry
            WHERE state = 'recorded'
            UNION ALL SELECT try_at FROM entry WHERE state = 'claimed'
          ) WHERE due > ?
        """
        soonest = self._journal.value(sql, (to_micros(now),))
        return None if soonest is None else from_micros(soonest)

    def unknown(self, entries: Collection[Entry]) -> dict[int, set[MessageKey]]:
        """Which messages of each entry are not known to be in its mailbox, if there are any."""
        found: defaultdict[int, set[MessageKey]] = defaultdict(set)
        changes = [each for each in entries if not isinstance(each.operation, Append)]
        for entry_id, key, _, _, uid in self._standing(changes):
            if uid is None:
                found[entry_id].add(MessageKey(key))
        return found


def _may_go(entry: Entry, now: datetime, held: set[MessageKey]) -> bool:
    if entry.state is EntryState.CLAIMED or not held.isdisjoint(_named(entry)):
        return False
    return all(moment is None or moment <= now for moment in (entry.not_before, entry.try_at))


def _named(entry: Entry) -> set[MessageKey]:
    if isinstance(entry.operation, Copy):
        return {*entry.operation.copies, *entry.operation.sources}
    return set(entry.operation.keys)
