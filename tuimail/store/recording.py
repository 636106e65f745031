"""Appending commands to the journal: what really changes, and nothing else."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from tuimail.model.mail import Flag
from tuimail.model.operation import (
    Append,
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
)
from tuimail.store.database import PIECE
from tuimail.store.entries import APPEND, COPY, EXPUNGE, FLAGS, MOVE, OPEN, Entries
from tuimail.store.flags import bits_of, words_of
from tuimail.store.journal_file import JournalFile
from tuimail.store.names import copy_name
from tuimail.store.values import StoreError, to_micros

# Fills `drafted` with the messages as they are shown; ?1 is a list of [key, source] pairs,
# for all but copies with the source NULL.
_SHOWN = """
  INSERT OR IGNORE INTO temp.drafted
  SELECT c.key, c.source, m.key, coalesce(p.mailbox, b.name),
    (m.flags & ~coalesce(p.removed, 0)) | coalesce(p.added, 0),
    CASE WHEN coalesce(p.added_words, '') = '' AND coalesce(p.removed_words, '') = ''
      THEN m.words ELSE words_overlaid(m.words, p.added_words, p.removed_words) END,
    m.received, coalesce(p.added, 0), coalesce(p.removed, 0),
    coalesce(p.added_words, ''), coalesce(p.removed_words, ''), 0
  FROM (SELECT value ->> 0 AS key, value ->> 1 AS source FROM json_each(?1)) c
  LEFT JOIN main.pending p ON p.key = coalesce(c.source, c.key)
  CROSS JOIN idx.message m ON m.key = CASE
    WHEN p.copy_of IS NULL
      OR EXISTS (SELECT 1 FROM idx.message x WHERE x.key = coalesce(c.source, c.key))
    THEN coalesce(c.source, c.key) ELSE p.copy_of END
  CROSS JOIN idx.mailbox b ON b.id = m.mailbox
  WHERE p.key IS NULL OR p.mailbox IS NOT NULL
"""
# The same for messages that the index does not have now, by their last known place; but not
# for those that it would have if they were there still, unless something pending took them away.
_REMEMBERED = """
  INSERT OR IGNORE INTO temp.drafted
  SELECT c.key, c.source, l.key, coalesce(p.mailbox, l.mailbox),
    coalesce(p.added, 0), coalesce(p.added_words, ''), l.received,
    coalesce(p.added, 0), coalesce(p.removed, 0),
    coalesce(p.added_words, ''), coalesce(p.removed_words, ''), 1
  FROM (SELECT value ->> 0 AS key, value ->> 1 AS source FROM json_each(?1)) c
  LEFT JOIN main.pending p ON p.key = coalesce(c.source, c.key)
  CROSS JOIN main.place l ON l.key = coalesce(p.copy_of, c.source, c.key)
  WHERE p.mailbox IS NOT NULL OR (p.key IS NULL AND NOT EXISTS (
    SELECT 1 FROM idx.mailbox b WHERE b.name = l.mailbox AND b.validity = l.validity
      AND l.uid < b.next_uid))
"""
# The same for what is on its way to the server, or was put there and was not seen there yet.
_PUT_THERE = f"""
  INSERT OR IGNORE INTO temp.drafted
  SELECT c.key, c.source, NULL, coalesce(p.mailbox, e.mailbox),
    e.added, e.added_words, e.received, 0, 0, '', '', 1
  FROM (SELECT value ->> 0 AS key, value ->> 1 AS source FROM json_each(?1)) c
  CROSS JOIN main.effect f ON f.key = c.key AND f.gone = 0
  CROSS JOIN main.entry e ON e.id = f.entry AND e.kind = 'append' AND e.state IN {OPEN}
  LEFT JOIN main.pending p ON p.key = c.key
  WHERE p.key IS NULL OR p.mailbox IS NOT NULL
"""
_PLACES = """
  INSERT INTO main.place
  SELECT m.key, b.name, m.validity, m.uid, m.identity, m.size, m.received, 0
  FROM temp.drafted d CROSS JOIN idx.message m ON m.key = coalesce(d.source, d.key)
  CROSS JOIN idx.mailbox b ON b.id = m.mailbox
  WHERE d.mailbox = :mailbox AND m.uid IS NOT NULL
  ON CONFLICT (key) DO UPDATE SET mailbox = excluded.mailbox, validity = excluded.validity,
    uid = excluded.uid, identity = excluded.identity, size = excluded.size,
    received = excluded.received, stamp = 0
  WHERE key NOT IN (SELECT key FROM main.pending)
"""
_ADD_SUM = """
  INSERT INTO main.pending
  SELECT d.key, {mailbox}, d.received, {sums}
  FROM temp.drafted d WHERE d.mailbox = :mailbox
  ON CONFLICT (key) DO UPDATE SET mailbox = excluded.mailbox,
    added = (added & ~excluded.removed) | excluded.added,
    removed = removed | excluded.removed,
    added_words = words_overlaid(added_words, excluded.added_words, excluded.removed_words),
    removed_words = words_overlaid(removed_words, excluded.removed_words, '')
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """An operation to be recorded; `content` is what an Append appends.

    `repeats` is the entry that it is once more: of messages whose flags are not known, the same
    is changed as by that one.
    """

    operation: Operation
    not_before: datetime | None = None
    content: bytes | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a command is recorded.

    `exactly`: it repeats or takes back an older one, so messages that are not where that
    one left them are left out. `remembering`: messages that the index has lost are taken
    from their last known place. `part_of` is when the command was recorded that it belongs to.
    """

    undoes: int | None = None
    redoes: int | None = None
    exactly: bool = False
    remembering: bool = False
    part_of: int | None = None


PLAINLY = Circumstances()


def by_itself(act: datetime | None) -> Circumstances:
    """What no key asked for is no step of undo; it goes and comes with the command that was
    recorded at `act`, if that is known."""
    return Circumstances(undoes=0, part_of=0 if act is None else to_micros(act))


class Recorder:
    """Appends to the journal, inside a transaction of its caller."""

    def __init__(self, journal: JournalFile, entries: Entries) -> None:
        self._journal = journal
        self._entries = entries

    def begin_keys(self, before_first: int) -> None:
        """Let the account's first key be the one after `before_first`."""
        if self._journal.row("SELECT 1 FROM main.counter WHERE name = 'key'"):
            return
        with self._journal.writing():
            self._journal.run_many(
                "INSERT OR IGNORE INTO main.counter VALUES (?, ?)",
                [("key", before_first), ("stamp", 0)],
            )

    def skip_keys(self, used: int) -> None:
        """Never allot a key up to `used`: an older copy of the journal may not know of it."""
        if self._journal.row(
            "SELECT 1 FROM main.counter WHERE name = 'key' AND value < ?", (used,)
        ):
            with self._journal.writing():
                self._journal.run(
                    "UPDATE main.counter SET value = max(value, ?) WHERE name = 'key'", (used,)
                )

    def record_command(self, drafts: Sequence[Draft], how: Circumstances = PLAINLY) -> list[Entry]:
        """In a transaction of its own."""
        with self._journal.writing():
            return self.record_newest(drafts, how)

    def record_newest(self, drafts: Sequence[Draft], how: Circumstances) -> list[Entry]:
        """After a new command of the user's what was undone is not redone."""
        made = self.record(drafts, how)
        if made and how.undoes is None:
            self._journal.run(
                "UPDATE main.command SET redone = 1 WHERE undone IS NOT NULL AND redone = 0"
            )
        return made

    def allot_keys(self, count: int) -> range:
        sql = "UPDATE counter SET value = value + ? WHERE name = 'key' RETURNING value"
        last = int(self._journal.value(sql, (count,)))
        return range(last - count + 1, last + 1)

    def record(self, drafts: Sequence[Draft], how: Circumstances = PLAINLY) -> list[Entry]:
        """One command; it is not made if none of its drafts changes anything."""
        self._journal.run(
            "INSERT INTO command (recorded, undoes, redoes, part_of) VALUES (?, ?, ?, ?)",
            (self._entries.now(), how.undoes, how.redoes, how.part_of),
        )
        command = self._journal.last_id
        for draft in drafts:
            self._record_one(command, draft, how)
        made = self._entries.of_command(command)
        if not made:
            self._journal.run("DELETE FROM command WHERE id = ?", (command,))
        return made

    def _record_one(self, command: int, draft: Draft, how: Circumstances) -> None:
        operation = draft.operation
        if isinstance(operation, Append):
            self._append(command, draft, operation)
            return
        self._look_up(operation, how)
        self._leave_out(operation, how)
        for (mailbox,) in self._journal.rows("SELECT DISTINCT mailbox FROM temp.drafted"):
            values = {**_columns(operation), "mailbox": mailbox}
            entry = self._insert_entry(command, values, draft.not_before)
            self._journal.run(_PLACES, values)
            effects = {**values, "entry": entry, "repeats": draft.repeats}
            self._journal.run(_effects(operation), effects)
            self._journal.run(_sums(operation), values)
        if isinstance(operation, Copy):
            self._journal.run_many(
                "INSERT OR REPLACE INTO alias VALUES (?, ?, ?)",
                [(copy_name(copy), copy, self._entries.now()) for copy in operation.copies],
            )

    def _look_up(self, draft: Operation, how: Circumstances) -> None:
        if isinstance(draft, Copy):
            pairs: list[tuple[int, int | None]] = list(
                zip(draft.copies, draft.sources, strict=True)
            )
        else:
            pairs = [(key, None) for key in draft.keys]
        self._journal.run("DELETE FROM temp.drafted")
        wanted = (json.dumps(pairs),)
        self._journal.run(_SHOWN, wanted)
        if how.remembering:
            self._journal.run(_REMEMBERED, wanted)
            self._journal.run(_PUT_THERE, wanted)

    def _leave_out(self, draft: Operation, how: Circumstances) -> None:
        """Drop from `drafted` what would not change, or is not where it was."""
        if isinstance(draft, Expunge) or (how.exactly and isinstance(draft, Move)):
            self._journal.run("DELETE FROM temp.drafted WHERE mailbox <> ?", (draft.mailbox,))
        if isinstance(draft, Move):
            self._journal.run("DELETE FROM temp.drafted WHERE mailbox = ?", (draft.target,))
        if isinstance(draft, StoreFlags):
            values = _columns(draft)
            sql = """
              DELETE FROM temp.drafted
              WHERE NOT lost AND (flags & ~:removed) | :added = flags
                AND words_overlaid(words, :added_words, :removed_words) = words
            """
            if not values["added_words"] and not values["removed_words"]:
                sql = """
                  DELETE FROM temp.drafted
                  WHERE NOT lost AND (flags & ~:removed) | :added = flags
                """
            self._journal.run(sql, values)

    def _insert_entry(
        self, command: int, values: dict[str, Any], not_before: datetime | None
    ) -> int:
        now = self._entries.now()
        self._journal.run(
            "INSERT INTO entry (command, kind, mailbox, target, added, removed, added_words,"
            " removed_words, state, changed, not_before, received, message_id) VALUES"
            " (:command, :kind, :mailbox, :target, :added, :removed, :added_words,"
            " :removed_words, :state, :changed, :not_before, :received, :message_id)",
            {
                "received": None,
                "message_id": None,
                **values,
                "command": command,
                "state": EntryState.RECORDED,
                "changed": now,
                "not_before": to_micros(not_before) if not_before else None,
            },
        )
        return self._journal.last_id

    def _append(self, command: int, draft: Draft, operation: Append) -> None:
        if draft.content is None:
            raise StoreError("there is no content to append")
        values = {**_columns(operation), "mailbox": operation.mailbox}
        entry = self._insert_entry(command, values, draft.not_before)
        self._journal.run("INSERT INTO effect (entry, key) VALUES (?, ?)", (entry, operation.key))
        size = len(draft.content)
        self._journal.run("INSERT INTO content VALUES (?, zeroblob(?))", (entry, size))
        pieces = (draft.content[start : start + PIECE] for start in range(0, size, PIECE))
        self._journal.fill("content", "bytes", entry, pieces)


def _columns(draft: Operation) -> dict[str, Any]:
    """What an entry says besides its mailbox and its messages."""
    match draft:
        case StoreFlags(add=add, remove=remove):
            # Adding wins, as in `overlay`.
            return _named(FLAGS, added=add, removed=remove - add)
        case Move(target=target):
            return _named(MOVE, target)
        case Copy(target=target):
            return _named(COPY, target)
        case Expunge():
            return _named(EXPUNGE)
        case Append(flags=flags, received=received, message_id=message_id):
            values = _named(APPEND, added=flags)
            return {**values, "received": to_micros(received), "message_id": message_id}
        case _:
            assert_never(draft)


_NO_FLAGS: frozenset[Flag] = frozenset()


def _named(
    kind: str,
    target: str | None = None,
    added: frozenset[Flag] = _NO_FLAGS,
    removed: frozenset[Flag] = _NO_FLAGS,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "target": target,
        "added": bits_of(added),
        "removed": bits_of(removed),
        "added_words": words_of(added),
        "removed_words": words_of(removed),
    }


def _effects(draft: Operation) -> str:
    """What really changes, message by message."""
    columns = "0, 0, '', ''"
    if isinstance(draft, StoreFlags):
        columns = """
          iif(d.lost, coalesce(o.added, :added), :added) & ~d.flags,
          iif(d.lost, coalesce(o.removed, :removed), :removed & d.flags),
          words_without(iif(d.lost, coalesce(o.added_words, :added_words), :added_words), d.words),
          iif(d.lost, coalesce(o.removed_words, :removed_words),
            words_common(:removed_words, d.words))
        """
    return f"""
      INSERT INTO main.effect (entry, key, source, added, removed, added_words, removed_words)
      SELECT :entry, d.key, d.source, {columns} FROM temp.drafted d
      LEFT JOIN main.effect o ON o.entry = :repeats AND o.key = d.key WHERE d.mailbox = :mailbox
    """


def _sums(draft: Operation) -> str:
    match draft:
        case StoreFlags():
            sums = ":added, :removed, :added_words, :removed_words, NULL"
            return _ADD_SUM.format(mailbox=":mailbox", sums=sums)
        case Move():
            return _ADD_SUM.format(mailbox=":target", sums="0, 0, '', '', NULL")
        case Expunge():
            return _ADD_SUM.format(mailbox="NULL", sums="0, 0, '', '', NULL")
        case Copy():
            sums = "d.added, d.removed, d.added_words, d.removed_words, d.base"
            return _ADD_SUM.format(mailbox=":target", sums=sums)
        case Append():
            raise AssertionError("an Append shows nothing")
        case _:
            assert_never(draft)
