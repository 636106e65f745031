"""New messages into the index, in bulk; a message that we knew keeps its key."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.store import fulltext, threads
from tuimail.store.adoption import Adopted, Adoption, Arrival, Candidate, Guess, Identity
from tuimail.store.codec import (
    envelope_to_text,
    sorting_sender,
    sorting_subject,
    strings_to_text,
)
from tuimail.store.database import Database
from tuimail.store.flags import DELETED_BIT, bits_of, words_of
from tuimail.store.mailboxes import Pulled
from tuimail.store.names import public_name
from tuimail.store.own_flags import NOTHING, OwnFlags

_INSERT = """
  INSERT INTO message (key, mailbox, validity, uid, name, flags, words, received, size,
    identity, thread, attached, guessed, body, local)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
  UPDATE message SET mailbox = ?, validity = ?, uid = ?, name = ?, flags = ?, words = ?,
    received = ?, size = ?, guessed = ?, local = ?, body = max(body, ?) WHERE key = ?
"""


def rows_without_uid(
    index: Database, number: int, arrived: Sequence[Arrival], *, dated: bool
) -> list[Candidate]:
    """Rows of a mailbox (negative: set aside from it) that may be among `arrived`."""
    hashes = json.dumps(list({arrival.identity.hash for arrival in arrived}))
    rows = index.rows(
        "SELECT m.key, m.identity, m.size, m.received, m.flags FROM json_each(?) c"
        " CROSS JOIN message m ON m.identity = c.value"
        " WHERE m.mailbox = ? AND m.uid IS NULL ORDER BY m.key",
        (hashes, number),
    )
    return [
        Candidate(
            MessageKey(key),
            Identity(hashed, size, received // 1_000_000),
            dated,
            deleted=bool(flags & DELETED_BIT),
        )
        for key, hashed, size, received, flags in rows
    ]


def in_index(index: Database, keys: Iterable[MessageKey]) -> set[MessageKey]:
    rows = index.rows(
        "SELECT key FROM message WHERE key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    )
    return {MessageKey(key) for (key,) in rows}


@dataclass(frozen=True, slots=True)
class _New:
    key: MessageKey
    guess: Guess
    arrival: Arrival


class Delivering:
    """Stores arrivals in one mailbox, inside a transaction of the caller."""

    def __init__(
        self,
        index: Database,
        mailbox: MailboxName,
        row: Pulled,
        adoption: Adoption,
        own: Mapping[MessageKey, OwnFlags],
    ) -> None:
        """`own` are the flags that no server keeps."""
        self._index = index
        self._mailbox = mailbox
        self._row = row
        self._adoption = adoption
        self._own = own

    def deliver(self, arrived: Sequence[Arrival], fresh_keys: Iterator[int]) -> list[MessageKey]:
        """The keys of `arrived`, in that order."""
        known = self._known(arrived)
        keys, new = [], []
        for arrival in arrived:
            uid = arrival.delivery.uid
            key = known.get(uid)
            if key is not None:
                if arrival.delivery.missed is None:
                    self._update_flags(key, arrival)
            elif (adopted := self._adoption.choose(arrival)) and adopted.has_row:
                key = adopted.key
                self._place(adopted, arrival)
            else:
                key = adopted.key if adopted else MessageKey(next(fresh_keys))
                new.append(_New(key, adopted.guess if adopted else Guess.NONE, arrival))
            known[uid] = key
            keys.append(key)
        self._insert(new)
        return keys

    def _known(self, arrived: Sequence[Arrival]) -> dict[int, MessageKey]:
        rows = self._index.rows(
            "SELECT m.uid, m.key FROM json_each(?) c CROSS JOIN message m"
            " ON m.mailbox = ? AND m.validity = ? AND m.uid = c.value",
            (
                json.dumps([arrival.delivery.uid for arrival in arrived]),
                self._row.id,
                self._row.validity,
            ),
        )
        return {uid: MessageKey(key) for uid, key in rows}

    def _update_flags(self, key: MessageKey, arrival: Arrival) -> None:
        self._index.run(
            "UPDATE message SET flags = ?, words = ? WHERE key = ?",
            (*self._flags(key, arrival), key),
        )

    def _flags(self, key: MessageKey, arrival: Arrival) -> tuple[int, str]:
        flags = arrival.delivery.flags
        return self._own.get(key, NOTHING).over(bits_of(flags), words_of(flags))

    def _place(self, adopted: Adopted, arrival: Arrival) -> None:
        """Tell an old row where the server has it now."""
        delivery = arrival.delivery
        self._index.run(
            _UPDATE,
            (
                self._row.id,
                delivery.validity,
                delivery.uid,
                public_name(self._mailbox, delivery.validity, delivery.uid),
                *self._flags(adopted.key, arrival),
                arrival.received,
                delivery.size,
                adopted.guess,
                int(delivery.here),
                int(delivery.here),
                adopted.key,
            ),
        )

    def _insert(self, new: Sequence[_New]) -> None:
        mentions = [
            threads.mentioned(one.arrival.delivery.envelope, one.arrival.identity.hash)
            for one in new
        ]
        assigned = threads.assign(self._index, mentions)
        self._index.run_many(_INSERT, map(self._columns, new, assigned))
        self._index.run_many(
            "INSERT INTO letter (key, envelope, attachments, by_subject, by_sender)"
            " VALUES (?, ?, ?, ?, ?)",
            map(_letter, new),
        )
        letters = [
            (n.key, n.arrival.delivery.envelope, n.arrival.delivery.attachments) for n in new
        ]
        fulltext.add_headers(self._index, letters)

    def _columns(self, new: _New, thread: int) -> tuple[object, ...]:
        arrival, delivery = new.arrival, new.arrival.delivery
        return (
            new.key,
            self._row.id,
            delivery.validity,
            delivery.uid,
            public_name(self._mailbox, delivery.validity, delivery.uid),
            *self._flags(new.key, arrival),
            arrival.received,
            delivery.size,
            arrival.identity.hash,
            thread,
            int(bool(delivery.attachments)),
            new.guess,
            int(delivery.here),
            int(delivery.here),
        )


def _letter(new: _New) -> tuple[object, ...]:
    delivery = new.arrival.delivery
    return (
        new.key,
        envelope_to_text(delivery.envelope),
        strings_to_text(delivery.attachments),
        sorting_subject(delivery.envelope),
        sorting_sender(delivery.envelope),
    )
