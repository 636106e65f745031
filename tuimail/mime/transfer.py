"""Undoes a Content-Transfer-Encoding (RFC 2045 6); any bytes give bytes."""

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """The bytes that were meant; unknown encodings and uuencode are left as they are."""
    if encoding == "base64":
        return decode_base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """What can be decoded; characters outside the alphabet are skipped."""
    try:
        return binascii.a2b_base64(data + b"===")
    except binascii.Error:
        digits = _NOT_BASE64.sub(b"", data)
        # One digit alone holds no whole byte.
        digits = digits[:-1] if len(digits) % 4 == 1 else digits
        return binascii.a2b_base64(digits + b"===")


def decoded_size(data: bytes, encoding: str) -> int:
    """How many bytes `decode_transfer` would give, without decoding base64."""
    if encoding == "base64":
        line_ends = data.count(b"\r") + data.count(b"\n")
        padding = data[-8:].count(b"=")
        return max(0, (len(data) - line_ends) // 4 * 3 - padding)
    if encoding == "quoted-printable":
        return len(binascii.a2b_qp(data))
    return len(data)
