"""What is on a POP3 server and safe here: the only reason to delete anything there."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tuimail.model.uid import uid_of
from tuimail.store.database import Row
from tuimail.store.journal_file import JournalFile
from tuimail.store.values import from_micros, to_micros

REMEMBERED = timedelta(days=30)
_MICROSECOND = timedelta(microseconds=1)

# No UIDL has a blank (RFC 1939 7).
_COPIED = "copied "

_COLUMNS = (
    "uidl, sha256, name, size, first_seen, absent, deleted, kept, here, removed,"
    " core, head, unsteady, seen_at"
)
_PLACES = ", ".join("?" * 15)
_INTO = f"main.maildrop ({_COLUMNS}, uid) VALUES ({_PLACES})"


@dataclass(frozen=True, slots=True)
class Drop:
    """One message of the server that is stored here as the file `name`.

    Unless it is `here`, `name` is a placeholder's and there is no `sha256`. `absent` is since
    when the server does not list it, `deleted` when it said that our deletion is done; `kept`
    ones are never deleted there. `removed` is when the user deleted it here for good.

    `core` and `head` are hashes of all and of its header without what mbox servers note there,
    `unsteady` counts how often its size or its notes were others than before, and `seen_at` is
    how much time the visits had seen pass when they saw it first (see engine/aging.py).
    """

    uidl: str
    sha256: bytes
    name: str
    size: int
    first_seen: datetime
    absent: datetime | None = None
    deleted: datetime | None = None
    kept: bool = False
    here: bool = True
    removed: datetime | None = None
    core: bytes = b""
    head: bytes = b""
    unsteady: int = 0
    seen_at: timedelta | None = None

    @property
    def on_server(self) -> bool:
        """As far as the last visit knows."""
        return self.absent is None and self.deleted is None


def copied(number: int, sha256: bytes, name: str, size: int, now: datetime) -> Drop:
    """A message that came here by another way: its UIDL is not known, only its content."""
    return Drop(f"{_COPIED}{number}", sha256, name, size, now)


def is_copied(drop: Drop) -> bool:
    return drop.uidl.startswith(_COPIED)


class MaildropRecord:
    """The engine writes what it stored; a user may say what is to stay."""

    def __init__(self, journal: JournalFile) -> None:
        self._journal = journal

    def drops(self) -> list[Drop]:
        """All that is remembered, in order of first sight."""
        rows = self._journal.rows(f"SELECT {_COLUMNS} FROM main.maildrop ORDER BY first_seen, uidl")
        return [_drop(row) for row in rows]

    def listed(self, uidls: Collection[str], now: datetime) -> None:
        """The server listed just these: note what is absent, forget what long has been."""
        there = json.dumps(list(uidls))
        with self._journal.writing():
            self._journal.run(
                "UPDATE main.maildrop SET absent = coalesce(deleted, ?) WHERE absent IS NULL"
                " AND uidl NOT IN (SELECT value FROM json_each(?))",
                (to_micros(now), there),
            )
            self._journal.run(
                "DELETE FROM main.maildrop WHERE absent < ?", (to_micros(now - REMEMBERED),)
            )

    def store(self, drops: Sequence[Drop], renamed: Collection[str]) -> None:
        """These are durably here: after this they may be deleted there.

        `renamed` are names by which the server called some of them before.
        """
        with self._journal.writing():
            self._journal.run_many(
                "DELETE FROM main.maildrop WHERE uidl = ?", [(old,) for old in renamed]
            )
            self._journal.run_many(
                f"INSERT OR REPLACE INTO {_INTO}", [_row(drop) for drop in drops]
            )

    def begin_anew(self, drops: Sequence[Drop]) -> None:
        """Forget the server, but for what it is to keep; these of its messages are here."""
        kept = {drop.sha256 for drop in self.drops() if drop.kept}
        rows = [_row(replace(drop, kept=drop.sha256 in kept)) for drop in drops]
        with self._journal.writing():
            self._journal.run("DELETE FROM main.maildrop")
            self._journal.run_many(f"INSERT INTO {_INTO}", rows)
            self._journal.run("DELETE FROM main.maildrop_trouble")

    def deleted(self, uidls: Collection[str], now: datetime) -> None:
        """QUIT said that these are gone."""
        self._journal.run(
            "UPDATE main.maildrop SET deleted = ? WHERE uidl IN (SELECT value FROM json_each(?))",
            (to_micros(now), json.dumps(list(uidls))),
        )

    def of_messages(self, uids: Iterable[int]) -> list[Drop]:
        """What the server has of the messages that have these UIDs here."""
        self._number()
        rows = self._journal.rows(
            f"SELECT {_COLUMNS} FROM main.maildrop WHERE absent IS NULL AND deleted IS NULL"
            " AND uid IN (SELECT value FROM json_each(?)) ORDER BY first_seen, uidl",
            (json.dumps(list(set(uids))),),
        )
        return [_drop(row) for row in rows]

    def _number(self) -> None:
        """An older version has noted no UIDs."""
        if self._journal.value("SELECT 1 FROM main.maildrop WHERE uid IS NULL LIMIT 1") is None:
            return
        with self._journal.writing():
            rows = self._journal.rows("SELECT name, uidl FROM main.maildrop WHERE uid IS NULL")
            self._journal.run_many(
                "UPDATE main.maildrop SET uid = ? WHERE uidl = ?",
                [(uid_of(name), uidl) for name, uidl in rows],
            )

    def said(self) -> dict[str, tuple[bool, datetime | None]]:
        """What the user wants to stay, and what was deleted here: `kept` and `removed` by UIDL."""
        rows = self._journal.rows(
            "SELECT uidl, kept, removed FROM main.maildrop WHERE kept OR removed IS NOT NULL"
        )
        return {
            uidl: (bool(kept), None if removed is None else from_micros(removed))
            for uidl, kept, removed in rows
        }

    def removed(self, uidls: Collection[str], when: datetime | None) -> None:
        """The user deleted these here for good, or (None) they are here all the same."""
        self._journal.run(
            "UPDATE main.maildrop SET removed = ? WHERE uidl IN (SELECT value FROM json_each(?))",
            (None if when is None else to_micros(when), json.dumps(list(uidls))),
        )

    def keep(self, uidls: Collection[str], *, kept: bool) -> None:
        self._journal.run(
            "UPDATE main.maildrop SET kept = ? WHERE uidl IN (SELECT value FROM json_each(?))",
            (int(kept), json.dumps(list(uidls))),
        )


def _drop(row: Row) -> Drop:
    uidl, digest, name, size, first_seen, absent, deleted, kept, here, removed = row[:10]
    core, head, unsteady, seen_at = row[10:]
    return Drop(
        uidl,
        digest,
        name,
        size,
        from_micros(first_seen),
        None if absent is None else from_micros(absent),
        None if deleted is None else from_micros(deleted),
        bool(kept),
        bool(here),
        None if removed is None else from_micros(removed),
        core,
        head,
        unsteady,
        None if seen_at is None else timedelta(microseconds=seen_at),
    )


def _row(drop: Drop) -> tuple[object, ...]:
    return (
        drop.uidl,
        drop.sha256,
        drop.name,
        drop.size,
        to_micros(drop.first_seen),
        None if drop.absent is None else to_micros(drop.absent),
        None if drop.deleted is None else to_micros(drop.deleted),
        int(drop.kept),
        int(drop.here),
        None if drop.removed is None else to_micros(drop.removed),
        drop.core,
        drop.head,
        drop.unsteady,
        None if drop.seen_at is None else drop.seen_at // _MICROSECOND,
        uid_of(drop.name),
    )
