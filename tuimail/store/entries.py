"""Journal entries as they are stored, and as the model's values."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from tuimail.model.mail import AccountName, MailboxName, MessageKey
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
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import ServerId
from tuimail.store.database import Database, Row
from tuimail.store.flags import flags_of
from tuimail.store.values import from_micros, to_micros

FLAGS, MOVE, COPY, EXPUNGE, APPEND = "flags", "move", "copy", "expunge", "append"

# Entries whose effect shows.
OPEN = "('recorded', 'claimed')"
IN_ORDER = "coalesce(e.split_from, e.id), e.id"

_SELECT = """
  SELECT e.id, e.command, e.kind, e.mailbox, e.target, e.added, e.removed, e.added_words,
    e.removed_words, e.state, c.recorded, e.not_before, c.undoes, c.undone, e.reason,
    e.received, e.message_id, e.tries, e.try_at
  FROM main.entry e JOIN main.command c ON c.id = e.command
"""
# What is the same in an entry that is split off.
_ALIKE = """
  command, kind, mailbox, target, added, removed, added_words, removed_words, state, changed,
  not_before, checkpoint, checkpoint_validity, reason, parked_with, received, message_id, tries,
  try_at, here, here_words
"""


class Entries:
    """Reads entries, and changes their state."""

    def __init__(
        self, account: AccountName, journal: Database, clock: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._journal = journal
        self._clock = clock

    def moment(self) -> datetime:
        return self._clock()

    def now(self) -> int:
        return to_micros(self._clock())

    def select(self, where: str, values: Iterable[object] = ()) -> list[Entry]:
        """The entries that `where` (our own words, with `e` and `c`) names."""
        rows = self._journal.rows(f"{_SELECT} WHERE {where}", tuple(values))
        effects = self._effects([row[0] for row in rows])
        return [self._entry(row, effects.get(row[0], ())) for row in rows]

    def _effects(self, ids: Sequence[int]) -> dict[int, list[Row]]:
        """What each entry does to which messages: key, source, and whether it was gone."""
        rows = self._journal.rows(
            "SELECT f.entry, f.key, f.source, f.gone FROM json_each(?) c"
            " CROSS JOIN main.effect f ON f.entry = c.value",
            (json.dumps(ids),),
        )
        return {entry: [row[1:] for row in some] for entry, some in groupby(rows, itemgetter(0))}

    def one(self, entry_id: int) -> Entry | None:
        found = self.select("e.id = ?", (entry_id,))
        return found[0] if found else None

    def of_command(self, command: int) -> list[Entry]:
        return self.select("e.command = ? ORDER BY e.id", (command,))

    def these(self, ids: Sequence[int]) -> list[Entry]:
        wanted = (json.dumps(ids),)
        return self.select("e.id IN (SELECT value FROM json_each(?)) ORDER BY e.id", wanted)

    def checkpoints(self, ids: Sequence[int]) -> dict[int, ServerId]:
        """Where the target stood when each of these was claimed."""
        rows = self._journal.rows(
            "SELECT id, checkpoint_validity, checkpoint FROM main.entry"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return {entry: ServerId(validity, uid) for entry, validity, uid in rows}

    def content(self, entry_id: int) -> bytes | None:
        sql = "SELECT 1 FROM main.content WHERE entry = ?"
        if self._journal.value(sql, (entry_id,)) is None:
            return None
        return self._journal.blob("content", "bytes", entry_id)

    def set_state(self, ids: Collection[int], state: EntryState, reason: str = "") -> None:
        self._journal.run(
            "UPDATE entry SET state = ?, changed = ?, reason = ?"
            " WHERE id IN (SELECT value FROM json_each(?))",
            (state, self.now(), reason, json.dumps(list(ids))),
        )

    def part(self, entry: Entry, keys: Collection[MessageKey]) -> int:
        """The entry itself if `keys` are all that it names, else one split off for them, alike."""
        if keys == entry.operation.keys:
            return entry.id
        self._journal.run(
            f"INSERT INTO main.entry (split_from, {_ALIKE})"
            f" SELECT coalesce(split_from, id), {_ALIKE} FROM main.entry WHERE id = ?",
            (entry.id,),
        )
        new = self._journal.last_id
        self._journal.run(
            "UPDATE main.effect SET entry = ? WHERE entry = ?"
            " AND key IN (SELECT value FROM json_each(?))",
            (new, entry.id, json.dumps(list(keys))),
        )
        return new

    def _entry(self, row: Row, effects: Iterable[Row]) -> Entry:
        return Entry(
            id=row[0],
            account=self._account,
            group=row[1],
            operation=self._operation(row, effects),
            state=EntryState(row[9]),
            recorded=from_micros(row[10]),
            not_before=None if row[11] is None else from_micros(row[11]),
            undoes=row[12],
            undone=row[13] is not None,
            reason=SafeText(row[14]),
            tries=row[17],
            try_at=None if row[18] is None else from_micros(row[18]),
        )

    def _operation(self, row: Row, all_effects: Iterable[Row]) -> Operation:
        kind, mailbox, target = row[2], MailboxName(row[3]), MailboxName(row[4] or "")
        # What is gone counts for the history only.
        ended = row[9] in ("settled", "withdrawn")
        effects = [(key, source) for key, source, gone in all_effects if ended or not gone]
        keys = frozenset(MessageKey(key) for key, _ in effects)
        if kind == FLAGS:
            add, remove = flags_of(row[5], row[7]), flags_of(row[6], row[8])
            return StoreFlags(mailbox, keys, add, remove)
        if kind == MOVE:
            return Move(mailbox, keys, target)
        if kind == COPY:
            copies, sources = zip(*effects, strict=True) if effects else ((), ())
            return Copy(mailbox, sources, copies, target)
        if kind == EXPUNGE:
            return Expunge(mailbox, keys)
        # What waits does so for a server that may put it there itself.
        waits = row[11] is not None
        flags, received = flags_of(row[5], row[7]), from_micros(row[15])
        return Append(mailbox, min(keys), flags, received, row[16], unless_there=waits)
