"""Bytes to text in a stranger's charset; any bytes under any label give text."""

import re
from encodings.aliases import aliases
from functools import lru_cache

from tuimail.mime.word_set import word_set

_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,39}")

# Python's names of the codecs that turn bytes into text and do nothing else: no
# unicode_escape, idna, punycode, rot13, zlib or UTF-7 (evidence/parsing.md).
_TEXT_CODECS = word_set(
    "ascii big5 big5hkscs cp037 cp1006 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 "
    "cp1257 cp1258 cp437 cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860 cp861 "
    "cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932 cp949 cp950 euc_jis_2004 euc_jisx0213 "
    "euc_jp euc_kr gb18030 hp_roman8 hz iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 "
    "iso2022_jp_3 iso2022_jp_ext iso2022_kr iso8859_10 iso8859_11 iso8859_13 iso8859_14 "
    "iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 "
    "iso8859_9 johab koi8_r koi8_t koi8_u kz1048 mac_arabic mac_croatian mac_cyrillic mac_farsi "
    "mac_greek mac_iceland mac_latin2 mac_roman mac_romanian mac_turkish ptcp154 shift_jis_2004 "
    "shift_jisx0213 tis_620 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_8"
)

# What labels really mean in mail, where it is more than Python's alias.
_MEANT = {
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso_8859_1": "cp1252",
    "iso8859_1_windows_3.1_latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_8_i": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb2312_charset": "gb18030",
    "chinesebig5": "big5hkscs",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "windows_31j": "cp932",
    "cp932": "cp932",
    "euc_kr": "cp949",
    "ks_c_5601_1987": "cp949",
    "ksc5601": "cp949",
    "iso2022_jp": "iso2022_jp_ext",
    "windows_874": "cp874",
    "dos_874": "cp874",
    "tis_620": "cp874",
    "macintosh": "mac_roman",
    "x_mac_roman": "mac_roman",
    "x_mac_cyrillic": "mac_cyrillic",
    "x_mac_greek": "mac_greek",
    "x_mac_turkish": "mac_turkish",
    "utf8mb4": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
    "cp_850": "cp850",
    "koi8": "koi8_r",
}
GUESSED_BYTES = 10_000


def decode(data: bytes, label: str = "") -> str:
    """Text of a body part: as declared, else UTF-8, else a guess."""
    codec = codec_of(label)
    if codec not in (None, "ascii", "cp1252"):
        return _decoded(data, codec)
    # Text that is valid UTF-8 beyond ASCII was hardly meant as anything else.
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decoded(data, codec if codec == "cp1252" else guess(data))


def decode_header(data: bytes, label: str = "") -> str:
    """As `decode` for a header field, where guessing would take too long."""
    codec = codec_of(label) if label else None
    if codec not in (None, "ascii", "cp1252"):
        return _decoded(data, codec)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(data, "cp1252")


@lru_cache(maxsize=256)
def codec_of(label: str) -> str | None:
    """Python's name of a charset in mail; None if unknown, or if it is no plain charset."""
    label = label.strip(" \t\r\n\"'").lower().removeprefix("charset=")
    if not _LABEL.fullmatch(label):
        return None
    name = label.replace("-", "_").replace(":", "_").replace(" ", "_")
    for spelling in (name, name.removeprefix("x_"), name.replace(".", "_")):
        python_name = aliases.get(spelling, spelling)
        codec = _MEANT.get(spelling) or _MEANT.get(python_name, python_name)
        if codec in _TEXT_CODECS:
            return codec
    return None


def guess(data: bytes) -> str:
    """The codec that undeclared bytes seem to be in, cp1252 in doubt."""
    import chardet  # noqa: PLC0415  30 ms, and few letters need it

    found = chardet.detect(data[:GUESSED_BYTES])
    if found["encoding"] and found["confidence"] >= 0.4:
        return codec_of(found["encoding"]) or "cp1252"
    return "cp1252"


def _decoded(data: bytes, codec: str) -> str:
    return data.decode(codec, errors="replace").removeprefix("\ufeff")
