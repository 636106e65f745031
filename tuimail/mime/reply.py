"""Drafts that answer or forward a message, from its envelope and its safe text."""

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from tuimail.mime import bounds
from tuimail.mime.fields import FieldReader, split_header
from tuimail.mime.flowed import quote_depth
from tuimail.model.address import Address, BadAddress, check_sendable, plain
from tuimail.model.body import Body
from tuimail.model.draft import Draft, Enclosure, Kind
from tuimail.model.local_time import LOCAL
from tuimail.model.mail import Message

_ANSWER = re.compile(r"^(?:\s*(?:re|aw|sv|antw|odp|r|fwd?|wg)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
_LIST_POST = FieldReader("list-post", bounds.PART_FIELD_BYTES)
_MAILTO = re.compile(r"<mailto:([^>?]{3,300})[^>]{0,2000}>", re.IGNORECASE)
_SIGNATURE = "-- "
_LONG = 100
_WIDTH = 72


def reply(
    kind: Kind,
    message: Message,
    body: Body,
    mine: Sequence[Address],
    original: bytes = b"",
) -> Draft:
    """A draft of that kind; `mine` are all of the user's addresses, the main one first.

    What is quoted is the text as it is shown: nothing that was not seen leaves (M6).
    `original` is what REPLY_LIST finds the list in and FORWARD encloses, if it is given.
    """
    draft = Draft(sender=_identity(message, mine), subject=_subject(kind, message))
    if kind is Kind.FORWARD:
        enclosures = (_enclosed(message, original),) if original else ()
        text = _forwarded(message, body)
        return replace(draft, text=text, enclosures=enclosures, forwards=message.key)
    to, cc = _recipients(kind, message, mine, original)
    return replace(
        draft,
        to=to,
        cc=cc,
        text=_quoted(message, body),
        in_reply_to=message.envelope.message_id,
        references=_references(message),
        answers=message.key,
    )


def list_post(raw: bytes) -> str:
    """Where letters to the message's list go (RFC 2369 3.4), "" if there is no such place."""
    end = split_header(raw, 0, len(raw))[0]
    for text in _LIST_POST.read(raw[: min(end, bounds.HEADER_BYTES)]).get("list-post", ()):
        for address in _MAILTO.findall(text):
            try:
                return check_sendable(unquote(address).strip())
            except BadAddress:
                continue
    return ""


def _recipients(
    kind: Kind, message: Message, mine: Sequence[Address], original: bytes
) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    envelope = message.envelope
    own = _addresses(mine)
    if kind is Kind.REPLY_LIST and (address := list_post(original)):
        return (plain(address),), ()
    back = envelope.reply_to or envelope.from_
    if _addresses(envelope.from_) <= own:
        # My own letter: the answer goes on to those I wrote to.
        back = envelope.to or back
    if kind is Kind.REPLY:
        return _unique(back), ()
    to = _unique(back)
    others = _unique((*envelope.to, *envelope.cc))
    known = own | _addresses(to)
    return to, tuple(each for each in others if each.address.lower() not in known)


def _addresses(people: Iterable[Address]) -> set[str]:
    return {person.address.lower() for person in people if person.address}


def _unique(people: Iterable[Address]) -> tuple[Address, ...]:
    reachable = (person for person in people if person.address)
    first = {person.address.lower(): person for person in reversed(tuple(reachable))}
    return tuple(reversed(first.values()))


def _identity(message: Message, mine: Sequence[Address]) -> Address:
    """The address that the message was written to, else the main one."""
    envelope = message.envelope
    named = _addresses((*envelope.to, *envelope.cc, *envelope.from_))
    return next((each for each in mine if each.address.lower() in named), mine[0])


def _subject(kind: Kind, message: Message) -> str:
    word = "Fwd" if kind is Kind.FORWARD else "Re"
    return f"{word}: {_ANSWER.sub('', message.envelope.subject)}".rstrip()


def _references(message: Message) -> tuple[str, ...]:
    """RFC 5322 3.6.4."""
    envelope = message.envelope
    before = envelope.references or envelope.in_reply_to[:1]
    return tuple(dict.fromkeys((*before, envelope.message_id))) if envelope.message_id else before


def _quoted(message: Message, body: Body) -> str:
    sender = message.envelope.from_[0].shown if message.envelope.from_ else "somebody"
    when = (message.envelope.date or message.received).astimezone(LOCAL)
    lines = [f"On {when:%Y-%m-%d at %H:%M}, {sender} wrote:"]
    for line in _without_signature(body.lines):
        lines += [_quoted_line(each) for each in line]
    return "\n".join(lines) + "\n\n"


def _quoted_line(line: str) -> str:
    depth, text = quote_depth(line)
    return f"{'>' * (depth + 1)} {text}".rstrip()


def _without_signature(lines: Sequence[str]) -> Iterable[list[str]]:
    for line in lines:
        if line in (_SIGNATURE, "--"):
            return
        yield _wrapped(line)


def _wrapped(line: str) -> list[str]:
    """A paragraph in one line becomes several; the marks of a quote are repeated."""
    if len(line) <= _LONG:
        return [line]
    depth, text = quote_depth(line)
    mark = ">" * depth
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{mark} " if mark else "",
        subsequent_indent=f"{mark} " if mark else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _forwarded(message: Message, body: Body) -> str:
    shown = [f"{name}: {value}" for name, value in body.headers]
    head = ["", "", "---------- Forwarded message ----------", *shown, ""]
    return "\n".join([*head, *(each for line in body.lines for each in _wrapped(line))]) + "\n"


def _enclosed(message: Message, original: bytes) -> Enclosure:
    name = re.sub(r"[^\w.-]+", "_", message.envelope.subject)[:60].strip("._") or "message"
    return Enclosure(f"{name}.eml", "message/rfc822", original)
