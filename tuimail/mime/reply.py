"""Drafts that answer or forward a message, from its envelope and its safe text."""

import re
from collections.abc import Sequence
from dataclasses import replace

from tuimail.mime.fields import normal_lines, split_header
from tuimail.mime.quoting import forwarded, quoted
from tuimail.mime.recipients import Mine, recipients, without_address
from tuimail.model.address import Address
from tuimail.model.body import Body
from tuimail.model.draft import Draft, Enclosure, Kind
from tuimail.model.mail import Message
from tuimail.model.safe_text import SafeText

# What programs in other languages put before the subject of an answer or a forward; a single
# letter is none of them: "R: language" is a subject.
_ANSWER = re.compile(
    r"^(?:\s*(?:re|aw|sv|vs|antw|odp|res|ref|rif|ynt|vá|bls|ats|atb|回复|回覆|答复|答覆|返信|"
    r"fwd?|wg|vb|vl|doorst|enc|tr|rv|pd|i̇lt|ilt|vidarebefordrat|转发|轉寄|转寄|転送)"
    r"(?:\[\d{1,3}\]|\^\d{1,3}|\(\d{1,3}\))?\s*[:：])+\s*",
    re.IGNORECASE,
)
_NO_BCC = SafeText("The enclosed letter goes without its Bcc field.")
_BCC = re.compile(
    rb"^(?:resent-)?bcc[ \t]*:[^\n]*\n?(?:[ \t][^\n]*\n?)*", re.IGNORECASE | re.MULTILINE
)


def reply(
    kind: Kind,
    message: Message,
    body: Body,
    mine: Sequence[Address],
    original: bytes = b"",
) -> Draft:
    """A draft of that kind; `mine` are all of the user's addresses, the main one first.

    What is quoted is the text as it is shown: nothing that was not seen leaves (M6).
    `original` is what answers to a list find it in and FORWARD encloses, if it is given.
    """
    draft = Draft(sender=_identity(message, mine), subject=_subject(kind, message))
    if kind is Kind.FORWARD:
        return _forward(draft, message, body, original)
    to, cc = recipients(kind, message.envelope, mine, original)
    left_out = without_address((*message.envelope.to, *message.envelope.cc))
    return replace(
        draft,
        to=to,
        cc=cc,
        text=quoted(message, body),
        in_reply_to=message.envelope.message_id,
        references=_references(message),
        answers=message.key,
        notices=tuple(map(_left_out, left_out)) if kind is Kind.REPLY_ALL else (),
    )


def _forward(draft: Draft, message: Message, body: Body, original: bytes) -> Draft:
    enclosed = _without_bcc(normal_lines(original))
    return replace(
        draft,
        text=forwarded(body),
        enclosures=(_enclosed(message, enclosed),) if original else (),
        forwards=message.key,
        notices=(_NO_BCC,) if len(enclosed) < len(normal_lines(original)) else (),
    )


def _left_out(person: Address) -> SafeText:
    return SafeText(f"{person.name} has no address and is left out.")


def _identity(message: Message, mine: Sequence[Address]) -> Address:
    """The address that the message was written to, else the main one."""
    envelope = message.envelope
    people = (*envelope.to, *envelope.cc, *envelope.from_)
    named = {person.address.lower() for person in people}
    exactly = (each for each in mine if each.address.lower() in named)
    with_detail = (each for each in mine if any(person in Mine([each]) for person in people))
    return next(exactly, None) or next(with_detail, mine[0])


def _subject(kind: Kind, message: Message) -> str:
    word = "Fwd" if kind is Kind.FORWARD else "Re"
    return f"{word}: {_ANSWER.sub('', message.envelope.subject)}".rstrip()


def _references(message: Message) -> tuple[str, ...]:
    """RFC 5322 3.6.4."""
    envelope = message.envelope
    before = envelope.references or envelope.in_reply_to[:1]
    return tuple(dict.fromkeys((*before, envelope.message_id))) if envelope.message_id else before


def _without_bcc(original: bytes) -> bytes:
    """The letter without those that it was sent to in secret."""
    end = split_header(original, 0, len(original))[0]
    return _BCC.sub(b"", original[:end]) + original[end:]


def _enclosed(message: Message, content: bytes) -> Enclosure:
    name = re.sub(r"[^\w.-]+", "_", message.envelope.subject)[:60].strip("._") or "message"
    return Enclosure(f"{name}.eml", "message/rfc822", content)
