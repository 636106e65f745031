"""Envelopes and bodies as compact text, and back."""

import json
import re
from collections.abc import Iterable
from datetime import datetime

from tuimail.model.address import Address
from tuimail.model.body import Attachment, Body, Link
from tuimail.model.mail import Envelope
from tuimail.model.safe_text import SafeText

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def envelope_to_text(envelope: Envelope) -> str:
    return _encode(
        (
            envelope.subject,
            _pairs(envelope.from_),
            _pairs(envelope.to),
            _pairs(envelope.cc),
            _pairs(envelope.reply_to),
            envelope.date.isoformat() if envelope.date else None,
            envelope.message_id,
            envelope.in_reply_to,
            envelope.references,
            envelope.list_id,
        )
    )


def _pairs(addresses: Iterable[Address]) -> list[tuple[str, str]]:
    return [(address.name, address.address) for address in addresses]


def envelope_from_text(text: str) -> Envelope:
    subject, from_, to, cc, reply_to, date, message_id, in_reply_to, references, list_id = (
        json.loads(text)
    )
    return Envelope(
        SafeText(subject),
        _addresses(from_),
        _addresses(to),
        _addresses(cc),
        _addresses(reply_to),
        datetime.fromisoformat(date) if date else None,
        message_id,
        tuple(in_reply_to),
        tuple(references),
        SafeText(list_id),
    )


def _addresses(pairs: Iterable[tuple[str, str]]) -> tuple[Address, ...]:
    return tuple([Address(SafeText(name), SafeText(address)) for name, address in pairs])


def strings_to_text(strings: Iterable[str]) -> str:
    strings = tuple(strings)
    return _encode(strings) if strings else ""


def strings_from_text(text: str) -> tuple[SafeText, ...]:
    return tuple(SafeText(string) for string in json.loads(text)) if text else ()


def body_to_text(body: Body) -> str:
    return _encode(
        (
            body.headers,
            body.lines,
            [(link.number, link.target, link.host) for link in body.links],
            [(part.index, part.name, part.content_type, part.size) for part in body.attachments],
            body.notes,
            body.snippet,
        )
    )


def body_from_text(text: str) -> Body:
    headers, lines, links, attachments, notes, snippet = json.loads(text)
    return Body(
        tuple((SafeText(name), SafeText(value)) for name, value in headers),
        tuple(map(SafeText, lines)),
        tuple(Link(number, SafeText(target), SafeText(host)) for number, target, host in links),
        tuple(
            Attachment(index, SafeText(name), SafeText(content_type), size)
            for index, name, content_type, size in attachments
        ),
        tuple(map(SafeText, notes)),
        SafeText(snippet),
    )


_PREFIXES = re.compile(
    r"(?:\s*(?:re|aw|sv|fwd?|wg|tr|vs)\s*(?:\[\d{1,4}\])?\s*:)+\s*", re.IGNORECASE
)
_SORT_LENGTH = 40


def sorting_subject(envelope: Envelope) -> str:
    """What a list sorted by subject compares: without "Re:", whatever the case."""
    subject = envelope.subject[:200]
    prefix = _PREFIXES.match(subject)
    return subject[prefix.end() if prefix else 0 :].strip().casefold()[:_SORT_LENGTH]


def sorting_sender(envelope: Envelope) -> str:
    sender = envelope.from_[0].shown if envelope.from_ else ""
    return sender.strip("\"' ").casefold()[:_SORT_LENGTH]
