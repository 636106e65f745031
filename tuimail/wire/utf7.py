"""Mailbox names in modified UTF-7 (RFC 3501 5.1.3), both ways."""

import binascii
import re

_SHIFTED = re.compile(r"[^\x20-\x7e]+")
_ENCODED = re.compile(rb"&([A-Za-z0-9+,]*)-")


def encode_utf7(name: str) -> bytes:
    """`name` in modified UTF-7: printable ASCII only."""
    return _SHIFTED.sub(_shift, name.replace("&", "&-")).encode("ascii")


def decode_utf7(raw: bytes) -> str:
    """What `raw` means; a name that is no canonical modified UTF-7 is read as it stands.

    There "&" becomes U+FFFD, so that it is not taken for the name that has an "&".
    """
    if raw.isascii() and b"&" not in raw:
        return raw.decode("ascii")
    try:
        name = _ENCODED.sub(_unshift, raw).decode("utf-8")
    except (UnicodeDecodeError, binascii.Error):
        return _as_it_stands(raw)
    return name if encode_utf7(name) == raw else _as_it_stands(raw)


def _shift(match: re.Match[str]) -> str:
    utf16 = match[0].encode("utf-16-be", "surrogatepass")
    base64 = binascii.b2a_base64(utf16, newline=False).decode("ascii")
    return "&" + base64.rstrip("=").replace("/", ",") + "-"


def _unshift(match: re.Match[bytes]) -> bytes:
    base64 = match[1].replace(b",", b"/")
    if not base64:
        return b"&"
    utf16 = binascii.a2b_base64(base64 + b"=" * (-len(base64) % 4))
    return utf16.decode("utf-16-be").encode("utf-8")


def _as_it_stands(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("&", "\ufffd")
