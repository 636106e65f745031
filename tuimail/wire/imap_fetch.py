"""Rows of FETCH: a quick way for what servers write alike, a general way for everything.

What cannot be read costs that item: the rest of the row is kept.
"""

import re
from collections.abc import Iterable, Iterator

from tuimail.model.mail import SYSTEM_FLAGS, Flag
from tuimail.model.safe_text import safe_line
from tuimail.wire.imap_dates import parse_internal_date
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_frames import Frame
from tuimail.wire.imap_responses import FetchRow, Unreadable
from tuimail.wire.imap_tokens import Value, named_values, parse_values
from tuimail.wire.uid_set import parse_uid

MAX_FLAGS = 500
MAX_NUMBER = (1 << 63) - 1

_FLAGS_ROW = re.compile(
    rb"\* \d{1,10} FETCH \(UID (\d{1,10}) FLAGS \(([^()\"\x00-\x1f]*)\)"
    rb"(?: MODSEQ \((\d{1,18})\))?\)"
)
_MESSAGE_ROW = re.compile(
    rb"\* \d{1,10} FETCH \(UID (\d{1,10}) FLAGS \(([^()\"\x00-\x1f]*)\)"
    rb' INTERNALDATE "([^"\\]*)" RFC822\.SIZE (\d{1,18}) BODY\[([^\]"]*)\] \{(\d+)\}'
)
_ITEM = re.compile(
    r"UID|FLAGS|INTERNALDATE|RFC822\.SIZE|MODSEQ|RFC822(?:\.HEADER|\.TEXT)?|BODY\[.*", re.IGNORECASE
)
# How an item is found in a row that makes no sense as a whole.
_LOOSE = {
    "UID": re.compile(rb"[( \t]UID[ \t]+(\d{1,19})(?!\d)", re.IGNORECASE),
    "FLAGS": re.compile(rb"[( \t]FLAGS[ \t]*\(([^()\x00-\x1f]*)\)", re.IGNORECASE),
    "INTERNALDATE": re.compile(rb'[( \t]INTERNALDATE[ \t]+"([^"]*)"', re.IGNORECASE),
    "RFC822.SIZE": re.compile(rb"[( \t]RFC822\.SIZE[ \t]+(\d{1,19})(?!\d)", re.IGNORECASE),
}
_CONTENT = re.compile(rb"BODY\[([^\]\[{}]*)[^\[{}]*\{(\d+)\}$", re.IGNORECASE)
_BODY = re.compile(rb"BODY\[", re.IGNORECASE)
_QUOTED = re.compile(rb'"[^"]*"')
_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}


class FetchReader:
    """Reads FETCH rows; keeps the sets of flags it has seen, which are few."""

    def __init__(self) -> None:
        self._flags: dict[bytes, frozenset[Flag]] = {}

    def read(self, frame: Frame, start: int) -> FetchRow | Unreadable:
        """The row, whose list begins at `start`; Unreadable where it tells nothing."""
        quick = self._flags_row(frame) if isinstance(frame, bytes) else self._message_row(frame)
        if quick is not None:
            return quick
        try:
            row = self._general(parse_values(frame, start))
        except ProtocolError:
            row = self._loose(frame)
        row = self._with_literal(row, frame)
        if row.uid is None and row.content is None and row.flags is None:
            return Unreadable("FETCH")
        return row

    def _flags_row(self, line: bytes) -> FetchRow | None:
        match = _FLAGS_ROW.fullmatch(line)
        if match is None or not (uid := int(match[1])):
            return None
        return FetchRow(uid, self._flag_set(match[2]), int(match[3] or 0))

    def _message_row(self, frame: tuple[bytes, ...]) -> FetchRow | None:
        match = _MESSAGE_ROW.fullmatch(frame[0])
        if match is None or len(frame) != 3 or frame[2] != b")":
            return None
        uid, size = int(match[1]), int(match[4])
        received = parse_internal_date(match[3])
        if not uid or received is None or len(frame[1]) != int(match[6]):
            return None
        section = match[5].decode("ascii", "replace")
        return FetchRow(uid, self._flag_set(match[2]), 0, received, size, frame[1], section)

    def _general(self, values: list[Value]) -> FetchRow:
        items = values[0] if values else None
        if not isinstance(items, list):
            raise ProtocolError("an unreadable FETCH row")
        row = FetchRow(None)
        for name, value in named_values(items, _ITEM):
            row = self._with_item(row, name, value)
        return row

    def _with_item(self, row: FetchRow, name: str, value: Value) -> FetchRow:
        match name:
            case "UID":
                row = row._replace(uid=_uid(value))
            case "FLAGS":
                row = row._replace(flags=self._flags_of(value))
            case "INTERNALDATE":
                date = value.encode("utf-8", "replace") if isinstance(value, str) else value
                told = parse_internal_date(date) if isinstance(date, bytes) else None
                row = row._replace(received=told)
            case "RFC822.SIZE":
                row = row._replace(size=read_number(value))
            case "MODSEQ":
                row = row._replace(modseq=_modseq(value))
            case _ if (section := _section(name)) is not None:
                if isinstance(value, bytes):
                    row = row._replace(content=value, section=section, withheld=False)
                elif row.content is None and value is None:
                    row = row._replace(section=section, withheld=True)
        return row

    def _loose(self, frame: Frame) -> FetchRow:
        """Item by item, each where it can be found."""
        texts = (frame,) if isinstance(frame, bytes) else frame[::2]
        # Nothing that a letter holds is taken for an item.
        outside = [_QUOTED.sub(b'""', _BODY.split(text, 1)[0]) for text in texts]
        row = FetchRow(None)
        for name, pattern in _LOOSE.items():
            text = _first(pattern, texts if name == "INTERNALDATE" else outside)
            if text is not None:
                row = self._with_item(row, name, _value_of(name, text))
        return row

    def _with_literal(self, row: FetchRow, frame: Frame) -> FetchRow:
        """The content where its name is written in an odd way."""
        if isinstance(frame, bytes) or row.content is not None or row.withheld:
            return row
        for text, literal in zip(frame[::2], frame[1::2], strict=False):
            if (content := _CONTENT.search(text)) is not None:
                section = content[1].decode("ascii", "replace").strip()
                whole = len(literal) == int(content[2])
                return row._replace(
                    content=literal if whole else None, section=section, withheld=not whole
                )
        return row

    def _flags_of(self, value: Value) -> frozenset[Flag] | None:
        """NIL is none at all; None is what is no list of flags."""
        if isinstance(value, bytes):
            return None
        words = [*_words(value if isinstance(value, list) else [value])]
        return self._flag_set(" ".join(words).encode("utf-8", "surrogateescape"))

    def _flag_set(self, raw: bytes) -> frozenset[Flag]:
        flags = self._flags.get(raw)
        if flags is None:
            if len(self._flags) >= 1000:
                self._flags.clear()
            flags = self._flags[raw] = _parse_flags(raw)
        return flags


def parse_flag(text: str) -> Flag:
    """A flag as the model spells it: system flags are told without regard to case."""
    return _SYSTEM.get(text.lower()) or Flag(str(safe_line(text, 250)))


def read_number(value: Value = None) -> int | None:
    """A number of up to 63 bits; None where it is none, negative or larger."""
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19):
        return None
    number = int(value)
    return number if number <= MAX_NUMBER else None


def _parse_flags(raw: bytes) -> frozenset[Flag]:
    words = raw.decode("utf-8", "replace").split()[:MAX_FLAGS]
    return frozenset(parse_flag(word) for word in words if word.lower() != "\\recent")


def _words(values: list[Value]) -> Iterator[str]:
    """The flags in a list; some servers quote them, and lose the backslash by that."""
    for value in values:
        if isinstance(value, list):
            yield from (word for word in value if isinstance(word, str))
        elif isinstance(value, bytes):
            word = value.decode("utf-8", "replace")
            yield word if (system := "\\" + word.lower()) not in _SYSTEM else system
        elif value is not None:
            yield value


def _uid(value: Value) -> int | None:
    try:
        return parse_uid(value) if isinstance(value, str) else None
    except ProtocolError:
        return None


def _modseq(value: Value) -> int:
    told = value[0] if isinstance(value, list) and value else value
    return read_number(told) or 0


def _section(name: str) -> str | None:
    """Of which part an item holds the content; None if it holds none."""
    if name.startswith("BODY["):
        return name[5:].partition("]")[0]
    return {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}.get(name)


def _value_of(name: str, text: bytes) -> Value:
    if name == "INTERNALDATE":
        return text
    words = text.decode("utf-8", "surrogateescape")
    return [*words.split()] if name == "FLAGS" else words


def _first(pattern: re.Pattern[bytes], texts: Iterable[bytes]) -> bytes | None:
    return next((match[1] for text in texts if (match := pattern.search(text))), None)
