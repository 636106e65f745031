"""Header blocks: where they end, and their fields' text."""

import re
from collections.abc import Iterator, Mapping

from tuimail.mime import bounds
from tuimail.mime.charset import decode
from tuimail.mime.undeclared import LetterCharset

_FOLD = re.compile(rb"\r?\n")
_CONTINUED = re.compile(rb"\r?\n(?=[ \t])")
_SMALL = 16_000
_NO_HEADER = re.compile(rb"\r*\n")
_BLANK_LINE = re.compile(rb"\n\r*\n")
# Written into the file before the first field by what saved the letter.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]+\r*\n)*")
_NO_FIELD = re.compile(rb"^(?![!-9;-~]{1,200}[ \t]*:)(?![ \t\r\n])[^\n]{1,80}", re.MULTILINE)
_MAIL_FIELD = re.compile(
    rb"^(?:from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|received|reply-to|"
    rb"sender|references|in-reply-to|x-[!-9;-~]+|list-[a-z-]+|dkim-signature|return-path)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_FIELD = re.compile(rb"(?:>?From [^\n]*\n)?[!-9;-~]{1,200}[ \t]*:")
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:[^\n]*\n?(?:[ \t][^\n]*\n?)*")
_ANY_FIELD = re.compile(b"^" + _FIELD.pattern, re.MULTILINE)
_WORD = re.compile(rb"(=\?[^?\s]{1,80}\?([bBqQ])\?)([^?]*)\?=")
_EIGHT_BITS = re.compile(rb"[\x80-\xff]")


def split_header(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block of `raw[start:end]` ends and where the body begins."""
    if empty := _NO_HEADER.match(raw, start, end):
        return start, empty.end()
    if not _FIRST_FIELD.match(raw, start, end):
        return start, start
    blank = _BLANK_LINE.search(raw, start, end)
    if blank is None:
        return _fields_end(raw, start, end)
    if (early := _early_end(raw, start, blank.start() + 1)) is not None:
        return early, early
    return blank.start() + 1, blank.end()


def _early_end(raw: bytes, start: int, end: int) -> int | None:
    """Where a line stands that is no field, if the body begins there.

    It is a slip within the header where it is no boundary and fields that mail has follow.
    """
    if raw.startswith((b"From ", b">From "), start):
        start = raw.find(b"\n", start, end) + 1
    line = _NO_FIELD.search(raw, start, end)
    if line is None:
        return None
    is_slip = not line[0].startswith(b"--") and _MAIL_FIELD.search(raw, line.end(), end)
    return None if is_slip else line.start()


def _fields_end(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """No blank line: the body begins where the fields stop."""
    position = start
    if raw.startswith((b"From ", b">From "), start):
        position = raw.find(b"\n", start, end) + 1
    for _ in range(bounds.FIELDS):
        field = _FIELD.match(raw, position, end)
        if field is None:
            break
        position = field.end()
    return position, position


class FieldReader:
    """Reads the fields that bear one of `names` from header blocks."""

    def __init__(self, names: str, field_bytes: int) -> None:
        alternatives = "|".join(names.split())
        self._names = frozenset(name.encode() for name in names.split())
        self._pattern = re.compile(
            rf"^({alternatives})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)".encode(),
            re.IGNORECASE | re.MULTILINE,
        )
        self._field_bytes = field_bytes

    def read(self, block: bytes, charset: LetterCharset | None = None) -> Mapping[str, list[str]]:
        """The unfolded texts under each name, in lower case, in their order.

        Raw octets that are not UTF-8 are in `charset`, which `block` alone tells if it is left out.
        """
        found: dict[str, list[str]] = {}
        charset = charset or LetterCharset(block)
        small = len(block) <= min(self._field_bytes, _SMALL) and b"\0" not in block
        fields = self._quickly(block) if small else self._bounded(block)
        for count, (name, value) in enumerate(fields):
            if count == bounds.FIELDS:
                break
            value = value.replace(b"\r", b" ").strip()  # noqa: PLW2901
            found.setdefault(name.decode("ascii"), []).append(_text(value, charset))
        return found

    def _bounded(self, block: bytes) -> Iterator[tuple[bytes, bytes]]:
        for match in self._pattern.finditer(block[: bounds.HEADER_BYTES]):
            yield match[1].lower(), _FOLD.sub(b"", match[2][: self._field_bytes])

    def _quickly(self, block: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The same of a block in which no field can be too long."""
        # A mark, because a name that is continued is no name.
        block = _CONTINUED.sub(b"\0", block)
        for line in block.split(b"\n"):
            name, colon, value = line.partition(b":")
            name = name.rstrip(b" \t").lower()
            if colon and name in self._names:
                yield name, value.replace(b"\0", b"")


def every_field(raw: bytes) -> Iterator[tuple[str, str]]:
    """Name and unfolded text of each field of a letter's header, as they stand there."""
    head = normal_lines(raw[: bounds.HEADER_BYTES])
    block = head[: split_header(head, 0, len(head))[0]]
    charset = LetterCharset(raw)
    for count, match in enumerate(_ANY_FIELD.finditer(block)):
        if count == bounds.FIELDS:
            return
        name, _, value = match[0].partition(b":")
        text = b" ".join(value[: bounds.FIELD_BYTES].split())
        yield name.decode("ascii").rstrip(), _text(text, charset)


def _text(value: bytes, charset: LetterCharset) -> str:
    """What a field says, its encoded words as they stand there."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    # RFC 2047 2 allows none, and yet they mean the charset of their word.
    value = _WORD.sub(_all_ascii, value)
    return decode(value, "", lambda: charset.codec)


def _all_ascii(word: re.Match[bytes]) -> bytes:
    head, text = word[1], word[3]
    if word[2] in b"bB":
        return head + _EIGHT_BITS.sub(b"", text) + b"?="
    return head + _EIGHT_BITS.sub(lambda octet: b"=%02X" % octet[0][0], text) + b"?="


def normal_lines(raw: bytes) -> bytes:
    """The letter from its first field on, its lines ended by LF.

    Letters without any LF end their lines in CR; other line ends are left as they are.
    """
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    before = _BEFORE.match(raw)
    if before and before.end() and _FIRST_FIELD.match(raw, before.end()):
        return raw[before.end() :]
    return raw
