"""The index's side of a pull: flags and vanished messages first, a bookmark at the end."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tuimail.model.mail import Flag, MailboxName, MessageKey
from tuimail.model.sync import Changes, ServerId
from tuimail.store import fulltext, troubles
from tuimail.store.adoption import Guess, Identity
from tuimail.store.codec import envelope_from_text, strings_from_text
from tuimail.store.database import Database
from tuimail.store.flags import DELETED_BIT, bits_of, words_of
from tuimail.store.mailboxes import remove_messages, row_of
from tuimail.store.own_flags import NOTHING, OwnFlags


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge changed; `removed` are the messages that went."""

    removed: list[MessageKey]
    flags_changed: int
    known_in_vain: bool = False


def merge(
    index: Database,
    mailbox: MailboxName,
    changes: Changes,
    stamp: int,
    own: Mapping[MessageKey, OwnFlags],
) -> Merged:
    """Take over flags and what vanished; `stamp` says which settled moves came before.

    `own` are the flags that no server keeps.

    `known_in_vain`: the server was asked about UIDs of another UIDVALIDITY, so ask again.
    """
    row = row_of(index, mailbox)
    validity = changes.bookmark.validity
    renumbered = row.validity not in (None, validity)
    if changes.reset or renumbered:
        _set_aside(index, row.id)
    index.run(
        "UPDATE mailbox SET validity = ?, stamp = ?, unreadable = ? WHERE id = ?",
        (validity, stamp, changes.unreadable, row.id),
    )
    if changes.reset or renumbered:
        return Merged([], 0, known_in_vain=not changes.reset)
    if row.validity is None:
        _set_aside_told(index, row.id, validity)
    removed = _keys(index, row.id, validity, changes.vanished)
    remove_messages(index, removed)
    return Merged(removed, _merge_flags(index, row.id, validity, changes.flags, own))


def _set_aside(index: Database, number: int) -> None:
    """The UIDs mean nothing any more: hide the rows until a delivery finds them again.

    Rows of an earlier reset that was never finished stay aside with them.
    """
    index.run(
        "UPDATE message SET mailbox = -?1, uid = NULL, guessed = 0 WHERE mailbox = ?1", (number,)
    )
    index.run(
        "UPDATE mailbox SET next_uid = NULL, modseq = NULL, unreadable = 0 WHERE id = ?", (number,)
    )


def _set_aside_told(index: Database, number: int, validity: int) -> None:
    """The same for rows that the server told of under older UIDs before there was a pull."""
    index.run(
        "UPDATE message SET mailbox = -?1, uid = NULL, guessed = 0"
        " WHERE mailbox = ?1 AND validity <> ?2 AND uid IS NOT NULL",
        (number, validity),
    )


def _keys(index: Database, number: int, validity: int, uids: Iterable[int]) -> list[MessageKey]:
    rows = index.rows(
        "SELECT m.key FROM json_each(?) c CROSS JOIN message m"
        " ON m.mailbox = ? AND m.validity = ? AND m.uid = c.value",
        (json.dumps(list(uids)), number, validity),
    )
    return [MessageKey(key) for (key,) in rows]


def _merge_flags(
    index: Database,
    number: int,
    validity: int,
    flags: Mapping[int, frozenset[Flag]],
    own: Mapping[MessageKey, OwnFlags],
) -> int:
    if not flags:
        return 0
    rows = index.rows(
        "SELECT m.uid, m.key, m.flags, m.words FROM json_each(?) c CROSS JOIN message m"
        " ON m.mailbox = ? AND m.validity = ? AND m.uid = c.value",
        (json.dumps(list(flags)), number, validity),
    )
    changed = [
        (*shown, key)
        for uid, key, bits, words in rows
        for shown in [own.get(key, NOTHING).over(bits_of(flags[uid]), words_of(flags[uid]))]
        if shown != (bits, words)
    ]
    index.run_many("UPDATE message SET flags = ?, words = ? WHERE key = ?", changed)
    return len(changed)


@dataclass(frozen=True, slots=True)
class Guessed:
    """A row that got its key by its looks, and how sure that is."""

    key: MessageKey
    guess: Guess
    looks: Identity

    def may_be(self, other: Identity) -> bool:
        """Whether it could as well be the message that looks like `other`."""
        if Guess.WITHOUT_DATE in self.guess:
            return (self.looks.hash, self.looks.size) == (other.hash, other.size)
        return self.looks == other


def guessed(index: Database, mailbox: MailboxName) -> list[Guessed]:
    rows = index.rows(
        "SELECT m.key, m.guessed, m.identity, m.size, m.received FROM mailbox b"
        " CROSS JOIN message m ON m.mailbox = b.id AND m.guessed WHERE b.name = ?",
        (mailbox,),
    )
    return [
        Guessed(MessageKey(key), Guess(guess), Identity(hashed, size, received // 1_000_000))
        for key, guess, hashed, size, received in rows
    ]


@dataclass(frozen=True, slots=True)
class Rival:
    """A row that a guessed key may as well be of, and its UID if it has one."""

    guessed: MessageKey
    key: MessageKey
    uid: int | None


def rivals(index: Database, mailbox: MailboxName) -> list[Rival]:
    """Rows that look like those with a guessed key: new messages, and known ones not found.

    Without the date, the dates of these do not matter.
    """
    rows = index.rows(
        f"""
        SELECT m.key, t.key, t.uid FROM mailbox b
        CROSS JOIN message m ON m.mailbox = b.id AND m.guessed
        CROSS JOIN message t ON t.identity = m.identity AND abs(t.mailbox) = m.mailbox
          AND t.key <> m.key
          AND t.size = m.size AND t.flags & {DELETED_BIT} = m.flags & {DELETED_BIT}
          AND (t.uid IS NULL OR t.uid >= coalesce(b.next_uid, 0))
          AND (m.guessed & {Guess.WITHOUT_DATE:d}
            OR t.received / 1000000 = m.received / 1000000)
        WHERE b.name = ?
        """,
        (mailbox,),
    )
    return [Rival(MessageKey(key), MessageKey(other), uid) for key, other, uid in rows]


def waiting(index: Database, number: int) -> list[MessageKey]:
    """Rows moved into the mailbox whose UID is still not known."""
    rows = index.rows("SELECT key FROM message WHERE mailbox = ? AND uid IS NULL", (number,))
    return [MessageKey(key) for (key,) in rows]


def unplaced(index: Database) -> frozenset[MailboxName]:
    """The mailboxes of such rows."""
    rows = index.rows(
        "SELECT b.name FROM mailbox b WHERE EXISTS"
        " (SELECT 1 FROM message m WHERE m.mailbox = b.id AND m.uid IS NULL)"
    )
    return frozenset(MailboxName(name) for (name,) in rows)


def confirm(index: Database, number: int) -> dict[MessageKey, ServerId]:
    """What was guessed is sure now; returns it."""
    rows = index.rows(
        "SELECT key, validity, uid FROM message WHERE mailbox = ? AND guessed", (number,)
    )
    index.run("UPDATE message SET guessed = 0 WHERE mailbox = ? AND guessed", (number,))
    return {MessageKey(key): ServerId(validity, uid) for key, validity, uid in rows}


def rename(index: Database, old: MessageKey, new: MessageKey) -> None:
    """Give a row another key; its bytes and text come anew."""
    envelope, attachments = index.rows(
        "SELECT envelope, attachments FROM letter WHERE key = ?", (old,)
    )[0]
    fulltext.remove(index, [old])
    index.run("UPDATE letter SET key = ? WHERE key = ?", (new, old))
    index.run("UPDATE message SET key = ?, body = local WHERE key = ?", (new, old))
    troubles.follow(index, old, new)
    troubles.forget(index, [old])
    letter = (new, envelope_from_text(envelope), strings_from_text(attachments))
    fulltext.add_headers(index, [letter])
