"""Charsets of East Asia as browsers read them (WHATWG Encoding Standard 12 and 13).

Python's codecs lack the rows that NEC, IBM and Microsoft added, which everyday mail uses.
Every function is total: what is no character becomes U+FFFD.
"""

import re
from collections.abc import Callable

from tuimail.mime.charset_tables import BIG5

_EUC_RUN = re.compile(rb"(?:[\xa1-\xfe]{2})+")
_EUC_OTHER = re.compile(rb"\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]")
_BIG5_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\xa1-\xfe]")
_ESCAPE = re.compile(rb"(\x1b(?:\$\([@BCDO-Q]|\$\)[ACEG]|\$[@AB*]|[(.N-][ABFHIJT]?))")
_LINE = re.compile(rb"(\r*\n)")
_SHIFTED = re.compile(rb"\x0e([^\x0f\r\n]*)\x0f?")
_DESIGNATION = re.compile(rb"\x1b\$[)*+][A-Z]")
_PAIR_OFFSET = 0x80


def decode_euc_jp(data: bytes) -> str:
    """EUC-JP with the vendor rows of JIS X 0208 and with JIS X 0212."""
    shown: list[str] = []
    end = 0
    for run in re.finditer(_EUC_OTHER.pattern + b"|" + _EUC_RUN.pattern, data):
        shown.append(data[end : run.start()].decode("ascii", errors="replace"))
        if run[0][0] in (0x8E, 0x8F):
            shown.append(run[0].decode("euc_jp", errors="replace"))
        else:
            shown.append(_jis_0208(run[0]))
        end = run.end()
    shown.append(data[end:].decode("ascii", errors="replace"))
    return "".join(shown)


def decode_iso_2022_jp(data: bytes) -> str:
    """ISO-2022-JP and its extensions (RFC 1468, 2237, 1554), vendor rows included.

    What has no escape sequence, but eighth bits, is Shift_JIS under a wrong label.
    """
    if b"\x1b" not in data:
        return data.decode("cp932", errors="replace")
    shown: list[str] = []
    escape = b"\x1b(B"
    for piece in _ESCAPE.split(data):
        if piece.startswith(b"\x1b") and _ESCAPE.fullmatch(piece):
            escape = piece
        elif escape in _JIS_0208:
            shown.append(_in_lines(piece, _jis_0208))
        else:
            shown.append((escape + piece).decode("iso2022_jp_ext", errors="replace"))
    return "".join(shown)


_JIS_0208 = (b"\x1b$@", b"\x1b$B", b"\x1b$(@", b"\x1b$(B")


def _in_lines(data: bytes, read: Callable[[bytes], str]) -> str:
    """Line ends stand between characters of two bytes as they are."""
    return "".join(
        piece.decode("ascii") if piece.endswith(b"\n") else read(piece)
        for piece in _LINE.split(data)
    )


def _jis_0208(pairs: bytes) -> str:
    """Pairs of row and cell, with or without eighth bits, by way of Shift_JIS.

    Microsoft's Shift_JIS has the very table that browsers use for all three encodings.
    """
    shifted = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        shifted += _shift_jis(row & 0x7F, cell & 0x7F)
    text = shifted.decode("cp932", errors="replace")
    return f"{text}\ufffd" if len(pairs) % 2 else text


def _shift_jis(row: int, cell: int) -> bytes:
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return b"\x80"  # no character: U+FFFD when decoded
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    if row % 2 == 0:
        return bytes((lead, cell + 0x7E))
    return bytes((lead, cell + (0x1F if cell < 0x60 else 0x20)))


def decode_big5(data: bytes) -> str:
    """Big5 with the additions of Hong Kong, ETEN and Microsoft."""
    shown: list[str] = []
    start = 0
    for pair in _BIG5_PAIR.finditer(data):
        if (character := BIG5.get(pair[0])) is not None:
            shown += [data[start : pair.start()].decode("big5hkscs", errors="replace"), character]
            start = pair.end()
    shown.append(data[start:].decode("big5hkscs", errors="replace"))
    return "".join(shown)


def decode_iso_2022_cn(data: bytes) -> str:
    """ISO-2022-CN (RFC 1922), of whose sets only GB 2312 is known; others give U+FFFD."""
    chinese = b"\x1b$)A" in data
    data = _DESIGNATION.sub(b"", data)

    def read(shifted: re.Match[bytes]) -> bytes:
        if not chinese:
            return "\ufffd".encode() * (len(shifted[1]) // 2)
        raised = bytes(octet | 0x80 for octet in shifted[1])
        return raised.decode("gb18030", errors="replace").encode()

    return _SHIFTED.sub(read, data).decode("utf-8", errors="replace")
