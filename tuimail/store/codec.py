"""Envelopes as compact text, and back; what a list sorts by."""

import json
import re
from collections.abc import Iterable
from datetime import datetime

from tuimail.model.address import Address
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
