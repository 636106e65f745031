"""Which charset undeclared text is in, judged by what all of a letter has of it."""

import re
from functools import cached_property

from tuimail.mime.charset import Codec, codec_of

GUESSED_BYTES = 10_000
_LATIN = ("windows-1252", "windows-1250", "windows-1254", "windows-1257")
# What mail without a label was ever written in; chardet knows many more, and takes short text
# for the rarest of them.
_KNOWN = (
    *_LATIN,
    *("big5", "cp932", "cp949", "euc-jp", "gb18030", "koi8-r", "utf-8"),
    *("windows-1251", "windows-1253", "windows-1255", "windows-1256", "cp874"),
)
_JAPANESE = ("cp932", "euc_jp")
# Of two alphabets that fit about as well it is the common one.
_AS_WELL = 0.7
_TOO_FEW = 2
_RUN = re.compile(rb"[\x80-\xff]+")
_BESIDE = re.compile(
    rb"[A-Za-z][\x80-\xff]{1,2}(?![\x80-\xff])|(?<![\x80-\xff])[\x80-\xff]{1,2}(?=[A-Za-z])"
)
_KANA = re.compile("[\u3041-\u30fe]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
_TEXT_TYPE = re.compile(
    rb"^content-type[ \t]*:\s*(?:text/|multipart/)[^\n]*(?:\n[ \t][^\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
_CHARSET = re.compile(rb"charset\s*=\s*\"?([^\s\";]{1,40})", re.IGNORECASE)
_LABELS_NEAR = 256_000


class LetterCharset:
    """The charset of a letter's raw header fields, judged once, when it is first asked for."""

    def __init__(self, letter: bytes) -> None:
        self._letter = letter

    @cached_property
    def codec(self) -> Codec:
        """As the first text that says its charset; without any, as all of it looks."""
        for field in _TEXT_TYPE.finditer(self._letter, 0, _LABELS_NEAR):
            for label in _CHARSET.finditer(field[0]):
                codec = codec_of(label[1].decode("ascii", errors="replace"))
                # What is UTF-8 was found to be so before anybody asks here.
                if codec not in (None, "ascii", "utf_8"):
                    return codec
        return guess(self._letter)


def guess(data: bytes) -> Codec:
    """The codec that undeclared bytes seem to be in, windows-1252 in doubt."""
    sample = _telling(data)
    runs = _RUN.findall(sample)
    if sum(map(len, runs)) <= _TOO_FEW and all(len(run) == 1 for run in runs):
        return "cp1252"
    if _is_latin(sample, runs):
        return _latin(sample)
    return _japanese(sample) or _any(sample)


def _telling(data: bytes) -> bytes:
    """The lines that say something, as many as are needed."""
    lines: list[bytes] = []
    length = 0
    for match in _LINE.finditer(data):
        lines.append(match[0])
        length += len(match[0])
        if length > GUESSED_BYTES:
            break
    return b"\n".join(lines)[:GUESSED_BYTES]


def _is_latin(sample: bytes, runs: list[bytes]) -> bool:
    """Few and single letters beyond ASCII, beside many of ASCII."""
    longer = sum(len(run) for run in runs if len(run) > 2)
    if all(len(run) == 1 for run in runs):
        return True
    return longer * 2 < sum(map(len, runs)) and len(_BESIDE.findall(sample)) * 2 >= len(runs)


def _latin(sample: bytes) -> Codec:
    import chardet  # noqa: PLC0415  30 ms, and few letters need it

    found = {
        str(one["encoding"]).lower(): one["confidence"]
        for one in chardet.detect_all(sample, ignore_threshold=True, include_encodings=_LATIN)
    }
    best = max(found, key=lambda name: found[name], default=_LATIN[0])
    if found.get(_LATIN[0], 0) >= _AS_WELL * found.get(best, 0):
        return "cp1252"
    return codec_of(best) or "cp1252"


def _japanese(sample: bytes) -> Codec | None:
    """Hardly any text in another tongue has a third of its signs read as kana."""
    for codec in _JAPANESE:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError:
            continue
        beyond = sum(not character.isascii() for character in text)
        if len(_KANA.findall(text)) * 3 > beyond and not _HALF_WIDTH.search(text):
            return codec_of(codec)
    return None


def _any(sample: bytes) -> Codec:
    import chardet  # noqa: PLC0415

    found = chardet.detect(sample, include_encodings=_KNOWN)["encoding"]
    return codec_of(found or "") or "cp1252"
