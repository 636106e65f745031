"""Bytes to text in a stranger's charset; any bytes under any label give text.

One truth for bodies, header fields and file names: the labels and tables of the WHATWG
Encoding Standard, which browsers follow; beyond it what only mail has (RFC 1922, 1456, 2152).
"""

import re
from collections.abc import Callable
from encodings.aliases import aliases
from functools import lru_cache

from webencodings.labels import LABELS

from tuimail.mime import east_asian
from tuimail.mime.charset_tables import VISCII, VISCII_LOW
from tuimail.mime.word_set import word_set

# The name of a charset as this package writes it: Python's, or one of `_OURS`.
Codec = str

_LABEL = re.compile(r"[a-z0-9_][a-z0-9_.:()+-]{0,39}")
_UNICODE = re.compile(r"utf_(16|32)")
_CODE_PAGE = re.compile(r"(?:windows|win|cp|ibm|dos)_?([0-9]{3,4})")

# Python's names of the codecs that turn bytes into text and do nothing else: no
# unicode_escape, idna, punycode, rot13 or zlib.
_TEXT_CODECS = word_set(
    "ascii big5hkscs cp037 cp1006 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 "
    "cp1257 cp1258 cp437 cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 "
    "cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932 cp949 euc_jis_2004 euc_jisx0213 "
    "gb18030 hp_roman8 hz iso2022_jp_2004 iso2022_jp_3 iso2022_kr iso8859_10 iso8859_13 iso8859_14 "
    "iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 "
    "johab koi8_r koi8_t koi8_u kz1048 mac_arabic mac_croatian mac_cyrillic mac_farsi "
    "mac_greek mac_iceland mac_latin2 mac_roman mac_romanian mac_turkish ptcp154 shift_jis_2004 "
    "shift_jisx0213 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7 utf_8"
)

# What the names of the Encoding Standard, and of Python, are called here.
_MEANT = {
    "big5": "big5",
    "cp950": "big5",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ibm866": "cp866",
    "iso2022_jp_1": "iso2022_jp",
    "iso2022_jp_2": "iso2022_jp",
    "iso2022_jp_ext": "iso2022_jp",
    "iso8859_1": "cp1252",
    "iso8859_11": "cp874",
    "iso8859_9": "cp1254",
    "iso_2022_jp": "iso2022_jp",
    "iso_8859_8_i": "iso8859_8",
    "latin_1": "cp1252",
    "macintosh": "mac_roman",
    "shift_jis": "cp932",
    "tis_620": "cp874",
    "utf_16be": "utf_16_be",
    "utf_16le": "utf_16_le",
    "x_mac_cyrillic": "mac_cyrillic",
}
# Labels of mail that no table has, or that the Encoding Standard refuses to read.
_OF_MAIL = {
    "us_ascii": "ascii",
    "ascii": "ascii",
    "ansi_x3.4_1968": "ascii",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp51932": "euc_jp",
    "eucjp_ms": "euc_jp",
    "eucjpms": "euc_jp",
    "iso_2022_jp_ms": "iso2022_jp",
    "koi8r": "koi8_r",
    "koi8u": "koi8_u",
    "latin_9": "iso8859_15",
    "gb2312_charset": "gb18030",
    "hz_gb_2312": "hz",
    "iso_2022_cn": "iso2022_cn",
    "iso_2022_cn_ext": "iso2022_cn",
    "iso_2022_kr": "iso2022_kr",
    "chinesebig5": "big5",
    "koi8": "koi8_r",
    "koi8_ru": "koi8_u",
    "unicode_1_1_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "utf_16": "utf_16",
    "x_mac_greek": "mac_greek",
    "x_mac_turkish": "mac_turkish",
    "csviscii": "viscii",
    "viscii": "viscii",
}
# Whatever is written so is ASCII as far as it goes.
_OF_NO_MEANING = frozenset({"ascii", "cp1252"})


def decode(data: bytes, label: str = "", undeclared: Callable[[], Codec] | None = None) -> str:
    """Text as declared by `label`; without a label that means anything UTF-8, else `undeclared`.

    `undeclared` tells the charset of whatever else in the letter has no label; left out, it is
    judged by `data` alone.
    """
    codec = _believed(data, codec_of(label))
    if codec is not None and codec not in _OF_NO_MEANING:
        return decoded(data, codec)
    if b"\x1b$" in data and data.isascii():
        return decoded(data, "iso2022_jp")
    # Text that is valid UTF-8 beyond ASCII was hardly meant as anything else.
    if is_mostly_utf_8(data):
        return decoded(data, "utf_8")
    if codec == "cp1252":
        return decoded(data, codec)
    if undeclared is not None:
        return decoded(data, undeclared())
    from tuimail.mime.undeclared import guess  # noqa: PLC0415  which needs this module

    return decoded(data, guess(data))


def _believed(data: bytes, codec: Codec | None) -> Codec | None:
    """No text of two or four bytes a character is all ASCII and has no NUL."""
    if codec is not None and _UNICODE.match(codec) and data.isascii() and b"\0" not in data:
        return "ascii"
    return codec


def is_mostly_utf_8(data: bytes) -> bool:
    """Whether at least as many characters beyond ASCII are whole as bytes are wrong."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
    else:
        return True
    wrong = text.count("\ufffd")
    beyond = len(text) - len(text.encode("ascii", errors="ignore"))
    return beyond - wrong >= wrong


@lru_cache(maxsize=256)
def codec_of(label: str) -> Codec | None:
    """The name of a charset in mail; None if unknown, or if it is no plain charset."""
    label = label.strip(" \t\r\n\"'").lower().removeprefix("charset=").strip(" \"'")
    if not _LABEL.fullmatch(label):
        return None
    known = LABELS.get(label) or LABELS.get(label.replace("_", "-"), "")
    name = re.sub(r"[-: ]", "_", label)
    for spelling in (name, name.removeprefix("x_"), name.replace(".", "_"), name.strip("_")):
        codec = _OF_MAIL.get(spelling) or _named(known) or _named(spelling)
        if codec is not None:
            return codec
    return None


def _named(name: str) -> Codec | None:
    name = re.sub(r"[-: ]", "_", name)
    for one in (name, _CODE_PAGE.sub(r"cp\1", name)):
        meant = _MEANT.get(one) or _MEANT.get(aliases.get(one, one), aliases.get(one, one))
        if meant in _TEXT_CODECS or meant in _OURS:
            return meant
    return None


def decoded(data: bytes, codec: Codec) -> str:
    """`data` in that charset; what is no character in it becomes U+FFFD."""
    ours = _OURS.get(codec)
    text = ours(data) if ours else data.decode(codec, errors="replace")
    return text.removeprefix("\ufeff")


def _koi8_u(data: bytes) -> str:
    return data.decode("koi8_u", errors="replace").translate({0x255D: "ў", 0x256C: "Ў"})


def _gb18030(data: bytes) -> str:
    return data.decode("gb18030", errors="replace").translate({0xE5E5: 0x3000, 0xE7C7: "ḿ"})


def _cp1255(data: bytes) -> str:
    return "\u05ba".join(piece.decode("cp1255", errors="replace") for piece in data.split(b"\xca"))


def _viscii(data: bytes) -> str:
    return "".join(
        VISCII[octet - 0x80] if octet >= 0x80 else VISCII_LOW.get(octet) or chr(octet)
        for octet in data
    )


_OURS: dict[Codec, Callable[[bytes], str]] = {
    "big5": east_asian.decode_big5,
    "cp1255": _cp1255,
    "euc_jp": east_asian.decode_euc_jp,
    "gb18030": _gb18030,
    "iso2022_cn": east_asian.decode_iso_2022_cn,
    "iso2022_jp": east_asian.decode_iso_2022_jp,
    "koi8_u": _koi8_u,
    "viscii": _viscii,
}
