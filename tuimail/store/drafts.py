"""Drafts of this machine that are put into the server's mailbox for drafts, too.

The Message-ID of each version begins with the name that the draft has here, so that an earlier
version is known without a record of its own. What is taken out goes to the trash: another device
may have changed it, and nothing of a draft is ever deleted for good.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from tuimail.model.mail import DRAFT, MailboxName, MessageKey
from tuimail.model.operation import Append, Entry, EntryState, Move
from tuimail.store import pending
from tuimail.store.entries import Entries
from tuimail.store.journal_file import JournalFile
from tuimail.store.recording import Circumstances, Draft, Recorder

_VERSIONS = (
    "e.kind = 'append' AND e.state <> 'withdrawn' AND substr(e.message_id, 1, ?) = ? ORDER BY e.id"
)
_OPEN_APPENDS = """
  e.kind = 'append' AND e.state IN ('recorded', 'claimed', 'parked') AND NOT EXISTS (
    SELECT 1 FROM main.effect f CROSS JOIN main.pending p ON p.key = f.key WHERE f.entry = e.id)
  ORDER BY e.id DESC
"""
_NOT_GONE_YET = (EntryState.RECORDED, EntryState.PARKED)
# A version is taken out of where it was put, also before the index has it; a new one is no step
# of undo, for the text here would not follow.
_TAKING_OUT = Circumstances(exactly=True, remembering=True)
_BY_ITSELF = Circumstances(undoes=0, exactly=True, remembering=True)
_VANISHED = """
  SELECT c.value FROM json_each(?) c
  WHERE NOT EXISTS (SELECT 1 FROM idx.message m WHERE m.key = c.value)
    AND NOT EXISTS (
      SELECT 1 FROM main.effect f CROSS JOIN main.entry e ON e.id = f.entry
      WHERE f.key = c.value AND e.state IN ('recorded', 'claimed', 'parked'))
    AND NOT EXISTS (
      SELECT 1 FROM main.place l LEFT JOIN idx.mailbox b ON b.name = l.mailbox
      WHERE l.key = c.value
        AND NOT coalesce(l.validity = b.validity AND l.uid < b.next_uid, 0))
"""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the server may have of a draft: its versions, and another program's message that it
    goes on with; where each is to be, and where to it goes."""

    name: str
    mailbox: MailboxName
    trash: MailboxName
    origin: tuple[MailboxName, MessageKey] | None = None


class DraftVersions:
    """The journal's side of it; every method is one transaction."""

    def __init__(self, journal: JournalFile, entries: Entries, recorder: Recorder) -> None:
        self._journal = journal
        self._entries = entries
        self._recorder = recorder

    def put(self, append: Append, content: bytes, earlier: Earlier) -> list[Entry]:
        """A new version; the earlier ones are taken out once it is there, and not before."""
        with self._journal.writing():
            moves = self._taken_out(earlier)
            drafts = [Draft(append, content=content), *map(Draft, moves)]
            return self._recorder.record(drafts, _BY_ITSELF)

    def take_out(self, earlier: Earlier, *, by_itself: bool) -> list[Entry]:
        """All versions; what was not on its way yet never goes."""
        how = _BY_ITSELF if by_itself else _TAKING_OUT
        with self._journal.writing():
            moves = self._taken_out(earlier)
            return self._recorder.record_newest(list(map(Draft, moves)), how)

    def waiting(self) -> list[Entry]:
        """Versions that no server has yet and that are to stay, the newest first."""
        return [
            entry
            for entry in self._entries.select(_OPEN_APPENDS)
            if entry.state is not EntryState.PARKED
            and isinstance(entry.operation, Append)
            and DRAFT in entry.operation.flags
        ]

    def content(self, entry: Entry) -> bytes | None:
        """Its bytes; None once the server has them."""
        return self._entries.content(entry.id)

    def vanished(self, keys: Collection[MessageKey]) -> set[MessageKey]:
        """Those that the server had, and has not any more."""
        return {MessageKey(key) for (key,) in self._journal.rows(_VANISHED, (_list(keys),))}

    def _taken_out(self, earlier: Earlier) -> list[Move]:
        """Withdraw what has not left, and return what takes out the rest."""
        beginning = f"{earlier.name}."
        versions = self._entries.select(_VERSIONS, (len(beginning), beginning))
        places: dict[MailboxName, set[MessageKey]] = {}
        for version in versions:
            if version.state in _NOT_GONE_YET:
                self._withdraw(version.group, places)
            else:
                places.setdefault(version.operation.mailbox, set()).update(version.operation.keys)
        if earlier.origin is not None:
            mailbox, key = earlier.origin
            places.setdefault(mailbox, set()).add(key)
        return [
            Move(mailbox, frozenset(keys), earlier.trash)
            for mailbox, keys in places.items()
            if mailbox != earlier.trash
        ]

    def _withdraw(self, group: int, places: dict[MailboxName, set[MessageKey]]) -> None:
        """A version, and what it was to take the place of, which the next one does now."""
        entries = [e for e in self._entries.of_command(group) if e.state in _NOT_GONE_YET]
        for entry in entries:
            if isinstance(entry.operation, Move):
                places.setdefault(entry.operation.mailbox, set()).update(entry.operation.keys)
        ids = [entry.id for entry in entries]
        self._entries.set_state(ids, EntryState.WITHDRAWN)
        self._journal.run(
            "DELETE FROM main.content WHERE entry IN (SELECT value FROM json_each(?))",
            (_list(ids),),
        )
        pending.refresh(self._journal, ids)


def _list(numbers: Collection[int]) -> str:
    return json.dumps(list(numbers))
