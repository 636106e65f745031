"""The sum of each message's open entries, kept up to date as entries come and go."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from tuimail.store.database import Database, Row
from tuimail.store.entries import COPY, EXPUNGE, FLAGS, IN_ORDER, OPEN
from tuimail.store.flags import overlaid

_OPEN_EFFECTS = f"""
  SELECT f.key, e.kind, e.mailbox, e.target, e.added, e.removed, e.added_words,
    e.removed_words, f.source, e.id
  FROM temp.touched t
  CROSS JOIN main.effect f ON f.key = t.key AND f.gone = 0
  CROSS JOIN main.entry e ON e.id = f.entry AND e.state IN {OPEN} AND e.kind <> 'append'
  ORDER BY f.key, {IN_ORDER}
"""
_OF_SOURCE = f"""
  SELECT f.key, e.kind, e.mailbox, e.target, e.added, e.removed, e.added_words,
    e.removed_words, f.source, e.id
  FROM main.effect f CROSS JOIN main.entry e ON e.id = f.entry AND e.state IN {OPEN}
  WHERE f.key = ? AND f.gone = 0 AND e.id < ? ORDER BY e.id
"""
_ADD_COPIES = f"""
  WITH RECURSIVE copies (key) AS (
    SELECT key FROM temp.touched
    UNION SELECT f.key FROM copies c CROSS JOIN main.effect f ON f.source = c.key AND f.gone = 0
    JOIN main.entry e ON e.id = f.entry AND e.state IN {OPEN}
  ) INSERT OR IGNORE INTO temp.touched SELECT key FROM copies
"""


@dataclass(slots=True)
class _Sum:
    """What a message's open entries do to it, one after the other."""

    mailbox: str | None = None
    added: int = 0
    removed: int = 0
    added_words: str = ""
    removed_words: str = ""
    copy_of: int | None = None

    def apply(self, effect: Row) -> None:
        _, kind, mailbox, target, added, removed, added_words, removed_words, *_ = effect
        if kind == EXPUNGE:
            self.mailbox = None
        elif kind == FLAGS:
            self.mailbox = mailbox
            self.removed |= removed
            self.added = self.added & ~removed | added
            if added_words or removed_words:
                self.added_words = overlaid(self.added_words, added_words, removed_words)
                self.removed_words = overlaid(self.removed_words, removed_words, "")
        else:
            self.mailbox = target


def refresh(journal: Database, entry_ids: Iterable[int]) -> None:
    """Sum up anew the messages of these entries, after a change of their state."""
    begin(journal)
    journal.run_many(
        "INSERT OR IGNORE INTO temp.touched SELECT key FROM main.effect WHERE entry = ?",
        [(entry_id,) for entry_id in entry_ids],
    )
    finish(journal)


def begin(journal: Database, keys: Iterable[int] = ()) -> None:
    """Begin to name the messages whose sum may be another one."""
    journal.run("CREATE TEMP TABLE IF NOT EXISTS touched (key INTEGER PRIMARY KEY)")
    journal.run("DELETE FROM temp.touched")
    journal.run_many("INSERT OR IGNORE INTO temp.touched VALUES (?)", [(key,) for key in keys])


def finish(journal: Database) -> None:
    """Sum up anew what was named in the table `touched`, and copies that are made of it."""
    journal.run(_ADD_COPIES)
    rows = journal.rows(_OPEN_EFFECTS)
    journal.run(
        "DELETE FROM main.pending WHERE key IN (SELECT key FROM temp.touched) AND NOT EXISTS"
        " (SELECT 1 FROM main.effect f JOIN main.entry e ON e.id = f.entry"
        f" WHERE f.key = pending.key AND f.gone = 0 AND e.state IN {OPEN})"
    )
    sums = [
        (key, _sum(journal, list(effects))) for key, effects in groupby(rows, lambda row: row[0])
    ]
    journal.run_many(
        """
        INSERT INTO main.pending VALUES (?1, ?2,
          coalesce((SELECT received FROM main.place WHERE key = coalesce(?7, ?1)), 0),
          ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (key) DO UPDATE SET mailbox = excluded.mailbox, added = excluded.added,
          removed = excluded.removed, added_words = excluded.added_words,
          removed_words = excluded.removed_words, copy_of = excluded.copy_of
        """,
        [
            (key, s.mailbox, s.added, s.removed, s.added_words, s.removed_words, s.copy_of)
            for key, s in sums
        ],
    )


def _sum(journal: Database, effects: list[Row]) -> _Sum:
    total = _Sum()
    first = effects[0]
    if first[1] == COPY:
        total.copy_of = _base(journal, total, first[8], first[9])
    for effect in effects:
        total.apply(effect)
    return total


def _base(journal: Database, total: _Sum, source: int, before: int) -> int:
    """What a copy is made of: its source, as the entries before the copy leave it."""
    effects = journal.rows(_OF_SOURCE, (source, before))
    base = source
    if effects and effects[0][1] == COPY:
        base = _base(journal, total, effects[0][8], effects[0][9])
    for effect in effects:
        total.apply(effect)
    return base
