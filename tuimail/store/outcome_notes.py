"""Outcomes noted in the index, so that a crash before the journal has them loses nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes

from tuimail.model.mail import MessageKey
from tuimail.model.sync import ServerId
from tuimail.store.database import Database


@dataclass(frozen=True, slots=True)
class OutcomeNote:
    """What the server did with entries; `merged` as in `Outcome`. No two have one `token`."""

    token: int
    entries: Sequence[int]
    ids: Mapping[MessageKey, ServerId | None]
    merged: Mapping[MessageKey, MessageKey]


def new_token() -> int:
    return int.from_bytes(token_bytes(7), "big")


def keep(index: Database, note: OutcomeNote) -> None:
    """In the transaction that writes the outcome itself."""
    ids = [
        (key, found.validity, found.uid) if found else (key, None, None)
        for key, found in note.ids.items()
    ]
    index.run(
        "INSERT INTO outcome (token, entries, ids, merged) VALUES (?, ?, ?, ?)",
        (
            note.token,
            json.dumps(note.entries),
            json.dumps(ids),
            json.dumps(list(note.merged.items())),
        ),
    )


def kept(index: Database, *, after: int | None) -> list[OutcomeNote]:
    """Oldest first; if `after` is the token of one, only those that follow it."""
    rows = index.rows(
        "SELECT token, entries, ids, merged FROM outcome WHERE id >"
        " coalesce((SELECT id FROM outcome WHERE token = ?), 0) ORDER BY id",
        (after,),
    )
    return [
        OutcomeNote(
            token,
            json.loads(entries),
            {
                MessageKey(key): None if uid is None else ServerId(validity, uid)
                for key, validity, uid in json.loads(ids)
            },
            {MessageKey(key): MessageKey(other) for key, other in json.loads(merged)},
        )
        for token, entries, ids, merged in rows
    ]


def forget(index: Database) -> None:
    """The journal has them all."""
    if index.row("SELECT 1 FROM outcome") is None:
        return
    with index.writing():
        index.run("DELETE FROM outcome")
