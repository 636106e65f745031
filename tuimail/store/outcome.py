"""The index's side of a settled operation; doing it twice changes nothing."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import groupby

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Entry, Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import NOWHERE, ServerId, numbered_anew
from tuimail.store import fulltext, troubles
from tuimail.store.adoption import Identity
from tuimail.store.codec import envelope_from_text, strings_from_text
from tuimail.store.database import Database
from tuimail.store.delivery import in_index
from tuimail.store.flags import DELETED_BIT, bits_of, words_of
from tuimail.store.mailboxes import Pulled, remove_messages, row_of
from tuimail.store.names import copy_name, public_name

Ids = Mapping[MessageKey, ServerId | None]


def settled(
    index: Database,
    entries: Iterable[Entry],
    ids: Ids,
    checkpoints: Mapping[int, ServerId],
    looks: Mapping[MessageKey, Identity],
) -> "Outcome":
    """What the server did with these entries, written; those alike are written as one."""
    total = Outcome(index, NOWHERE, looks)
    for (since, _), alike in groupby(entries, lambda entry: _kind(entry, checkpoints)):
        run = list(alike)
        own = {key: ids[key] for entry in run for key in entry.operation.keys if key in ids}
        outcome = Outcome(index, since, looks)
        outcome.write(run[0].operation, own)
        total.merged |= outcome.merged
        total.removed += outcome.removed
        total.copied += outcome.copied
    return total


def _kind(entry: Entry, checkpoints: Mapping[int, ServerId]) -> tuple[ServerId, object]:
    """What is equal of entries that one outcome can be written for."""
    since = checkpoints.get(entry.id, NOWHERE)
    match entry.operation:
        case StoreFlags(mailbox=mailbox, add=add, remove=remove):
            return since, (StoreFlags, mailbox, add, remove)
        case Move(mailbox=mailbox, target=target):
            return since, (Move, mailbox, target)
        case Expunge(mailbox=mailbox):
            return since, (Expunge, mailbox)
        case _:
            return since, entry.id


class Outcome:
    """Writes what the server did, inside a transaction of the caller.

    `merged` maps messages to the keys under which a pull had stored them before, `removed`
    are the messages whose rows went, `copied` those whose content another one shares.
    `since` is the target's first id that can be of the operation, `looks` what those of its
    messages look like whose new UID is not told.
    """

    def __init__(
        self, index: Database, since: ServerId, looks: Mapping[MessageKey, Identity]
    ) -> None:
        self._index = index
        self._since = since
        self._looks = looks
        self.merged: dict[MessageKey, MessageKey] = {}
        self.removed: list[MessageKey] = []
        self.copied: list[tuple[MessageKey, MessageKey]] = []

    def write(self, operation: Operation, ids: Ids) -> None:
        match operation:
            case StoreFlags():
                self._store_flags(operation, ids)
            case Move(target=target):
                self._move(target, ids)
            case Copy(sources=sources, copies=copies, target=target):
                self._copy(target, dict(zip(copies, sources, strict=True)), ids)
            case Expunge():
                self._remove(ids)
            case Append(mailbox=mailbox):
                self.merged = self._stored_before(mailbox, ids)

    def _store_flags(self, operation: StoreFlags, ids: Iterable[MessageKey]) -> None:
        removed = operation.remove - operation.add
        words, words_removed = words_of(operation.add), words_of(removed)
        wanted = json.dumps(list(ids))
        self._index.run(
            "UPDATE message SET flags = (flags & ~?) | ?"
            " WHERE key IN (SELECT value FROM json_each(?))",
            (bits_of(removed), bits_of(operation.add), wanted),
        )
        if words or words_removed:
            self._index.run(
                "UPDATE message SET words = words_overlaid(words, ?, ?)"
                " WHERE key IN (SELECT value FROM json_each(?))",
                (words, words_removed, wanted),
            )

    def _move(self, target: MailboxName, ids: Ids) -> None:
        row = row_of(self._index, target)
        self.merged = self._stored_before(target, ids) | self._recognised(row, ids)
        self._remove(self.merged)
        told = {key: found for key, found in ids.items() if found and key not in self.merged}
        self._index.run_many(
            "UPDATE message SET mailbox = ?, validity = ?, uid = ?, name = ?, guessed = 0,"
            f" flags = flags & ~{DELETED_BIT} WHERE key = ?",
            [
                (row.id, to.validity, to.uid, public_name(target, to.validity, to.uid), key)
                for key, to in told.items()
            ],
        )
        # A repetition must not forget a UID that a pull has found meanwhile.
        self._index.run_many(
            "UPDATE message SET mailbox = ?1, validity = 0, uid = NULL, guessed = 0,"
            f" flags = flags & ~{DELETED_BIT} WHERE key = ?2 AND mailbox <> ?1",
            [(row.id, key) for key, found in ids.items() if found is None],
        )

    def _recognised(self, target: Pulled, ids: Ids) -> dict[MessageKey, MessageKey]:
        """Moved messages, UID not told, that a pull has stored already after a crash.

        One of several that look the same is not recognised.
        """
        recognised: dict[MessageKey, MessageKey] = {}
        if not self._since.uid or numbered_anew(self._since.validity, target.validity or 0):
            return recognised
        for key in ids:
            looks = self._looks.get(key)
            if looks is None:
                continue
            rows = self._index.rows(
                "SELECT key FROM message WHERE identity = ? AND mailbox = ? AND size = ?"
                f" AND validity = ? AND uid >= ? AND flags & {DELETED_BIT} = 0",
                (looks.hash, target.id, looks.size, target.validity, self._since.uid),
            )
            if len(rows) == 1 and rows[0][0] != key:
                recognised[key] = MessageKey(rows[0][0])
        once = Counter(recognised.values())
        return {key: other for key, other in recognised.items() if once[other] == 1}

    def _stored_before(self, mailbox: MailboxName, ids: Ids) -> dict[MessageKey, MessageKey]:
        """Messages that the index has at their new place already, under another key."""
        by_validity: defaultdict[int, dict[int, MessageKey]] = defaultdict(dict)
        for key, found in ids.items():
            if found is not None:
                by_validity[found.validity][found.uid] = key
        number = row_of(self._index, mailbox).id
        stored: dict[MessageKey, MessageKey] = {}
        for validity, keys in by_validity.items():
            rows = self._index.rows(
                "SELECT m.uid, m.key FROM json_each(?) c CROSS JOIN message m"
                " ON m.mailbox = ? AND m.validity = ? AND m.uid = c.value",
                (json.dumps(list(keys)), number, validity),
            )
            stored |= {keys[uid]: MessageKey(key) for uid, key in rows if keys[uid] != key}
        return stored

    def _remove(self, keys: Iterable[MessageKey]) -> None:
        self.removed = list(keys)
        remove_messages(self._index, self.removed)

    def _copy(
        self, target: MailboxName, sources: Mapping[MessageKey, MessageKey], ids: Ids
    ) -> None:
        row = row_of(self._index, target)
        self.merged = self._stored_before(target, ids)
        there = in_index(self._index, sources)
        for copy, found in ids.items():
            if copy in there or copy in self.merged or copy not in sources:
                continue
            if found is None:
                place: tuple[object, ...] = (0, None, copy_name(copy))
            else:
                name = public_name(target, found.validity, found.uid)
                place = (found.validity, found.uid, name)
            self._copy_row(copy, sources[copy], (row.id, *place))

    def _copy_row(self, copy: MessageKey, source: MessageKey, place: tuple[object, ...]) -> None:
        letter = self._index.row(
            "SELECT envelope, attachments FROM letter WHERE key = ?", (source,)
        )
        if letter is None:
            return
        self._index.run(
            "INSERT INTO message SELECT ?, ?, ?, ?, ?, flags, words, received, size, identity,"
            " thread, attached, local, 0, local FROM message WHERE key = ?",
            (copy, *place, source),
        )
        self._index.run(
            "INSERT INTO letter SELECT ?, envelope, attachments, snippet, by_subject, by_sender"
            " FROM letter WHERE key = ?",
            (copy, source),
        )
        troubles.follow(self._index, source, copy)
        envelope, attachments = letter
        fulltext.add_headers(
            self._index, [(copy, envelope_from_text(envelope), strings_from_text(attachments))]
        )
        self.copied.append((copy, source))
