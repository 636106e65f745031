"""Undo, redo, retry and drop: taking back exactly what was really changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import (
    Append,
    Copy,
    Entry,
    EntryState,
    Expunge,
    Move,
    Operation,
    StoreFlags,
    narrowed,
)
from tuimail.store import pending
from tuimail.store.entries import Entries
from tuimail.store.flags import flags_of
from tuimail.store.journal_file import JournalFile
from tuimail.store.recording import Circumstances, Draft, Recorder
from tuimail.store.values import from_micros, to_micros
from tuimail.store.waiting import Waiting

# A command counts if something of it still stands that can be taken back.
_UNDOABLE = """
  SELECT c.id, c.recorded FROM main.command c
  WHERE c.undoes IS NULL AND c.undone IS NULL AND EXISTS (
    SELECT 1 FROM main.entry e JOIN main.effect f ON f.entry = e.id AND f.gone = 0
    WHERE e.command = c.id AND (e.state = 'recorded'
      OR (e.state IN ('claimed', 'settled') AND e.kind <> 'expunge')))
  ORDER BY c.id DESC LIMIT 1
"""
_REDOABLE = """
  SELECT id, undone FROM main.command
  WHERE undone IS NOT NULL AND redone = 0 AND part_of IS NULL ORDER BY undone DESC LIMIT 1
"""
_PARTS = "SELECT id FROM main.command WHERE part_of = ? AND undone IS NULL ORDER BY id DESC"
_PARTS_UNDONE = """
  SELECT id FROM main.command WHERE part_of > 0 AND undone = ? AND redone = 0 ORDER BY id
"""


def takes_back(inverse: Operation, operation: Operation) -> bool:
    """Whether an undo of `operation` is an operation like `inverse`."""
    match operation:
        case Copy() | Append():
            return isinstance(inverse, Expunge)
        case _:
            return type(inverse) is type(operation)


def never_carried_out(inverses: Iterable[Entry]) -> frozenset[MessageKey]:
    """The messages that an undo named and no server took back: it was refused, or dropped."""
    done: set[MessageKey] = set()
    not_done: set[MessageKey] = set()
    for inverse in inverses:
        told = inverse.state in (EntryState.CLAIMED, EntryState.SETTLED)
        (done if told else not_done).update(inverse.operation.keys)
    return frozenset(not_done - done)


def _taken_back(entry: Entry, inverses: Sequence[Entry]) -> Entry:
    """The entry with no other messages than those for which it is undone."""
    if entry.state not in (EntryState.CLAIMED, EntryState.SETTLED):
        return entry
    alike = [each for each in inverses if takes_back(each.operation, entry.operation)]
    keys = frozenset().union(*(each.operation.keys for each in alike))
    return replace(entry, operation=narrowed(entry.operation, keys))


class Undoing:
    """Works on whole commands, each in one transaction."""

    def __init__(
        self, journal: JournalFile, entries: Entries, recorder: Recorder, waiting: Waiting
    ) -> None:
        self._journal = journal
        self._entries = entries
        self._recorder = recorder
        self._waiting = waiting

    def newest_undoable(self) -> tuple[datetime, int] | None:
        return self._newest(_UNDOABLE)

    def newest_redoable(self) -> tuple[datetime, int] | None:
        return self._newest(_REDOABLE)

    def _newest(self, sql: str) -> tuple[datetime, int] | None:
        row = self._journal.row(sql)
        return None if row is None else (from_micros(row[1]), row[0])

    def undo(self) -> list[Entry]:
        with self._journal.writing():
            newest = self.newest_undoable()
            if newest is None:
                return []
            return self._take_back(newest[1], max(self._entries.now(), self._last_undone() + 1))

    def undo_parts(self, act: datetime) -> list[Entry]:
        """Take back what belongs to the command that was recorded at `act`, now undone."""
        with self._journal.writing():
            at = max(self._entries.now(), self._last_undone())
            parts = self._journal.rows(_PARTS, (to_micros(act),))
            return [entry for (part,) in parts for entry in self._take_back(part, at)]

    def _take_back(self, command: int, at: int) -> list[Entry]:
        entries = self._entries.of_command(command)
        self._journal.run("UPDATE command SET undone = ? WHERE id = ?", (at, command))
        self._withdraw(
            entry.id for entry in entries if entry.state in (EntryState.RECORDED, EntryState.PARKED)
        )
        inverses = [
            Draft(inverse)
            for entry in reversed(entries)
            if entry.state in (EntryState.CLAIMED, EntryState.SETTLED)
            for inverse in self._inverses(entry)
        ]
        recorded = self._recorder.record(
            inverses, Circumstances(undoes=command, exactly=True, remembering=True)
        )
        return [_taken_back(entry, recorded) for entry in self._entries.of_command(command)]

    def _last_undone(self) -> int:
        last: int = self._journal.value("SELECT coalesce(max(undone), 0) FROM main.command")
        return last

    def _withdraw(self, ids: Iterable[int]) -> None:
        ids = list(ids)
        self._entries.set_state(ids, EntryState.WITHDRAWN)
        pending.refresh(self._journal, ids)

    def _inverses(self, entry: Entry) -> list[Operation]:
        """What takes back what the entry did; nothing can for a deletion for good."""
        there = self._standing_keys(entry)
        match entry.operation:
            case StoreFlags(mailbox=mailbox):
                return self._flags_back(entry.id, mailbox)
            case Move(mailbox=origin, target=target):
                return [Move(target, there, origin)]
            case Copy(target=target):
                return [Expunge(target, there)]
            case Append(mailbox=mailbox):
                return [Expunge(mailbox, there)]
            case Expunge():
                return []

    def _standing_keys(self, entry: Entry) -> frozenset[MessageKey]:
        rows = self._journal.rows(
            "SELECT key FROM main.effect WHERE entry = ? AND gone = 0", (entry.id,)
        )
        return frozenset(MessageKey(key) for (key,) in rows)

    def _flags_back(self, entry_id: int, mailbox: MailboxName) -> list[Operation]:
        rows = self._journal.rows(
            "SELECT key, added, removed, added_words, removed_words FROM main.effect"
            " WHERE entry = ? AND gone = 0",
            (entry_id,),
        )
        alike: defaultdict[tuple[int, int, str, str], set[MessageKey]] = defaultdict(set)
        for key, *changed in rows:
            alike[tuple(changed)].add(MessageKey(key))
        return [
            StoreFlags(
                mailbox,
                frozenset(keys),
                add=flags_of(removed, removed_words),
                remove=flags_of(added, added_words),
            )
            for (added, removed, added_words, removed_words), keys in alike.items()
        ]

    def redo(self) -> list[Entry]:
        with self._journal.writing():
            newest = self.newest_redoable()
            if newest is None:
                return []
            return self._do_again(newest[1], None)

    def redo_parts(self, undone: datetime) -> list[Entry]:
        """Do again what belongs to the command that was undone then, and is redone now."""
        with self._journal.writing():
            parts = self._journal.rows(_PARTS_UNDONE, (to_micros(undone),))
            return [
                entry for (part,) in parts for entry in self._do_again(part, self._entries.now())
            ]

    def _do_again(self, command: int, part_of: int | None) -> list[Entry]:
        self._journal.run("UPDATE command SET redone = 1 WHERE id = ?", (command,))
        standing = self._restore_standing(command)
        entries = [each for each in self._entries.of_command(command) if each.id not in standing]
        drafts = [(entry, draft) for entry in entries for draft in self._again(entry)]
        for entry, draft in drafts:
            self._rename_redoable(entry.operation, draft.operation)
        how = Circumstances(
            undoes=None if part_of is None else 0,
            redoes=command,
            exactly=True,
            remembering=True,
            part_of=part_of,
        )
        made = self._recorder.record([draft for _, draft in drafts], how)
        if not standing:
            return made
        return self._adopt(standing, made) if made else self._let_stand(command, standing, entries)

    def _restore_standing(self, command: int) -> set[int]:
        """The entries whose effect stands, since what was to take it back was never carried out.

        That is given up: to do it once more would make a second copy.
        """
        inverses = self._entries.select("c.undoes = ? ORDER BY e.id", (command,))
        standing = set()
        for entry in self._entries.of_command(command):
            if entry.state not in (EntryState.CLAIMED, EntryState.SETTLED):
                continue
            own = [each for each in inverses if takes_back(each.operation, entry.operation)]
            there = self._standing_keys(entry)
            keys = there & never_carried_out(own)
            # What is under way is not parted.
            if keys and (keys == there or entry.state is EntryState.SETTLED):
                standing.add(self._entries.part(entry, keys))
                self._give_up(own, keys)
        return standing

    def _give_up(self, inverses: Iterable[Entry], keys: frozenset[MessageKey]) -> None:
        for inverse in inverses:
            own = inverse.operation.keys & keys
            if own and inverse.state in (EntryState.RECORDED, EntryState.PARKED):
                self._withdraw([self._entries.part(inverse, own)])

    def _adopt(self, standing: set[int], made: list[Entry]) -> list[Entry]:
        """What stands of a command belongs to the one that does the rest again."""
        command = made[0].group
        self._journal.run_many(
            "UPDATE entry SET command = ? WHERE id = ?", [(command, entry) for entry in standing]
        )
        return self._entries.of_command(command)

    def _let_stand(self, command: int, standing: set[int], others: Iterable[Entry]) -> list[Entry]:
        """The command is what stands of it: the rest was taken back and is not done again."""
        self._withdraw(entry.id for entry in others if entry.state is EntryState.SETTLED)
        self._journal.run("UPDATE command SET redone = 0, undone = NULL WHERE id = ?", (command,))
        return [entry for entry in self._entries.of_command(command) if entry.id in standing]

    def _rename_redoable(self, before: Operation, again: Operation) -> None:
        """A message that is made again has a new key: what is redone after means that one."""
        match before, again:
            case Copy(copies=old), Copy(copies=new):
                pairs = list(zip(old, new, strict=True))
            case Append(key=old_key), Append(key=new_key):
                pairs = [(old_key, new_key)]
            case _:
                return
        # The old one may be deleted since, the new one is not.
        for column, named in (("key", "key = ?2, gone = 0"), ("source", "source = ?2")):
            self._journal.run_many(
                f"UPDATE effect SET {named} WHERE {column} = ?1 AND entry IN"
                " (SELECT e.id FROM entry e JOIN command c ON c.id = e.command"
                "  WHERE c.undone IS NOT NULL AND c.redone = 0)",
                pairs,
            )

    def _again(self, entry: Entry) -> list[Draft]:
        """The same once more; a deletion for good waits as long again."""
        wait = entry.not_before - entry.recorded if entry.not_before else None
        not_before = self._entries.moment() + wait if wait else None
        there = self._standing_keys(entry)
        match entry.operation:
            case Copy(mailbox=mailbox, sources=sources, target=target):
                copies = tuple(map(MessageKey, self._recorder.allot_keys(len(sources))))
                return [Draft(Copy(mailbox, sources, copies, target), not_before)]
            case Append() as append:
                content = self._entries.content(entry.id)
                key = MessageKey(self._recorder.allot_keys(1)[0])
                again = replace(append, key=key)
                return [] if content is None else [Draft(again, not_before, content)]
            case StoreFlags() | Move() | Expunge() as operation:
                return [Draft(replace(operation, keys=there), not_before, repeats=entry.id)]

    def retry(self, entry_id: int) -> bool:
        with self._journal.writing():
            entry = self._entries.one(entry_id)
            if entry is None or entry.state is not EntryState.PARKED:
                return self._waiting.hasten(entry_id)
            dependants = self._entries.select(
                "e.parked_with = ? AND e.state = 'parked' ORDER BY e.id", (entry_id,)
            )
            drafts = [
                Draft(
                    parked.operation,
                    content=self._entries.content(parked.id),
                    repeats=parked.id,
                )
                for parked in (entry, *dependants)
            ]
            self._withdraw(parked.id for parked in (entry, *dependants))
            self._recorder.record(drafts, Circumstances(undoes=entry.undoes, remembering=True))
            return True

    def drop(self, entry_id: int) -> bool:
        with self._journal.writing():
            entry = self._entries.one(entry_id)
            if entry is None or entry.state is not EntryState.PARKED:
                return entry is not None and self._waiting.give_up(entry)
            self._withdraw([entry_id])
            return True
