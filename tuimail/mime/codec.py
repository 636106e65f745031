"""What crosses the pipe between the engine and the parser: JSON, checked on arrival.

The parser has read hostile bytes, so the engine takes nothing from it for granted.
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tuimail.mime.dates import from_iso
from tuimail.model.address import Address
from tuimail.model.body import Body, body_from_json
from tuimail.model.mail import Envelope
from tuimail.model.safe_text import SafeText, safe_line, safe_prose

ANSWER_BYTES = 32_000_000
_LONGEST = 20_000
_PEOPLE_REMEMBERED = 2048
_SHORT = 200

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def envelope_to_json(envelope: Envelope) -> bytes:
    """One line that `envelope_from_json` reads back into an equal value."""
    document = (
        envelope.subject,
        *(_pairs(list_) for list_ in (envelope.from_, envelope.to, envelope.cc, envelope.reply_to)),
        envelope.date and envelope.date.isoformat(),
        envelope.message_id,
        envelope.in_reply_to,
        envelope.references,
        envelope.list_id,
    )
    return _encode(document).encode()


def _pairs(addresses: Iterable[Address]) -> list[tuple[str, str]]:
    return [(address.name, address.address) for address in addresses]


def envelope_from_json(answer: bytes) -> Envelope:
    """The value that `envelope_to_json` wrote; raises ValueError for anything else."""
    try:
        subject, from_, to, cc, reply_to, date, message_id, replied, references, list_id = (
            json.loads(answer.decode())
        )
        return Envelope(
            subject=_safe(subject),
            from_=_addresses(from_),
            to=_addresses(to),
            cc=_addresses(cc),
            reply_to=_addresses(reply_to),
            date=from_iso(date) if date else None,
            message_id=_safe(message_id),
            in_reply_to=tuple(map(_safe, replied)),
            references=tuple(map(_safe, references)),
            list_id=_safe(list_id),
        )
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is not an envelope") from error


def _addresses(pairs: Sequence[Sequence[str]]) -> tuple[Address, ...]:
    if not pairs:
        return ()
    return tuple(
        [
            (_known if len(name) + len(address) <= _SHORT else _person)(name, address)
            for name, address in pairs
        ]
    )


def _person(name: str, address: str) -> Address:
    return Address(_safe(name), _safe(address))


# The same few people write most letters.
_known = lru_cache(_PEOPLE_REMEMBERED)(_person)


def _safe(text: str) -> SafeText:
    return safe_line(text, _LONGEST)


def checked_body(answer: bytes) -> Body:
    """The body that was sent; raises ValueError if it is none or is not safe to show."""
    body = body_from_json(answer)
    if not all(safe_prose(text, _LONGEST) == text for text in _texts(body)):
        raise ValueError("the parser sent text that is not safe")
    return body


def _texts(body: Body) -> Iterable[str]:
    for header in body.headers:
        yield from header
    yield from body.lines
    for link in body.links:
        yield from (link.target, link.host, link.claims)
    for part in body.attachments:
        yield from (part.name, part.content_type)
    yield from body.notes
    yield body.snippet
