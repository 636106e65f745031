"""The index's mailboxes: the server's list, and how far each was pulled."""

import json
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tuimail.model.mail import MailboxName, MessageKey, Role
from tuimail.model.sync import Bookmark, ServerMailbox
from tuimail.store import fulltext
from tuimail.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class Pulled:
    """A mailbox's row: `next_uid` is None until a first pull is finished.

    `stamp` is the journal's when the pull began, negative while there is none.
    """

    id: int
    validity: int | None
    next_uid: int | None
    stamp: int


def row_of(index: Database, mailbox: MailboxName) -> Pulled:
    """The mailbox's row, made when missing."""
    index.run("INSERT OR IGNORE INTO mailbox (name) VALUES (?)", (mailbox,))
    row = index.rows(
        "SELECT id, validity, next_uid, stamp FROM mailbox WHERE name = ?", (mailbox,)
    )[0]
    return Pulled(*row)


def begin(index: Database, mailbox: MailboxName, validity: int) -> Pulled:
    """The row, with the UIDVALIDITY under which its messages come."""
    index.run("UPDATE mailbox SET validity = ? WHERE name = ?", (validity, mailbox))
    return row_of(index, mailbox)


def bookmark(index: Database, mailbox: MailboxName) -> Bookmark | None:
    row = index.row(
        "SELECT validity, next_uid, modseq, pulled_total, pulled_unseen FROM mailbox"
        " WHERE name = ? AND next_uid IS NOT NULL",
        (mailbox,),
    )
    return None if row is None else Bookmark(*row)


def known(index: Database, mailbox: MailboxName) -> "array[int]":
    return index.numbers(
        "SELECT m.uid FROM mailbox b JOIN message m ON m.mailbox = b.id"
        " AND m.validity = b.validity AND m.uid IS NOT NULL WHERE b.name = ? ORDER BY m.uid",
        (mailbox,),
    )


def keep_bookmark(index: Database, mailbox: MailboxName, reached: Bookmark) -> None:
    index.run(
        "UPDATE mailbox SET validity = ?, next_uid = ?, modseq = ?, pulled_total = ?,"
        " pulled_unseen = ?, on_server = ?, stamp = -1 WHERE name = ?",
        (
            reached.validity,
            reached.next_uid,
            reached.modseq,
            reached.total,
            reached.unseen,
            reached.total,
            mailbox,
        ),
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """What a new list of mailboxes changed; `removed` are the messages that went."""

    changed: frozenset[MailboxName]
    gone: frozenset[MailboxName]
    removed: list[MessageKey]


_LISTED = "name, role, delimiter, selectable, subscribed, on_server"


def merge_list(index: Database, listed: Sequence[ServerMailbox]) -> Listing:
    """Take over the server's list; a mailbox that is not in it goes with its messages."""
    before = {row[0]: row for row in index.rows(f"SELECT {_LISTED} FROM mailbox")}
    now = {mailbox.name: _listed(mailbox, before) for mailbox in listed}
    gone = frozenset(MailboxName(name) for name in before.keys() - now.keys())
    removed = _remove_mailboxes(index, gone)
    index.run_many(
        f"INSERT INTO mailbox ({_LISTED}) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET role = excluded.role,"
        " delimiter = excluded.delimiter, selectable = excluded.selectable,"
        " subscribed = excluded.subscribed, on_server = excluded.on_server",
        now.values(),
    )
    for prefix in {mailbox.prefix for mailbox in listed} - {None}:
        index.run("INSERT OR REPLACE INTO fact VALUES ('prefix', ?)", (prefix,))
    changed = frozenset(name for name, row in now.items() if before.get(name) != row)
    return Listing(changed, gone, removed)


def listed_before(index: Database) -> list[ServerMailbox]:
    """What an earlier list told, without where it stood; rows of ours alone are left out."""
    rows = index.rows(
        "SELECT name, role, delimiter, selectable, subscribed FROM mailbox"
        " WHERE on_server IS NOT NULL OR next_uid IS NOT NULL"
    )
    return [
        ServerMailbox(MailboxName(name), Role(role), delimiter, bool(selectable), bool(subscribed))
        for name, role, delimiter, selectable, subscribed in rows
    ]


def _listed(mailbox: ServerMailbox, before: dict[str, Row]) -> Row:
    on_server = mailbox.status.total if mailbox.status else None
    if on_server is None and mailbox.name in before:
        on_server = before[mailbox.name][-1]
    return (
        mailbox.name,
        mailbox.role.value,
        mailbox.delimiter,
        int(mailbox.selectable),
        int(mailbox.subscribed),
        on_server,
    )


def _remove_mailboxes(index: Database, names: Collection[MailboxName]) -> list[MessageKey]:
    removed: list[MessageKey] = []
    for name in names:
        number = row_of(index, name).id
        rows = index.rows("SELECT key FROM message WHERE mailbox IN (?, ?)", (number, -number))
        removed += [MessageKey(key) for (key,) in rows]
        remove_messages(index, [MessageKey(key) for (key,) in rows])
        index.run("DELETE FROM mailbox WHERE id = ?", (number,))
    return removed


def remove_messages(index: Database, keys: Collection[MessageKey]) -> None:
    """Take messages out of the index, with what can be searched of them."""
    if not keys:
        return
    fulltext.remove(index, keys)
    wanted = (json.dumps(list(keys)),)
    for table in ("letter", "message"):
        index.run(
            f"DELETE FROM {table} WHERE key IN (SELECT value FROM json_each(?))",
            wanted,
        )
