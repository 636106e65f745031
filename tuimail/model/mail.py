"""Accounts, mailboxes and messages: the values that every layer shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from tuimail.model.address import Address
from tuimail.model.safe_text import SafeText

AccountName = NewType("AccountName", str)

# Decoded (never modified UTF-7) and exactly as the server spells it; "INBOX" in capitals.
# Raw text from a stranger: `safe_line` it before it is shown.
MailboxName = NewType("MailboxName", str)

# A number of ours, never used twice; its upper bits name the account (`account_slot`).
MessageKey = NewType("MessageKey", int)

# "\\Seen" or a keyword, spelt as in RFC 9051 2.3.2.
Flag = NewType("Flag", str)

SEEN = Flag("\\Seen")
ANSWERED = Flag("\\Answered")
FLAGGED = Flag("\\Flagged")
DELETED = Flag("\\Deleted")
DRAFT = Flag("\\Draft")
FORWARDED = Flag("$Forwarded")
JUNK = Flag("$Junk")
NOT_JUNK = Flag("$NotJunk")
# It stays on the POP3 server whatever the settings say.
KEPT = Flag("$KeptOnServer")

SYSTEM_FLAGS = (SEEN, ANSWERED, FLAGGED, DELETED, DRAFT)

INBOX = MailboxName("INBOX")


class Role(StrEnum):
    """What a mailbox is for (RFC 6154, RFC 8621 2)."""

    INBOX = "inbox"
    ARCHIVE = "archive"
    SENT = "sent"
    TRASH = "trash"
    DRAFTS = "drafts"
    JUNK = "junk"
    ALL = "all"
    FLAGGED = "flagged"
    NONE = ""


@dataclass(frozen=True, slots=True, order=True)
class MailboxId:
    """Names one mailbox over all accounts."""

    account: AccountName
    name: MailboxName


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as it is shown: counts include what is pending.

    `on_server` is how many messages the server says it has, None before the first sync;
    `size` is in bytes on the wire; `deleted` messages are here, too, but marked \\Deleted and
    neither shown nor counted. `trouble` is why the server does not let it be read, else empty.
    `prefix` is how the names of the account's own mailboxes begin ("INBOX."), None where the
    server has not said it.
    """

    account: AccountName
    name: MailboxName
    role: Role
    total: int
    unread: int
    size: int = 0
    on_server: int | None = None
    selectable: bool = True
    subscribed: bool = True
    delimiter: str | None = "/"
    deleted: int = 0
    trouble: SafeText = SafeText("")
    prefix: str | None = None

    @property
    def id(self) -> MailboxId:
        return MailboxId(self.account, self.name)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message's header as it may be shown; ids are bare, without angle brackets."""

    subject: SafeText = SafeText("")
    from_: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    list_id: SafeText = SafeText("")


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a list: what the server last said, overlaid with what is pending.

    `id` is the public name of contract.md; `received` is INTERNALDATE or the delivery,
    and the order of lists; `size` counts bytes on the wire; `mailbox` is where it is
    shown; `uid` is None where the server's is not known.
    """

    key: MessageKey
    id: str
    account: AccountName
    mailbox: MailboxName
    flags: frozenset[Flag]
    received: datetime
    size: int
    envelope: Envelope
    thread: str
    uid: int | None = None
    snippet: SafeText = SafeText("")
    attachments: tuple[SafeText, ...] = ()
    has_body: bool = False
    pending: bool = False

    @property
    def unread(self) -> bool:
        return SEEN not in self.flags


class Order(StrEnum):
    """How a list is sorted; every order ends in the key, so that it is total."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SUBJECT = "subject"
    SENDER = "sender"
    SIZE = "size"


KEY_BITS = 40


def account_slot(account: AccountName) -> int:
    """The upper bits of the account's keys: 22 bits of FNV-1a over its name."""
    value = 0x811C9DC5
    for byte in account.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (value ^ value >> 22) & 0x3FFFFF


def first_key(account: AccountName) -> MessageKey:
    """The key before the account's first; keys of an account lie in one range."""
    return MessageKey(account_slot(account) << KEY_BITS)


def slot_of(key: MessageKey) -> int:
    """Which account a key belongs to, as its `account_slot`."""
    return key >> KEY_BITS


Keys = Sequence[MessageKey]
