"""A message as commands print it: the object of contract.md, or a line, or a page."""

from collections.abc import Iterable
from datetime import datetime

from tuimail.cli.output import cut
from tuimail.model.address import Address
from tuimail.model.body import Body
from tuimail.model.mail import ANSWERED, FLAGGED, Message
from tuimail.model.safe_text import safe_line


def message_object(message: Message) -> dict[str, object]:
    envelope = message.envelope
    return {
        "id": message.id,
        "account": message.account,
        "mailbox": message.mailbox,
        "uid": _server_uid(message),
        "flags": sorted(message.flags),
        "message_id": envelope.message_id,
        "thread": message.thread,
        "from": _address_objects(envelope.from_),
        "to": _address_objects(envelope.to),
        "cc": _address_objects(envelope.cc),
        "subject": envelope.subject,
        "date": envelope.date.isoformat() if envelope.date else None,
        "received": message.received.isoformat(),
        "size": message.size,
        # Unknown while the message has not been read yet.
        "attachments": list(message.attachments) if message.has_body else None,
        "pending": message.pending,
    }


def _server_uid(message: Message) -> int | None:
    """An IMAP UID (RFC 9051 2.3.1.1); a Maildir's larger number is nobody's but ours."""
    return message.uid if message.uid is not None and message.uid < 2**32 else None


def _address_objects(addresses: Iterable[Address]) -> list[dict[str, str]]:
    return [{"name": each.name, "address": each.address} for each in addresses]


def message_line(message: Message, now: datetime) -> str:
    """One line: id, marks, time, sender, subject."""
    sender = message.envelope.from_[0].shown if message.envelope.from_ else ""
    parts = (
        message.id,
        _marks(message),
        f"{_short_time(message.received, now):>12}",
        cut(sender, 24),
        message.envelope.subject or "(no subject)",
    )
    return "  ".join(parts)


def _marks(message: Message) -> str:
    """What a reader wants to know at a glance: unread, flagged, answered, with files."""
    return "".join(
        sign if holds else " "
        for sign, holds in (
            ("*", message.unread),
            ("!", FLAGGED in message.flags),
            ("r", ANSWERED in message.flags),
            ("@", bool(message.attachments)),
        )
    )


def _short_time(moment: datetime, now: datetime) -> str:
    local = moment.astimezone(now.tzinfo)
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%d %b %Y}"


def message_page(message: Message, body: Body, now: datetime) -> Iterable[str]:
    """Header, text, links and attachments, a line at a time."""
    yield from _header(message, now)
    yield ""
    yield from body.lines
    if body.links:
        yield ""
    for link in body.links:
        yield f"[{link.number}] {link.target}"
    if body.attachments:
        yield ""
    for part in body.attachments:
        yield f"Attachment {part.index}: {part.name} ({part.content_type}, {part.size} bytes)"
    for note in body.notes:
        yield f"({note})"


def _header(message: Message, now: datetime) -> Iterable[str]:
    envelope = message.envelope
    yield f"Id:       {message.id}"
    yield f"Mailbox:  {message.account} {safe_line(message.mailbox)}"
    for name, people in (("From", envelope.from_), ("To", envelope.to), ("Cc", envelope.cc)):
        if people:
            yield f"{name + ':':<9} {', '.join(map(_full, people))}"
    yield f"Subject:  {envelope.subject}"
    date = (envelope.date or message.received).astimezone(now.tzinfo)
    unknown = "" if envelope.date else "unknown; it came "
    yield f"Date:     {unknown}{date:%a, %d %b %Y %H:%M %z}"
    if message.flags:
        yield f"Flags:    {safe_line(' '.join(sorted(message.flags)))}"


def _full(address: Address) -> str:
    both = address.name and address.address
    return f"{address.name} <{address.address}>" if both else address.shown
