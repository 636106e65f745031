"""A letter in ASCII, for servers that take nothing else (RFC 6152 3): the same letter, encoded.

Only parts that are not ASCII are written anew; every other byte stays as it is.
"""

import binascii
import re
from collections.abc import Iterator
from email.header import Header
from email.message import Message
from email.parser import BytesHeaderParser

from tuimail.mime import bounds
from tuimail.mime.charset import decode
from tuimail.mime.fields import split_header
from tuimail.mime.transfer import base64_lines, crlf_lines

_LINE = 76
_FIELD = re.compile(rb"[^\n]*\n?(?:[ \t][^\n]*\n?)*")
_LONG_LINE = re.compile(rb"[^\r\n]{999}")
_OTHER_BYTE = re.compile(rb"[\x80-\xff]")
_ENCODING = b"content-transfer-encoding"
_OF_PEOPLE = frozenset(b"from sender to cc bcc reply-to".split())
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN = re.compile(r"[A-Za-z0-9 ]+")
_OTHER = r"[^\s<>@,;:()\"]*[^\x00-\x7f][^\s<>@,;:()\"]*"
_PHRASE = re.compile(rf"(?<![^\s,;:()]){_OTHER}(?:\s+{_OTHER})*(?![@.])")
_TEXT = re.compile(r"\S*[^\x00-\x7f]\S*(?:\s+\S*[^\x00-\x7f]\S*)*")
_TEXT_PLAIN, _LETTER = "text/plain", "message/rfc822"
_PARSER = BytesHeaderParser()


class CannotEncode(ValueError):
    """It would not be the same letter; the text goes on a sentence."""


def in_seven_bits(raw: bytes) -> bytes:
    """`raw` in ASCII, its lines ended as SMTP has it and no longer; raises CannotEncode."""
    if _fits(raw):
        return raw
    letter = _part(crlf_lines(raw), 0, _TEXT_PLAIN, whole=True)
    if not _fits(letter):
        raise CannotEncode("it has lines of more than 998 characters that cannot be encoded")
    return letter


def has_long_line(raw: bytes) -> bool:
    """Whether a line is longer than any may be (RFC 5322 2.1.1)."""
    return _LONG_LINE.search(raw) is not None


def _fits(raw: bytes) -> bool:
    return raw.isascii() and not has_long_line(raw)


def _part(raw: bytes, depth: int, kind: str, *, whole: bool = False) -> bytes:
    """`kind` is what it is if it does not say; `whole`: a letter, which says that it is MIME."""
    if _fits(raw):
        return raw
    if depth > bounds.DEPTH:
        raise CannotEncode("the letter has parts in parts without end")
    end, begin = split_header(raw, 0, len(raw))
    if not begin and not depth:
        raise CannotEncode("it has no header")
    head, blank, body = raw[:end], raw[end:begin] or b"\r\n", raw[begin:]
    fields = _PARSER.parsebytes(head)
    fields.set_default_type(kind)
    head = b"".join(_ascii_field(field) for field in _fields(head))
    if _fits(body):
        return head + blank + body
    encoding, body = _body(fields, body, depth)
    return _with_encoding(head, encoding, body, fields, whole=whole) + blank + body


def _body(fields: Message, body: bytes, depth: int) -> tuple[bytes, bytes]:
    """The encoding's name and the body in it."""
    kind = fields.get_content_type()
    if kind in ("multipart/signed", "multipart/encrypted"):
        raise CannotEncode(
            "a part of it that is signed has other characters: encoded anew,"
            " its signature would not fit any more"
        )
    if fields.get_content_maintype() == "multipart":
        return b"7bit", _multipart(fields, body, depth)
    if kind in (_LETTER, "message/news"):
        return b"7bit", _part(body, depth + 1, _TEXT_PLAIN, whole=True)
    named = str(fields.get("Content-Transfer-Encoding", "")).strip().lower()
    if named == "base64":
        # What is not of its alphabet says nothing (RFC 2045 6.8).
        return b"base64", _OTHER_BYTE.sub(b"", body)
    if named == "quoted-printable":
        return b"quoted-printable", re.sub(
            rb"[\x80-\xff]", lambda byte: b"=%02X" % byte[0][0], body
        )
    if fields.get_content_maintype() == "text":
        # Where there is no line end to go by, it breaks lines with a bare LF.
        quoted = binascii.b2a_qp(body, istext=True)
        return b"quoted-printable", re.sub(rb"(?<!\r)\n", b"\r\n", quoted)
    return b"base64", b"".join(base64_lines(body))


def _multipart(fields: Message, body: bytes, depth: int) -> bytes:
    boundary = fields.get_boundary("")
    if not boundary or not boundary.isascii():
        raise CannotEncode("a part of it says not where its own parts end")
    within = _LETTER if fields.get_content_subtype() == "digest" else _TEXT_PLAIN
    delimiter = re.compile(
        rb"(?:^|\r\n)--" + re.escape(boundary.encode("ascii")) + rb"(--)?[ \t]*(?=\r\n|\Z)"
    )
    pieces: list[bytes] = []
    position, inside = 0, False
    for match in delimiter.finditer(body):
        pieces += [
            _between(body[position : match.start()], depth, within if inside else None),
            match[0],
        ]
        position, inside = match.end(), not match[1]
        if not inside:
            break
    pieces.append(_between(body[position:], depth, within if inside else None))
    return b"".join(pieces)


def _between(piece: bytes, depth: int, kind: str | None) -> bytes:
    """A part behind the line end of its delimiter; what stands outside is read by nobody."""
    if kind is None:
        return _OTHER_BYTE.sub(b"?", piece)
    return piece[:2] + _part(piece[2:], depth + 1, kind)


def _with_encoding(
    head: bytes, encoding: bytes, body: bytes, fields: Message, *, whole: bool
) -> bytes:
    """The header with the encoding's name in it, and what a reader must know beside it."""
    kept = [
        field for field in _fields(head) if field.partition(b":")[0].strip().lower() != _ENCODING
    ]
    added = []
    if whole and "MIME-Version" not in fields:
        added.append(b"MIME-Version: 1.0\r\n")
    if "Content-Type" not in fields and fields.get_default_type() == _TEXT_PLAIN:
        added.append(b"Content-Type: text/plain; charset=%s\r\n" % _charset(body))
    added.append(b"Content-Transfer-Encoding: %s\r\n" % encoding)
    return b"".join([*kept, *added])


def _charset(body: bytes) -> bytes:
    """Of a text that does not say it, from what it is in quoted-printable."""
    try:
        binascii.a2b_qp(body).decode()
    except UnicodeDecodeError:
        return b"unknown-8bit"
    return b"utf-8"


def _fields(head: bytes) -> Iterator[bytes]:
    return (match[0] for match in _FIELD.finditer(head) if match[0])


def _ascii_field(field: bytes) -> bytes:
    """Other characters as encoded words (RFC 2047), where the field has room for such."""
    if _fits(field):
        return field
    name, colon, value = field.partition(b":")
    if not colon or not name.isascii():
        raise CannotEncode("a line of its header is no field")
    text = " ".join(decode(value).split())
    lower = name.strip().lower()
    if lower.startswith(b"content-"):
        text = _QUOTED.sub(lambda match: f'"{_encoded(match[1])}"', text)
    elif lower.removeprefix(b"resent-") in _OF_PEOPLE:
        text = _QUOTED.sub(lambda match: _encoded(match[1]) or '""', text)
        text = _PHRASE.sub(lambda match: _encoded(match[0]), text)
    else:
        text = _TEXT.sub(lambda match: _encoded(match[0]), text)
    if not text.isascii():
        raise CannotEncode(f"its field {name.decode()} has other characters where none may be")
    return _folded(f"{name.decode()}: {text}").encode("ascii")


def _folded(text: str) -> str:
    """At spaces, so that lines stay readable; the field's name keeps its first word."""
    first, *words = text.split(" ")
    lines = [first + "".join(f" {word}" for word in words[:1])]
    for word in words[1:]:
        if len(lines[-1]) + len(word) < _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return "\r\n".join(lines) + "\r\n"


def _encoded(text: str) -> str:
    """Encoded words of at most 75 characters; what is ASCII stays, quoted if it has to."""
    if text.isascii():
        return text if _PLAIN.fullmatch(text) else f'"{text}"'
    return Header(text.replace("\\", ""), "utf-8", maxlinelen=75).encode(linesep="")
