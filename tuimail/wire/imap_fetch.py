"""Rows of FETCH: a quick way for lists of flags, a general way for everything."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tuimail.model.mail import SYSTEM_FLAGS, Flag
from tuimail.model.safe_text import safe_line
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_frames import Frame
from tuimail.wire.imap_responses import FetchRow, Unreadable
from tuimail.wire.imap_tokens import Value, parse_values
from tuimail.wire.uid_set import MAX_UID, parse_uid

MAX_FLAGS = 500

_FLAGS_ROW = re.compile(
    rb"\* \d{1,10} FETCH \(UID (\d{1,10}) FLAGS \(([^()\"\x00-\x1f]*)\)"
    rb"(?: MODSEQ \((\d{1,19})\))?\)"
)
_MESSAGE_ROW = re.compile(
    rb"\* \d{1,10} FETCH \(UID (\d{1,10}) FLAGS \(([^()\"\x00-\x1f]*)\)"
    rb' INTERNALDATE "([^"\\]*)" RFC822\.SIZE (\d{1,19}) BODY\[([^\]"]*)\] \{\d+\}'
)
_UID = re.compile(rb"[( ]UID (\d{1,10})(?!\d)", re.IGNORECASE)
_DATE = re.compile(rb" ?(\d{1,2}-\w{3}-\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})")
_MONTHS = {
    month.encode(): number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_SYSTEM = {flag.lower(): flag for flag in SYSTEM_FLAGS}


class FetchReader:
    """Reads FETCH rows; keeps the sets of flags it has seen, which are few."""

    def __init__(self) -> None:
        self._flags: dict[bytes, frozenset[Flag]] = {}

    def read(self, frame: Frame, start: int) -> FetchRow | Unreadable:
        """The row, whose list begins at `start`; what cannot be read is said to be so."""
        quick = self._flags_row(frame) if isinstance(frame, bytes) else self._message_row(frame)
        if quick is not None:
            return quick
        try:
            return self._general(parse_values(frame, start))
        except ProtocolError:
            return Unreadable("FETCH", _rescued_uid(frame))

    def _flags_row(self, line: bytes) -> FetchRow | None:
        match = _FLAGS_ROW.fullmatch(line)
        if match is None or not 0 < (uid := int(match[1])) <= MAX_UID:
            return None
        return FetchRow(uid, self._flag_set(match[2]), int(match[3] or 0))

    def _message_row(self, frame: tuple[bytes, ...]) -> FetchRow | None:
        match = _MESSAGE_ROW.fullmatch(frame[0])
        if match is None or len(frame) != 3 or frame[2] != b")":
            return None
        uid, size = int(match[1]), int(match[4])
        if not 0 < uid <= MAX_UID:
            return None
        try:
            received = parse_internal_date(match[3])
        except ProtocolError:
            return None
        section = match[5].decode("ascii", "replace")
        return FetchRow(uid, self._flag_set(match[2]), 0, received, size, frame[1], section)

    def _general(self, values: list[Value]) -> FetchRow:
        items = values[0] if len(values) == 1 else None
        if not isinstance(items, list) or len(items) % 2:
            raise ProtocolError("an unreadable FETCH row")
        row = FetchRow(None)
        for name, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(name, str):
                raise ProtocolError("an unreadable FETCH row")
            row = self._with_item(row, name.upper(), value)
        return row

    def _with_item(self, row: FetchRow, name: str, value: Value) -> FetchRow:
        match name:
            case "UID":
                row = row._replace(uid=parse_uid(_atom(value)))
            case "FLAGS":
                words = " ".join(map(_atom, _list(value)))
                row = row._replace(flags=self._flag_set(words.encode("utf-8", "surrogateescape")))
            case "INTERNALDATE":
                row = row._replace(received=parse_internal_date(_string(value)))
            case "RFC822.SIZE":
                row = row._replace(size=parse_number(value))
            case "MODSEQ":
                row = row._replace(modseq=parse_number(*_list(value)[:1]))
            case _ if name.startswith("BODY["):
                content = b"" if value is None else _string(value)
                row = row._replace(content=content, section=name[5:].partition("]")[0])
        return row

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


def parse_internal_date(raw: bytes) -> datetime:
    """RFC 9051 date-time, in UTC."""
    match = _DATE.fullmatch(raw)
    if match is None:
        raise ProtocolError("an unreadable date")
    day, hour, minute, second, zone = match.groups()
    hours, minutes, seconds = int(hour), int(minute), int(second)
    if hours > 23 or minutes > 59 or seconds > 60:
        raise ProtocolError("an impossible date")
    # A leap second is the last second of its minute.
    since_midnight = 3600 * hours + 60 * minutes + min(seconds, 59)
    try:
        return _midnight(day, zone) + timedelta(0, since_midnight)
    except (ValueError, OverflowError) as impossible:
        raise ProtocolError("an impossible date") from impossible


@lru_cache(1024)
def _midnight(date: bytes, zone: bytes) -> datetime:
    """When a day began, in UTC; a mailbox has many letters of each day."""
    day, month, year = date.split(b"-")
    number = _MONTHS.get(month.lower())
    if number is None:
        raise ValueError
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    midnight = datetime(int(year), number, int(day), tzinfo=UTC)
    return midnight + offset if zone[:1] == b"-" else midnight - offset


def parse_number(value: Value = None) -> int:
    """A number of up to 63 bits."""
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19):
        raise ProtocolError("an unreadable number")
    return int(value)


def _parse_flags(raw: bytes) -> frozenset[Flag]:
    words = raw.decode("utf-8", "replace").split()[:MAX_FLAGS]
    return frozenset(parse_flag(word) for word in words if word.lower() != "\\recent")


def _rescued_uid(frame: Frame) -> int | None:
    match = _UID.search(frame if isinstance(frame, bytes) else frame[0])
    uid = int(match[1]) if match else 0
    return uid if 0 < uid <= MAX_UID else None


def _atom(value: Value) -> str:
    if not isinstance(value, str):
        raise ProtocolError("not an atom")
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise ProtocolError("not a list")
    return value


def _string(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise ProtocolError("not a string")
    return value
