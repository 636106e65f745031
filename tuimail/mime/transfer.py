"""Undoes a Content-Transfer-Encoding (RFC 2045 6), and encodes for SMTP; any bytes give bytes."""

import binascii
import re
from base64 import encodebytes
from collections.abc import Iterator

_WHITE = b" \t\r\n\x0b\x0c"
_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_DIGITS = re.compile(rb"[^A-Za-z0-9+/]+")
_PADDING = re.compile(rb"=[=\s]*")
# A line that can be nothing but base64, and what stands in a line of prose.
_ENCODED_LINE = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}[ \t]*\r*$", re.MULTILINE)
_PROSE = re.compile(rb"\S[ \t]+\S|[^A-Za-z0-9+/=\s]{4}|://|[\x80-\xff]")
_LINE = re.compile(rb"[^\n]*\n?")
_NAMES = {"base-64": "base64", "base_64": "base64", "b": "base64"}
# Whole lines of 76 characters of base64.
_PIECE = 57 * 1000
_QUOTED = re.compile(r"(?:quoted[-_ ]?printable|q)\b")


def encoding_named(field: str) -> str:
    """The encoding that a field names, in lower case; comments and wrong signs are left out."""
    name = re.sub(r"\([^)]*\)", " ", field).strip("\"' ;,\t").lower()
    if _QUOTED.match(name):
        return "quoted-printable"
    name = re.split(r"[\s;,]", name, maxsplit=1)[0].strip("\"'")
    return _NAMES.get(name, name)


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """The bytes that were meant; unknown encodings and uuencode are left as they are."""
    if encoding == "base64":
        return decode_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """What is encoded in `data`.

    Other characters are skipped. What is padded ends there, and may be followed by more that is
    encoded by itself (mailing lists add their footers so); prose behind it is `plain_tail`.
    """
    if _is_clean(data):
        return _decoded(data)
    encoded = data[: _tail_start(data)]
    return b"".join(map(_decoded, _PADDING.split(encoded)))


def plain_tail(data: bytes, encoding: str) -> bytes:
    """What a gateway wrote behind base64 without encoding it."""
    if encoding != "base64" or _is_clean(data):
        return b""
    return data[_tail_start(data) :]


def decoded_size(data: bytes, encoding: str) -> int:
    """How many bytes `decode_transfer` would give; base64 as it should be is not decoded."""
    if encoding == "base64" and _is_clean(data):
        digits = len(data) - sum(map(data.count, (*_SINGLE_WHITE, b"=")))
        return digits // 4 * 3 + max(0, digits % 4 - 1)
    return len(decode_transfer(data, encoding))


_SINGLE_WHITE = tuple(bytes([octet]) for octet in _WHITE)


def _is_clean(data: bytes) -> bool:
    """Whether there is nothing but digits, white space, and the padding at the end."""
    rest = data.translate(None, delete=_DIGITS + _WHITE)
    if not rest:
        return True
    return rest in (b"=", b"==") and data.rstrip(_WHITE + b"=").find(b"=") < 0


def _decoded(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data + b"===")
    except binascii.Error:
        digits = _NO_DIGITS.sub(b"", data)
        # One digit alone holds no whole byte.
        digits = digits[:-1] if len(digits) % 4 == 1 else digits
        return binascii.a2b_base64(digits + b"===")


def _tail_start(data: bytes) -> int:
    """Where prose begins that goes on to the end."""
    start = 0
    for match in _ENCODED_LINE.finditer(data):
        start = match.end()
    padded = data.rfind(b"=", 0, start) >= 0
    for line in _LINE.finditer(data, start):
        text = line[0].strip()
        if _PROSE.search(text) or (padded and text and not _is_group(text)):
            return line.start()
        padded = padded or text.endswith(b"=")
    return len(data)


def _is_group(line: bytes) -> bool:
    """Whether this may be the end of something encoded."""
    digits = len(_NO_DIGITS.sub(b"", line))
    return digits > 0 and (digits % 4 != 1 if b"=" in line else digits % 4 == 0)


def base64_lines(content: bytes) -> Iterator[bytes]:
    """`content` in base64 by pieces of whole lines, as a letter on its way has them."""
    for start in range(0, len(content), _PIECE):
        yield encodebytes(content[start : start + _PIECE]).replace(b"\n", b"\r\n")


def crlf_lines(raw: bytes) -> bytes:
    """`raw` with each line end as SMTP has it (RFC 5321 2.3.8)."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
