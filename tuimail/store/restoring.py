"""A journal in the place of one that was lost: from the newest copy, or from what lies around.

Nothing leaves by itself afterwards. What the copy takes for unfinished may have been done
since: a letter becomes `unknown`, an operation is parked. The old file stays beside the new one.
"""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tuimail.model.mail import AccountName, first_key
from tuimail.model.outbox import Posting
from tuimail.model.safe_text import SafeText
from tuimail.store.database import Damaged, Database, migrate
from tuimail.store.files import private_file, private_folder, remove_companions
from tuimail.store.journal_file import JournalFile
from tuimail.store.lost import BACKUPS, JournalBroken, copies_in
from tuimail.store.spool import Spool
from tuimail.store.values import AccountFolders, StoreError, to_micros

# So many numbers may have been given out since the copy was made, each kind of them.
_KEYS_SINCE = 1_000_000
_ENTRIES_SINCE = 10_000

_WITHOUT_COPY = "found without the journal: whether it left is not known, nor whom Bcc named"
_OPEN_LETTERS = "('queued', 'sending', 'data-sent')"
_OPEN_ENTRIES = "('recorded', 'claimed')"

# Reads whom a letter goes to; None if it cannot be told.
ReadLetter = Callable[[bytes], Posting | None]


@dataclass(frozen=True, slots=True)
class Restored:
    """`copy` is what the new journal was made from, None if there was no good one.

    `kept` is where the old file is now; `letters` are unknown and `parked` entries parked.
    """

    copy: Path | None
    kept: Path | None
    letters: int
    parked: int


@dataclass(frozen=True, slots=True)
class _Index:
    """What the index has seen of the journal; `key` is None where there is no index."""

    key: int | None = None
    stamp: int = 0
    entry: int = 0


def what_is_broken(folders: AccountFolders) -> str | None:
    """What is wrong with the journal if a restoration can help; raises any other StoreError."""
    try:
        JournalFile(folders.data, folders.cache / "index.db", writer=True).close()
    except JournalBroken as broken:
        return str(broken)
    return None


def restore(
    account: AccountName, folders: AccountFolders, read_letter: ReadLetter, now: datetime
) -> Restored:
    """Put a journal in the place of a broken one; no engine may run meanwhile."""
    private_folder(folders.data)
    new = folders.data / "journal.new"
    copy = _copied(folders.data / BACKUPS, new)
    if copy is None:
        _begin(new)
    with closing(Database(new)) as journal, journal.writing():
        floor = _floor(journal, account, _seen(folders.cache / "index.db"))
        reason = _WITHOUT_COPY if copy is None else f"from a copy of {_date(copy)}"
        parked = _park_all(journal, reason, to_micros(now))
        letters = _doubt_all(journal, reason, to_micros(now))
        letters += _add_letters(journal, folders.data / "outgoing", read_letter, to_micros(now))
        _raise_counters(journal, floor)
    _sync(new)
    kept = _move_aside(folders.data / "journal.db")
    remove_companions(new)
    new.replace(folders.data / "journal.db")
    _sync(folders.data)
    return Restored(copy, kept, letters, parked)


def _date(copy: Path) -> str:
    return copy.stem.removeprefix("journal-")


def _copied(backups: Path, new: Path) -> Path | None:
    """Fill `new` from the newest copy that is in order; the copy itself is not opened."""
    for copy in copies_in(backups):
        _clear(new)
        try:
            private_file(new)
            shutil.copyfile(copy, new)
            _require_order(new)
        except (OSError, Damaged, JournalBroken):
            continue
        return copy
    return None


def _require_order(new: Path) -> None:
    """Raises Damaged; and StoreError if it is of a newer tuimail."""
    with closing(Database(new)) as journal:
        if not journal.value("PRAGMA user_version"):
            raise Damaged(f"{new} is empty")
        if journal.row("SELECT 1 FROM sqlite_schema WHERE name = 'counter'") is None:
            raise Damaged(f"{new} is no journal")
        if faults := journal.faults():
            raise Damaged(faults[0])
        migrate(journal, "journal", may_upgrade=True)


def _begin(new: Path) -> None:
    _clear(new)
    private_file(new)
    with closing(Database(new)) as journal:
        journal.run("PRAGMA journal_mode = WAL")
        migrate(journal, "journal", may_upgrade=True)


def _clear(new: Path) -> None:
    new.unlink(missing_ok=True)
    remove_companions(new)


def _seen(index: Path) -> _Index:
    if not index.is_file() or not index.stat().st_size:
        return _Index()
    try:
        with closing(Database(index, read_only=True)) as database:
            key = database.value("SELECT max(key) FROM message")
            stamp = database.value("SELECT max(stamp) FROM mailbox")
            notes = database.rows("SELECT entries FROM outcome")
    except StoreError:
        return _Index()
    entries = [entry for (noted,) in notes for entry in json.loads(noted)]
    return _Index(key, stamp or 0, max(entries, default=0))


def _floor(journal: Database, account: AccountName, seen: _Index) -> _Index:
    """What numbers may have been given out, one of each kind."""
    own = journal.value(
        "SELECT max(value) FROM (SELECT value FROM counter WHERE name = 'key'"
        " UNION ALL SELECT key FROM effect UNION ALL SELECT source FROM effect"
        " UNION ALL SELECT key FROM pending UNION ALL SELECT key FROM place"
        " UNION ALL SELECT key FROM alias)"
    )
    key = max(own or 0, first_key(account))
    key = key + _KEYS_SINCE if seen.key is None else max(key, seen.key)
    stamp = journal.value("SELECT value FROM counter WHERE name = 'stamp'")
    return _Index(key, max(stamp or 0, seen.stamp), seen.entry)


def _park_all(journal: Database, reason: str, now: int) -> int:
    """What was not settled shows no more; what was undone already is not offered again."""
    journal.run(
        "UPDATE entry SET state = 'withdrawn', changed = ?, reason = ? WHERE state IN"
        f" {_OPEN_ENTRIES} AND command IN (SELECT id FROM command WHERE undone IS NOT NULL)",
        (now, reason),
    )
    parked = journal.run(
        "UPDATE entry SET state = 'parked', changed = ?, reason = ?"
        f" WHERE state IN {_OPEN_ENTRIES}",
        (now, reason),
    )
    journal.run("DELETE FROM pending")
    return parked


def _doubt_all(journal: Database, reason: str, now: int) -> int:
    return journal.run(
        "UPDATE outbox SET state = 'unknown', changed = ?, reason = ?"
        f" WHERE state IN {_OPEN_LETTERS}",
        (now, f"{reason}: it may have left since"),
    )


def _add_letters(journal: Database, folder: Path, read_letter: ReadLetter, now: int) -> int:
    """Those that no row names were queued after the copy was made."""
    named = {file for (file,) in journal.rows("SELECT file FROM outbox")}
    count = 0
    spool = Spool(folder)
    for name in spool.names():
        if name in named:
            continue
        content = spool.read(name)
        posting = read_letter(content) or Posting("", (), "", SafeText(""), content)
        journal.run(
            "INSERT INTO outbox (state, queued, changed, not_before, sender, recipients,"
            " message_id, subject, size, file, reason) VALUES ('unknown', ?, ?, ?, ?, ?, ?, ?, ?,"
            " ?, ?)",
            (
                *(now, now, now, posting.sender, json.dumps(posting.recipients)),
                *(posting.message_id, posting.subject, len(content), name, _WITHOUT_COPY),
            ),
        )
        count += 1
    return count


def _raise_counters(journal: Database, floor: _Index) -> None:
    for name, value in (("key", floor.key), ("stamp", floor.stamp)):
        journal.run("INSERT OR REPLACE INTO counter VALUES (?, ?)", (name, value))
    for table in ("entry", "command", "outbox"):
        least = floor.entry if table == "entry" else 0
        used = journal.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0
        journal.run("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        journal.run(
            "INSERT INTO sqlite_sequence VALUES (?, ?)", (table, max(used, least) + _ENTRIES_SINCE)
        )


def _move_aside(path: Path) -> Path | None:
    """Keep the old file and its log under a name that nothing has; None if there is none."""
    kept = _free_name(path)
    found = None
    # The file before its log: without the log it would seem to be whole.
    for suffix in ("", "-wal", "-shm", "-journal"):
        old = path.with_name(path.name + suffix)
        if os.path.lexists(old):
            old.rename(kept.with_name(kept.name + suffix))
            found = kept
    return found


def _free_name(path: Path) -> Path:
    number = 1
    while True:
        name = path.with_name(f"{path.name}.damaged{'' if number == 1 else f'-{number}'}")
        if not any(name.parent.glob(f"{name.name}*")):
            return name
        number += 1


def _sync(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
