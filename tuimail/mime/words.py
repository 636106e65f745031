"""Encoded words (RFC 2047) and parameters (RFC 2231) of header fields; total functions."""

import binascii
import re

from tuimail.mime import bounds
from tuimail.mime.charset import decode
from tuimail.mime.transfer import decode_base64

# Spaces inside are wrong, and common.
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"?|([^;]*))', re.DOTALL)
_NO_SEMICOLON = re.compile(r"[\s,:]+([a-zA-Z][a-zA-Z0-9*-]{1,30}\s?=)")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded; neighbours are joined before they are."""
    if "=?" not in text:
        return text
    shown: list[str] = []
    held, held_label = b"", ""
    end = 0
    for count, word in enumerate(_WORD.finditer(text)):
        if count == bounds.ENCODED_WORDS:
            break
        between = text[end : word.start()]
        label = word[1].lower()
        if between.strip() or (label != held_label and held):
            shown.append(decode(held, held_label))
            held = b""
        if between.strip():
            shown.append(between)
        held, held_label = held + _word_bytes(word[2], word[3]), label
        end = word.end()
    shown.append(decode(held, held_label))
    shown.append(text[end:])
    return "".join(shown)


def _word_bytes(encoding: str, encoded: str) -> bytes:
    data = encoded.encode("ascii", errors="ignore")
    if encoding in "bB":
        return decode_base64(data)
    return binascii.a2b_qp(data, header=True)


def parameters(field: str) -> tuple[str, dict[str, str]]:
    """The value of a field such as Content-Type, in lower case, and its parameters.

    Continued and encoded parameters (RFC 2231) are put together under the plain name;
    encoded words in them, which no standard allows, are decoded.
    """
    if ";" not in field:
        # Some write a blank, a comma or a colon where the standard has a semicolon.
        field = _NO_SEMICOLON.sub(r";\1", field)
    value = field.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(field):
        text = match[3].strip() if match[2] is None else _ESCAPED.sub(r"\1", match[2])
        name, *sections = match[1].lower().split("*")
        if not sections:
            plain.setdefault(name, text)
            continue
        number = int(sections[0]) if sections[0].isdecimal() and len(sections[0]) < 5 else 0
        pieces.setdefault(name, {}).setdefault(number, (sections[-1] == "", text))
    plain = {name: decode_words(text) for name, text in plain.items()}
    return value, plain | {name: _joined(found) for name, found in pieces.items()}


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    label = ""
    data = b""
    for position, (_, (encoded, text)) in enumerate(sorted(pieces.items())):
        if not encoded:
            data += text.encode("utf-8", errors="replace")
            continue
        if position == 0 and text.count("'") >= 2:
            label, _, text = text.split("'", 2)  # noqa: PLW2901  charset'language'value
        octets = text.encode("utf-8", errors="replace")
        data += _PERCENT.sub(lambda match: bytes.fromhex(match[1].decode()), octets)
    return decode(data, label)
