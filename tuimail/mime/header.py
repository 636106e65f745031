"""Header blocks to envelopes: total, and fast enough for 100,000 of them."""

import re
from collections.abc import Iterable, Mapping

from tuimail.mime import bounds
from tuimail.mime.addresses import addresses
from tuimail.mime.dates import parse_date
from tuimail.mime.fields import FieldReader, normal_lines, split_header
from tuimail.mime.undeclared import LetterCharset
from tuimail.mime.words import decode_words
from tuimail.model.address import Address
from tuimail.model.mail import Envelope
from tuimail.model.safe_text import SafeText, safe_line

_ENVELOPE = FieldReader(
    "from to cc reply-to sender subject date message-id in-reply-to references list-id",
    bounds.FIELD_BYTES,
)
_HIDDEN = FieldReader("bcc", bounds.FIELD_BYTES)
_ID = re.compile(r"<([^<>]+)>")

Fields = Mapping[str, list[str]]


def envelope(header_block: bytes) -> Envelope:
    """What the list shows of a message; never raises, and reads no further than the header."""
    return envelope_of(envelope_fields(header_block))


def envelope_fields(header_block: bytes, charset: LetterCharset | None = None) -> Fields:
    """The fields that an envelope is made of, undecoded."""
    return _ENVELOPE.read(_head(header_block), charset or LetterCharset(header_block))


def hidden_recipients(header_block: bytes) -> tuple[Address, ...]:
    """The Bcc fields, which a draft and a writer's own copy have (RFC 5322 3.6.3)."""
    return people(_HIDDEN.read(_head(header_block), LetterCharset(header_block)), "bcc")


def envelope_of(fields: Fields) -> Envelope:
    """The envelope of fields already read."""
    return Envelope(
        subject=subject_of(fields),
        from_=people(fields, "from"),
        to=people(fields, "to"),
        cc=people(fields, "cc"),
        reply_to=people(fields, "reply-to"),
        date=parse_date(_first(fields, "date")),
        message_id=next(iter(_ids(fields, "message-id")), ""),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        list_id=_list_id(_first(fields, "list-id")),
    )


def _head(header_block: bytes) -> bytes:
    head = normal_lines(header_block[: bounds.HEADER_BYTES])
    return head[: split_header(head, 0, len(head))[0]]


def subject_of(fields: Fields) -> SafeText:
    """The subject in one line, each run of white space one space."""
    subject = " ".join(decode_words(_first(fields, "subject")).split())
    return safe_line(subject, bounds.SUBJECT_CHARACTERS)


def people(fields: Fields, name: str) -> tuple[Address, ...]:
    """The addresses of all fields of a name: a second From must not hide behind the first.

    Groups are named, as in `addresses`.
    """
    texts = fields.get(name)
    if not texts:
        return ()
    found = [address for text in texts for address in addresses(text, groups=True)]
    return tuple(found[: bounds.ADDRESSES])


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def _ids(fields: Fields, name: str) -> tuple[str, ...]:
    """Bare message ids; of too many, those nearest to the message, which are the last."""
    found = [id for text in fields.get(name, ()) for id in _ids_in(text)]
    return tuple(dict.fromkeys(found[-bounds.REFERENCES :]))


def _ids_in(text: str) -> Iterable[str]:
    ids = _ID.findall(text)
    if not ids:
        ids = [word for word in text.split() if "@" in word][: bounds.REFERENCES]
    return [safe_line("".join(id.split()), bounds.ID_CHARACTERS) for id in ids]


def _list_id(text: str) -> SafeText:
    bare = _ID.findall(text)
    return safe_line(bare[-1] if bare else decode_words(text).strip(), bounds.NAME_CHARACTERS)
