"""Entries that the server had trouble with: they wait, and the others go first."""

import json
from collections.abc import Collection
from datetime import datetime

from tuimail.model.mail import MessageKey
from tuimail.model.operation import Entry, EntryState
from tuimail.model.safe_text import SafeText
from tuimail.store.entries import OPEN, Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.settling import Settling
from tuimail.store.values import to_micros

_DROPPED = SafeText("dropped")


class Waiting:
    """The journal's side of trying again."""

    def __init__(self, journal: JournalFile, entries: Entries, settling: Settling) -> None:
        self._journal = journal
        self._entries = entries
        self._settling = settling

    # Each a transaction.

    def postpone(self, entry_id: int, reason: SafeText, until: datetime) -> None:
        """The server did nothing of it, and may later: recorded again.

        What the user took back meanwhile is not tried again.
        """
        with self._journal.writing():
            found = self._entries.one(entry_id)
            if found is None or found.state is not EntryState.CLAIMED:
                return
            if found.undone:
                self._settling.give_up(found, reason)
            else:
                self._wait([entry_id], reason, until, EntryState.RECORDED)

    def leave_in_doubt(self, ids: Collection[int], reason: SafeText, until: datetime) -> None:
        """Nobody knows how far the server came with these: they stay claimed."""
        with self._journal.writing():
            self._wait(ids, reason, until, EntryState.CLAIMED)

    def _wait(
        self, ids: Collection[int], reason: SafeText, until: datetime, state: EntryState
    ) -> None:
        self._journal.run(
            "UPDATE entry SET state = ?, reason = ?, tries = tries + 1, try_at = ?, changed = ?"
            " WHERE state = 'claimed' AND id IN (SELECT value FROM json_each(?))",
            (state, reason, to_micros(until), self._entries.now(), json.dumps(list(ids))),
        )

    def take_up(self, ids: Collection[int]) -> list[Entry]:
        """Those of the claimed entries that nobody dropped, on their way again."""
        with self._journal.writing():
            rows = self._journal.rows(
                "UPDATE entry SET try_at = NULL WHERE state = 'claimed'"
                " AND id IN (SELECT value FROM json_each(?)) RETURNING id",
                (json.dumps(list(ids)),),
            )
            return self._entries.these([row[0] for row in rows])

    def part(self, entry: Entry, keys: Collection[MessageKey]) -> Entry | None:
        """Give `keys` of a claimed entry an entry of their own, in the same place of the order."""
        with self._journal.writing():
            found = self._entries.one(entry.id)
            if found is None or found.state is not EntryState.CLAIMED:
                return None
            wanted = found.operation.keys & set(keys)
            return self._entries.one(self._entries.part(found, wanted)) if wanted else None

    # Inside a transaction of the caller.

    def hasten(self, entry_id: int) -> bool:
        """Try it again now; False if it does not wait."""
        changed = self._journal.run(
            f"UPDATE entry SET try_at = NULL WHERE id = ? AND state IN {OPEN}"
            " AND try_at IS NOT NULL",
            (entry_id,),
        )
        return bool(changed)

    def give_up(self, entry: Entry) -> bool:
        """Forget what waits and is not under way; what depends on it is parked."""
        under_way = entry.state is EntryState.CLAIMED and entry.try_at is None
        if under_way or not entry.waits:
            return False
        self._settling.give_up(entry, _DROPPED)
        self._entries.set_state([entry.id], EntryState.WITHDRAWN)
        return True
