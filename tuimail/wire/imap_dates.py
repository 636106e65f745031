"""INTERNALDATE as servers write it: RFC 9051 date-time, and what is meant by other forms."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_DATE = re.compile(
    rb"[ \t]*(?:[A-Za-z]{3,9},?[ \t]+)?"
    rb"(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]{0,6}\.?[ -](\d{4}|\d\d)[ T]+"
    rb"(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d{1,9})?"
    rb"(?:[ \t]*([+-]\d\d):?(\d\d)|[ \t]+[A-Za-z]{1,5})?(?:[ \t]*\([^()]{0,20}\))?[ \t]*"
)
_MONTHS = {
    month.encode(): number
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


def parse_internal_date(raw: bytes) -> datetime | None:
    """The moment, in UTC; None where it cannot be read. A zone that is a word is UTC."""
    match = _DATE.fullmatch(raw)
    if match is None:
        return None
    day, month, year, hour, minute, second, hours, minutes = match.groups()
    # A leap second is the last second of its minute.
    since_midnight = 3600 * int(hour) + 60 * int(minute) + min(int(second or 0), 59)
    if int(minute) > 59 or int(second or 0) > 60 or since_midnight > 24 * 3600:
        return None
    try:
        return _midnight(day, month, year, hours or b"+00", minutes or b"00") + timedelta(
            0, since_midnight
        )
    except (ValueError, OverflowError):
        return None


@lru_cache(1024)
def _midnight(day: bytes, month: bytes, year: bytes, hours: bytes, minutes: bytes) -> datetime:
    """When a day began, in UTC; a mailbox has many letters of each day."""
    number = _MONTHS.get(month.lower())
    if number is None or int(minutes) > 59:
        raise ValueError
    offset = timedelta(hours=int(hours[1:]), minutes=int(minutes))
    midnight = datetime(_year(year), number, int(day), tzinfo=UTC)
    return midnight + offset if hours[:1] == b"-" else midnight - offset


def _year(digits: bytes) -> int:
    """RFC 5322 4.3: two digits below 50 are of this century."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 50 else 1900)


_FIELD = re.compile(rb"^(?:received|date):([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEADER = 100_000


def date_in_header(content: bytes) -> datetime | None:
    """When the last server got a message, as its first Received or Date field says."""
    end = _HEADER_END.search(content, 0, _LONGEST_HEADER)
    header = content[: end.start() if end else _LONGEST_HEADER]
    dates = (
        parse_internal_date(b" ".join(field[1].rpartition(b";")[2].split()))
        for field in _FIELD.finditer(header)
    )
    return next((date for date in dates if date is not None and date.year >= 1980), None)
