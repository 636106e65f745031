"""A message that stood here by a placeholder: its header came in the end."""

from collections.abc import Sequence
from datetime import datetime

from tuimail.model.mail import Envelope, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText
from tuimail.store import fulltext, threads, troubles
from tuimail.store.adoption import arrival
from tuimail.store.codec import (
    envelope_to_text,
    sorting_sender,
    sorting_subject,
    strings_from_text,
    strings_to_text,
)
from tuimail.store.database import Database
from tuimail.store.flags import bits_of, words_of
from tuimail.store.mailboxes import row_of
from tuimail.store.names import identity_of
from tuimail.store.parcels import Delivery
from tuimail.store.values import to_micros

_MESSAGE = """
  UPDATE message SET flags = ?, words = ?, received = ?, size = ?, attached = ? WHERE key = ?
"""
_LETTER = """
  UPDATE letter SET envelope = ?, attachments = ?, by_subject = ?, by_sender = ? WHERE key = ?
"""


def renew(index: Database, mailbox: MailboxName, came: Sequence[Delivery]) -> None:
    """Inside the caller's transaction; the keys stay, and what was done to them."""
    row = row_of(index, mailbox)
    for delivery in came:
        key = index.value(
            "SELECT key FROM message WHERE mailbox = ? AND validity = ? AND uid = ?",
            (row.id, delivery.validity, delivery.uid),
        )
        if key is not None:
            _renew(index, MessageKey(key), delivery)
            troubles.forget(index, [MessageKey(key)])


def take_over(index: Database, uid: int, envelope: Envelope, received: datetime) -> None:
    """Inside the caller's transaction; of a file here only its header was not known."""
    rows = index.rows(
        "SELECT m.key, m.size, l.attachments FROM message m JOIN letter l ON l.key = m.key"
        " WHERE m.uid = ? AND m.mailbox > 0",
        (uid,),
    )
    for number, size, names in rows:
        key, moment = MessageKey(number), to_micros(received)
        identity = identity_of(envelope.message_id, size, moment)
        index.run("UPDATE message SET received = ? WHERE key = ?", (moment, key))
        _take_header(index, key, identity, envelope, strings_from_text(names))


def _renew(index: Database, key: MessageKey, delivery: Delivery) -> None:
    one = arrival(delivery)
    index.run(
        _MESSAGE,
        (
            bits_of(delivery.flags),
            words_of(delivery.flags),
            one.received,
            delivery.size,
            int(bool(delivery.attachments)),
            key,
        ),
    )
    _take_header(index, key, one.identity.hash, delivery.envelope, delivery.attachments)


def _take_header(
    index: Database,
    key: MessageKey,
    identity: int,
    envelope: Envelope,
    attachments: Sequence[SafeText],
) -> None:
    (thread,) = threads.assign(index, [threads.mentioned(envelope, identity)])
    index.run("UPDATE message SET identity = ?, thread = ? WHERE key = ?", (identity, thread, key))
    index.run(
        _LETTER,
        (
            envelope_to_text(envelope),
            strings_to_text(attachments),
            sorting_subject(envelope),
            sorting_sender(envelope),
            key,
        ),
    )
    fulltext.remove(index, [key])
    fulltext.add_headers(index, [(key, envelope, attachments)])
