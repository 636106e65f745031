"""Header blocks: where they end, and their fields' text."""

import re
from collections.abc import Iterator, Mapping

from tuimail.mime import bounds
from tuimail.mime.charset import decode_header

_FOLD = re.compile(rb"\r?\n")
_CONTINUED = re.compile(rb"\r?\n(?=[ \t])")
_SMALL = 16_000
_NO_HEADER = re.compile(rb"\r*\n")
_BLANK_LINE = re.compile(rb"\n\r*\n")
_FIRST_FIELD = re.compile(rb"(?:>?From [^\n]*\n)?[!-9;-~]{1,200}[ \t]*:")
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:[^\n]*\n?(?:[ \t][^\n]*\n?)*")
_ANY_FIELD = re.compile(b"^" + _FIELD.pattern, re.MULTILINE)


def split_header(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block of `raw[start:end]` ends and where the body begins."""
    if empty := _NO_HEADER.match(raw, start, end):
        return start, empty.end()
    if not _FIRST_FIELD.match(raw, start, end):
        return start, start
    if blank := _BLANK_LINE.search(raw, start, end):
        return blank.start() + 1, blank.end()
    return _fields_end(raw, start, end)


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

    def read(self, block: bytes) -> Mapping[str, list[str]]:
        """The unfolded texts under each name, in lower case, in their order."""
        found: dict[str, list[str]] = {}
        small = len(block) <= min(self._field_bytes, _SMALL) and b"\0" not in block
        fields = self._quickly(block) if small else self._bounded(block)
        for count, (name, value) in enumerate(fields):
            if count == bounds.FIELDS:
                break
            value = value.replace(b"\r", b" ").strip()  # noqa: PLW2901
            text = value.decode("ascii") if value.isascii() else decode_header(value)
            found.setdefault(name.decode("ascii"), []).append(text)
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
    head = normal_line_ends(raw[: bounds.HEADER_BYTES])
    block = head[: split_header(head, 0, len(head))[0]]
    for count, match in enumerate(_ANY_FIELD.finditer(block)):
        if count == bounds.FIELDS:
            return
        name, _, value = match[0].partition(b":")
        text = b" ".join(value[: bounds.FIELD_BYTES].split())
        yield name.decode("ascii").rstrip(), decode_header(text)


def normal_line_ends(raw: bytes) -> bytes:
    """Letters without any LF end their lines in CR; all others are left as they are."""
    if b"\n" in raw or b"\r" not in raw:
        return raw
    return raw.replace(b"\r", b"\n")
