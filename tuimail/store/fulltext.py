"""The search tables' rows: header fields at delivery, the text when it comes."""

import json
from collections.abc import Collection, Iterable, Sequence

from tuimail.model.address import Address
from tuimail.model.body import Body
from tuimail.model.mail import Envelope, MessageKey
from tuimail.model.safe_text import SafeText
from tuimail.store.database import Database
from tuimail.store.tokens import part_text, words_text

Letter = tuple[MessageKey, Envelope, Sequence[SafeText]]


def add_headers(index: Database, letters: Iterable[Letter]) -> None:
    fields = [(key, *_fields(envelope), " ".join(names)) for key, envelope, names in letters]
    index.run_many(
        "INSERT INTO head (rowid, subject, sender, recipients, copied, list)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(key, *map(words_text, texts)) for key, *texts, _ in fields],
    )
    index.run_many(_ADD_PARTS, [(key, *map(part_text, texts)) for key, *texts in fields])


_ADD_PARTS = (
    "INSERT OR REPLACE INTO part (rowid, subject, sender, recipients, copied, list, names)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def name_attachments(index: Database, letters: Iterable[Letter]) -> None:
    """Take over attachment names that were not known at delivery."""
    index.run_many(
        _ADD_PARTS,
        [
            (key, *map(part_text, _fields(envelope)), part_text(" ".join(names)))
            for key, envelope, names in letters
        ],
    )


def add_texts(index: Database, bodies: Iterable[tuple[MessageKey, Body]]) -> None:
    index.run_many(
        "INSERT OR REPLACE INTO text (rowid, body, names) VALUES (?, ?, ?)",
        [
            (
                key,
                words_text("\n".join(body.lines)),
                words_text(" ".join(part.name for part in body.attachments)),
            )
            for key, body in bodies
        ],
    )


def remove(index: Database, keys: Collection[MessageKey]) -> None:
    wanted = (json.dumps(list(keys)),)
    for table in ("head", "part", "text"):
        index.run(
            f"DELETE FROM {table} WHERE rowid IN (SELECT value FROM json_each(?))",
            wanted,
        )


def _fields(envelope: Envelope) -> tuple[str, str, str, str, str]:
    return (
        envelope.subject,
        _people(envelope.from_),
        _people(envelope.to),
        _people(envelope.cc),
        envelope.list_id,
    )


def _people(addresses: Iterable[Address]) -> str:
    return " ".join([f"{address.name} {address.address}" for address in addresses])
