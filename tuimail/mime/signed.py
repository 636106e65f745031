"""The part inside an opaque S/MIME signature (RFC 8551 3.5.2), without judging the signature.

No ASN.1 is read but the lengths around the part (X.690 8.7): it is found by its own header,
so that nothing in a stranger's structure can mislead or exhaust a parser.
"""

import re

_HEADER = re.compile(rb"(?:content-[a-z-]{1,40}|mime-version)[ \t]*:[^\n]{0,1000}\n", re.IGNORECASE)
_OCTETS = 0x04
_SEARCHED = 4_000


def enclosed_part(data: bytes) -> bytes:
    """Header and body of the part that is signed; nothing if there is none to be seen."""
    header = _HEADER.search(data, 0, _SEARCHED)
    if header is None:
        return b""
    start = header.start()
    for length_octets in range(1, 6):
        tag = start - 1 - length_octets
        if tag >= 0 and data[tag] == _OCTETS and (found := _length(data, tag + 1)) is not None:
            length, begin = found
            if begin == start:
                return _chunks(data, start, length)
    return data[start:]


def _chunks(data: bytes, start: int, length: int) -> bytes:
    """Octets that follow each other, which is how large content is written (X.690 8.7.3)."""
    pieces = [data[start : start + length]]
    end = start + length
    while end < len(data) and data[end] == _OCTETS and (found := _length(data, end + 1)):
        length, begin = found
        pieces.append(data[begin : begin + length])
        end = begin + length
    return b"".join(pieces)


def _length(data: bytes, start: int) -> tuple[int, int] | None:
    """A definite length (X.690 8.1.3) and where its content begins."""
    if start >= len(data):
        return None
    first = data[start]
    if first < 0x80:
        return first, start + 1
    count = first & 0x7F
    if not 1 <= count <= 4 or start + 1 + count > len(data):
        return None
    return int.from_bytes(data[start + 1 : start + 1 + count], "big"), start + 1 + count
