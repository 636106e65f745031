"""Flags that no server keeps: they live in the journal, and the index shows them with the rest."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tuimail.model.mail import MessageKey
from tuimail.model.operation import Copy, Entry, StoreFlags
from tuimail.store.entries import FLAGS
from tuimail.store.flags import common, overlaid, without
from tuimail.store.journal_file import JournalFile


@dataclass(frozen=True, slots=True)
class OwnFlags:
    """How a message differs from what its server says of it."""

    added: int = 0
    removed: int = 0
    added_words: str = ""
    removed_words: str = ""

    def over(self, bits: int, words: str) -> tuple[int, str]:
        """What is shown where the server says `bits` and `words`."""
        shown = bits & ~self.removed | self.added
        if not (self.added_words or self.removed_words):
            return shown, words
        return shown, overlaid(words, self.added_words, self.removed_words)

    def changed(self, change: "OwnFlags") -> "OwnFlags":
        """After a change of what is shown; what only takes another back leaves nothing."""
        taken_back = change.added & self.removed, change.removed & self.added
        words_back = (
            common(change.added_words, self.removed_words),
            common(change.removed_words, self.added_words),
        )
        return OwnFlags(
            (self.added | change.added & ~taken_back[0]) & ~change.removed,
            (self.removed | change.removed & ~taken_back[1]) & ~change.added,
            overlaid(
                self.added_words, without(change.added_words, words_back[0]), change.removed_words
            ),
            overlaid(
                self.removed_words, without(change.removed_words, words_back[1]), change.added_words
            ),
        )

    def told(self, flags: "OwnFlags") -> "OwnFlags":
        """Once the server keeps these flags as the user wants them."""
        bits = flags.added | flags.removed
        words = overlaid(flags.added_words, flags.removed_words, "")
        return OwnFlags(
            self.added & ~bits,
            self.removed & ~bits,
            without(self.added_words, words),
            without(self.removed_words, words),
        )


NOTHING = OwnFlags()

# What really changed of an entry's messages, what the entry said, and what of it stayed here.
_CHANGED = f"""
  SELECT f.key, f.added, f.removed, f.added_words, f.removed_words,
    e.added, e.removed, e.added_words, e.removed_words, e.here, e.here_words
  FROM json_each(?) c
  CROSS JOIN main.entry e ON e.id = c.value AND e.kind = '{FLAGS}' AND e.state = 'settled'
  CROSS JOIN main.effect f ON f.entry = e.id AND f.gone = 0
"""


class OwnFlagsRecord:
    """The journal's table of them; all writing is inside a transaction of the caller."""

    def __init__(self, journal: JournalFile) -> None:
        self._journal = journal

    def all(self) -> dict[MessageKey, OwnFlags]:
        rows = self._journal.rows(
            "SELECT key, added, removed, added_words, removed_words FROM main.own_flags"
        )
        return {MessageKey(key): OwnFlags(*flags) for key, *flags in rows}

    def settled(self, entries: Iterable[Entry]) -> None:
        """These are settled now: what of them no server knows is kept here."""
        flags: list[int] = []
        copies: list[tuple[MessageKey, MessageKey]] = []
        for entry in entries:
            match entry.operation:
                case StoreFlags():
                    flags.append(entry.id)
                case Copy() as copy:
                    copies += zip(copy.copies, copy.sources, strict=True)
        if flags:
            self._flags_settled(flags)
        if copies:
            self._journal.run_many(
                "INSERT OR REPLACE INTO main.own_flags SELECT ?, added, removed, added_words,"
                " removed_words FROM main.own_flags WHERE key = ?",
                copies,
            )

    def _flags_settled(self, entry_ids: Collection[int]) -> None:
        sql = "SELECT 1 FROM main.own_flags UNION ALL SELECT 1 FROM main.entry"
        wanted = json.dumps(list(entry_ids))
        here = f"{sql} WHERE id IN (SELECT value FROM json_each(?)) AND (here OR here_words <> '')"
        if self._journal.row(f"{here} LIMIT 1", (wanted,)) is None:
            return
        before = self.all()
        after: dict[MessageKey, OwnFlags] = {}
        for key, *columns in self._journal.rows(_CHANGED, (wanted,)):
            changed, said = OwnFlags(*columns[:4]), OwnFlags(*columns[4:8])
            own = after.get(key, before.get(key, NOTHING))
            stays, leaves = _halves(changed, said, *columns[8:])
            after[key] = own.told(leaves).changed(stays)
        self._write(after)

    def _write(self, flags: Mapping[MessageKey, OwnFlags]) -> None:
        kept = [
            (key, own.added, own.removed, own.added_words, own.removed_words)
            for key, own in flags.items()
            if own != NOTHING
        ]
        self._delete([key for key, own in flags.items() if own == NOTHING])
        self._journal.run_many("INSERT OR REPLACE INTO main.own_flags VALUES (?, ?, ?, ?, ?)", kept)

    def forget(self, keys: Collection[MessageKey]) -> None:
        """These messages are gone. A transaction of its own, if any of them is named."""
        if gone := self.all().keys() & set(keys):
            with self._journal.writing():
                self._delete(list(gone))

    def _delete(self, keys: Collection[MessageKey]) -> None:
        self._journal.run_many("DELETE FROM main.own_flags WHERE key = ?", [(key,) for key in keys])


def _halves(
    changed: OwnFlags, said: OwnFlags, here: int, here_words: str
) -> tuple[OwnFlags, OwnFlags]:
    """What of a change stays here, and what the server was told."""
    stays = OwnFlags(
        changed.added & here,
        changed.removed & here,
        common(changed.added_words, here_words),
        common(changed.removed_words, here_words),
    )
    leaves = OwnFlags(
        said.added & ~here,
        said.removed & ~here,
        without(said.added_words, here_words),
        without(said.removed_words, here_words),
    )
    return stays, leaves
