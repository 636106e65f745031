"""How an entry ends: settled message by message, or parked with what depends on it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tuimail.model.mail import Flag, MessageKey
from tuimail.model.operation import Append, Copy, Entry, EntryState, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.store import pending
from tuimail.store.conflicts import conflicting
from tuimail.store.entries import OPEN, Entries
from tuimail.store.flags import bits_of, words_of
from tuimail.store.journal_file import JournalFile
from tuimail.store.outcome_notes import OutcomeNote
from tuimail.store.outgoing import Outgoing
from tuimail.store.own_flags import OwnFlagsRecord
from tuimail.store.places import Places

# The later, unclaimed effects on messages, and on copies that are made of them after `after`.
_DEPENDANTS = """
  WITH RECURSIVE lost (key, since) AS (
    SELECT value, :after FROM json_each(:keys)
    UNION SELECT f.key, f.entry FROM lost l CROSS JOIN main.effect f
      ON f.source = l.key AND f.gone = 0 AND f.entry > l.since
    CROSS JOIN main.entry e ON e.id = f.entry AND e.state = 'recorded'
  ) SELECT DISTINCT f.entry, f.key FROM lost l
  CROSS JOIN main.effect f ON f.key = l.key AND f.gone = 0 AND f.entry >= l.since
    AND f.entry > :after
  CROSS JOIN main.entry e ON e.id = f.entry AND e.state = 'recorded'
  ORDER BY f.entry
"""
_CHANGED_SINCE = SafeText("the message was found under another name, and changed there since")
_HERE = "kept here: the server does not keep such flags in this mailbox"
_OPEN_STATES = (EntryState.RECORDED, EntryState.CLAIMED)


class Settling:
    """The journal's side of an outcome; every method is one transaction."""

    def __init__(
        self, journal: JournalFile, entries: Entries, outgoing: Outgoing, places: Places
    ) -> None:
        self._journal = journal
        self._own_flags = OwnFlagsRecord(journal)
        self._entries = entries
        self._outgoing = outgoing
        self._places = places

    def last_settled(self) -> int | None:
        """The token of the last note that was settled."""
        token: int | None = self._journal.value(
            "SELECT value FROM main.counter WHERE name = 'outcome'"
        )
        return token

    def settle(self, note: OutcomeNote) -> None:
        """Mark its entries done; `merged` names messages that a pull had stored as new before.

        Messages that are missing in `ids` were gone, if we knew where they had to be; those
        that we did not know are recorded still.
        """
        ids, merged = note.ids, note.merged
        with self._journal.writing():
            self._journal.run(
                "INSERT OR REPLACE INTO main.counter VALUES ('outcome', ?)", (note.token,)
            )
            here = self._entries.these(note.entries)
            found = [entry for entry in here if entry.state in _OPEN_STATES]
            partly = [entry for entry in found if not entry.operation.keys <= ids.keys()]
            unknown = self._outgoing.unknown(partly) if partly else {}
            ended = {entry.id for entry in found} - {entry.id for entry in partly}
            self._entries.set_state(ended, EntryState.SETTLED)
            for entry in partly:
                missing = entry.operation.keys - ids.keys()
                ended |= self._settle_partly(entry, missing, unknown.get(entry.id, set()))
            self._places.settled(found, ids)
            self._own_flags.settled(found)
            self._say_what_stays_here(ended)
            self._journal.run(
                "DELETE FROM main.content WHERE entry IN (SELECT value FROM json_each(?))",
                (json.dumps(list(ended)),),
            )
            pending.refresh(self._journal, ended)
            self._end_conflicts(found, merged)
            self._places.merge(merged)

    def keep_here(self, entry_ids: Iterable[int], flags: frozenset[Flag]) -> None:
        """No server keeps these flags of claimed entries: their end is in this journal."""
        with self._journal.writing():
            self._journal.run(
                "UPDATE main.entry SET here = here | ?,"
                " here_words = words_overlaid(here_words, ?, '')"
                " WHERE state = 'claimed' AND id IN (SELECT value FROM json_each(?))",
                (bits_of(flags), words_of(flags), json.dumps(list(entry_ids))),
            )

    def _say_what_stays_here(self, entry_ids: Iterable[int]) -> None:
        self._journal.run(
            "UPDATE main.entry SET reason = iif(reason = '', ?1, reason || '; ' || ?1)"
            " WHERE id IN (SELECT value FROM json_each(?2)) AND state = 'settled'"
            " AND (here OR here_words <> '')",
            (_HERE, json.dumps(list(entry_ids))),
        )

    def _settle_partly(
        self, entry: Entry, missing: Collection[MessageKey], unknown: Collection[MessageKey]
    ) -> set[int]:
        """Settle what was done and what was gone of an entry; the entries that changed."""
        waiting = set(missing) & set(unknown)
        gone = set(missing) - waiting
        done = entry.operation.keys - waiting
        ended = self._entries.part(entry, done) if waiting else entry.id
        self._entries.set_state([ended], EntryState.SETTLED, _note(len(gone), len(done)))
        if waiting:
            self._entries.set_state([entry.id], EntryState.RECORDED)
        self._mark_gone({ended: gone})
        bereft = {} if _stays(entry) else self._dependants(entry, gone)
        self._mark_gone(bereft)
        self._end_empty(bereft)
        return {ended, *bereft}

    def _end_conflicts(
        self, entries: Iterable[Entry], merged: Mapping[MessageKey, MessageKey]
    ) -> None:
        """Park what cannot stand beside what was recorded for the same message elsewhere."""
        for entry in entries:
            mailbox = getattr(entry.operation, "target", entry.operation.mailbox)
            for key in entry.operation.keys & merged.keys():
                given_up = conflicting(self._journal, key, merged[key], mailbox)
                for entry_id, keys in given_up.items():
                    recorded = self._entries.one(entry_id)
                    if recorded is not None and recorded.state is EntryState.RECORDED:
                        self._park(recorded, _CHANGED_SINCE, keys, in_doubt=True)

    def _mark_gone(self, effects: Mapping[int, Collection[MessageKey]]) -> None:
        self._journal.run_many(
            "UPDATE main.effect SET gone = 1 WHERE entry = ? AND key = ?",
            [(entry_id, key) for entry_id, keys in effects.items() for key in keys],
        )

    def _dependants(self, entry: Entry, keys: Collection[MessageKey]) -> dict[int, set[MessageKey]]:
        """The later, unclaimed effects on these messages and on copies of them."""
        if not keys:
            return {}
        sql = "SELECT coalesce(split_from, id) FROM main.entry WHERE id = ?"
        after = self._journal.value(sql, (entry.id,))
        rows = self._journal.rows(_DEPENDANTS, {"keys": json.dumps(list(keys)), "after": after})
        found: defaultdict[int, set[MessageKey]] = defaultdict(set)
        for entry_id, key in rows:
            found[entry_id].add(MessageKey(key))
        return dict(found)

    def _end_empty(self, entry_ids: Iterable[int]) -> None:
        """End the entries that have no message any more."""
        empty = [
            entry_id
            for entry_id in entry_ids
            if self._journal.value(
                "SELECT count(*) FROM main.effect WHERE entry = ? AND gone = 0", (entry_id,)
            )
            == 0
        ]
        self._entries.set_state(empty, EntryState.SETTLED, _note(1, 1))

    def park(
        self,
        entry: Entry,
        reason: SafeText,
        keys: Collection[MessageKey] | None = None,
        *,
        in_doubt: bool,
    ) -> None:
        """End it, wholly or for `keys`, with no effect left: it was refused, or is `in_doubt`."""
        with self._journal.writing():
            found = self._entries.one(entry.id)
            if found is None or found.state not in _OPEN_STATES:
                return
            wanted = found.operation.keys if keys is None else found.operation.keys & set(keys)
            if wanted:
                self._park(found, reason, wanted, in_doubt=in_doubt)

    def _park(
        self, found: Entry, reason: SafeText, wanted: Collection[MessageKey], *, in_doubt: bool
    ) -> None:
        parked = self._entries.part(found, wanted)
        touched = {parked}
        if found.undone:
            self._entries.set_state([parked], EntryState.WITHDRAWN, reason)
            # It names the same messages, whose sums are made anew with those of `parked`.
            if in_doubt:
                self._park_inverse(found, wanted, reason)
            else:
                self._forget_inverse(found, wanted)
        else:
            self._entries.set_state([parked], EntryState.PARKED, reason)
        if not _stays(found):
            touched |= self._park_dependants(found, wanted, parked)
        if isinstance(found.operation, Append):
            touched |= self._park_replaced(found, parked)
        pending.refresh(self._journal, touched)

    def give_up(self, entry: Entry, reason: SafeText) -> None:
        """Park it wholly, inside a transaction of the caller."""
        self._park(entry, reason, entry.operation.keys, in_doubt=False)

    def park_messages(self, keys: Collection[MessageKey], reason: SafeText) -> None:
        """Park all that is open for these messages: they cannot be told any more."""
        if not keys:
            return
        wanted = set(keys)
        for entry in self._entries.select(f"e.state IN {OPEN} ORDER BY e.id"):
            if isinstance(entry.operation, Copy):
                pairs = zip(entry.operation.copies, entry.operation.sources, strict=True)
                meant = {copy for copy, source in pairs if {copy, source} & wanted}
            else:
                meant = set(entry.operation.keys & wanted)
            if meant:
                self.park(entry, reason, meant, in_doubt=True)

    def _forget_inverse(self, entry: Entry, keys: Collection[MessageKey]) -> None:
        """What was to take back the refused change has no object."""
        effects = {
            inverse.id: inverse.operation.keys & set(keys) for inverse in self._inverses(entry)
        }
        self._mark_gone(effects)
        self._end_empty(effects)

    def _park_inverse(self, entry: Entry, keys: Collection[MessageKey], reason: SafeText) -> None:
        """What was to take back the change may be needed, and the user must know."""
        for inverse in self._inverses(entry):
            wanted = inverse.operation.keys & set(keys)
            if wanted:
                ended = self._entries.part(inverse, wanted)
                self._entries.set_state([ended], EntryState.PARKED, reason)

    def _inverses(self, entry: Entry) -> list[Entry]:
        return self._entries.select("c.undoes = ? AND e.state = 'recorded'", (entry.group,))

    def _park_dependants(self, entry: Entry, keys: Collection[MessageKey], parked: int) -> set[int]:
        touched = set()
        for entry_id, effects in self._dependants(entry, keys).items():
            dependant = self._entries.one(entry_id)
            if dependant is None:
                continue
            ended = self._entries.part(dependant, effects)
            self._park_with(parked, ended)
            touched.add(ended)
        return touched

    def _park_replaced(self, entry: Entry, parked: int) -> set[int]:
        """What this message was to take the place of stays where it is."""
        replaced = self._entries.select(
            "e.command = ? AND e.kind = 'move' AND e.state = 'recorded'", (entry.group,)
        )
        for each in replaced:
            self._park_with(parked, each.id)
        return {each.id for each in replaced}

    def _park_with(self, parked: int, ended: int) -> None:
        self._entries.set_state(
            [ended], EntryState.PARKED, f"waits for entry {parked}, which was given up"
        )
        self._journal.run("UPDATE main.entry SET parked_with = ? WHERE id = ?", (parked, ended))


def _stays(entry: Entry) -> bool:
    """Whether the entry leaves its messages where they are."""
    return isinstance(entry.operation, StoreFlags)


def _note(gone: int, total: int) -> str:
    if not gone:
        return ""
    if gone == total:
        return "no longer on the server"
    return f"{gone} of {total} no longer on the server"
