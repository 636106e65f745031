"""A message that stood here by a placeholder: its header came in the end."""

from collections.abc import Sequence

from tuimail.model.mail import MailboxName, MessageKey
from tuimail.store import fulltext, threads, troubles
from tuimail.store.adoption import arrival
from tuimail.store.codec import (
    envelope_to_text,
    sorting_sender,
    sorting_subject,
    strings_to_text,
)
from tuimail.store.database import Database
from tuimail.store.flags import bits_of, words_of
from tuimail.store.mailboxes import row_of
from tuimail.store.parcels import Delivery

_MESSAGE = """
  UPDATE message SET flags = ?, words = ?, received = ?, size = ?, identity = ?, thread = ?,
    attached = ? WHERE key = ?
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


def _renew(index: Database, key: MessageKey, delivery: Delivery) -> None:
    one = arrival(delivery)
    mentions = threads.mentioned(delivery.envelope, one.identity.hash)
    (thread,) = threads.assign(index, [mentions])
    index.run(
        _MESSAGE,
        (
            bits_of(delivery.flags),
            words_of(delivery.flags),
            one.received,
            delivery.size,
            one.identity.hash,
            thread,
            int(bool(delivery.attachments)),
            key,
        ),
    )
    index.run(
        _LETTER,
        (
            envelope_to_text(delivery.envelope),
            strings_to_text(delivery.attachments),
            sorting_subject(delivery.envelope),
            sorting_sender(delivery.envelope),
            key,
        ),
    )
    fulltext.remove(index, [key])
    fulltext.add_headers(index, [(key, delivery.envelope, delivery.attachments)])
