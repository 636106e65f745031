"""Threads by Message-ID, References and In-Reply-To (RFC 5256), over all mailboxes.

A thread is named by the hash of its first message's id; when a later message joins two
threads, both keep answering to their names.
"""

import json
from collections.abc import Sequence

from tuimail.model.mail import Envelope
from tuimail.store.database import Database
from tuimail.store.names import hashed

_MOST_REFERENCES = 50


def mentioned(envelope: Envelope, own: int) -> list[int]:
    """The ids that a message mentions as hashes, its thread's root first, its own last."""
    ids = [*envelope.references, *envelope.in_reply_to]
    if len(ids) > _MOST_REFERENCES:
        ids = [ids[0], *ids[1 - _MOST_REFERENCES :]]
    return [*(hashed(message_id) for message_id in ids if message_id), own]


def assign(index: Database, mentions: Sequence[Sequence[int]]) -> list[int]:
    """The thread of each message; threads that turn out to be one are joined."""
    asked = json.dumps(list({identity for ids in mentions for identity in ids}))
    known: dict[int, int] = dict(
        index.rows(
            "SELECT l.identity, l.thread FROM json_each(?) c"
            " CROSS JOIN link l ON l.identity = c.value",
            (asked,),
        )
    )
    before = dict(known)
    joined: dict[int, int] = {}
    threads = []
    for ids in mentions:
        found = {_now(known[identity], joined) for identity in ids if identity in known}
        thread = _now(known[ids[0]], joined) if ids[0] in known else min(found, default=ids[0])
        joined.update((other, thread) for other in found if other != thread)
        known.update((identity, thread) for identity in ids)
        threads.append(thread)
    _write(index, joined, {k: _now(v, joined) for k, v in known.items() if k not in before})
    return [_now(thread, joined) for thread in threads]


def _now(thread: int, joined: dict[int, int]) -> int:
    while thread in joined:
        thread = joined[thread]
    return thread


def _write(index: Database, joined: dict[int, int], links: dict[int, int]) -> None:
    for thread in joined:
        values = (_now(thread, joined), thread)
        index.run("UPDATE link SET thread = ? WHERE thread = ?", values)
        index.run("UPDATE message SET thread = ? WHERE thread = ?", values)
    index.run_many("INSERT OR REPLACE INTO link VALUES (?, ?)", links.items())
