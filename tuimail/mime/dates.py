"""Dates of header fields (RFC 5322 3.3), and what other programs take for one."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

_DATE = re.compile(
    r"(?:[A-Za-z]{2,12}\.?,?\s*)?(\d{1,2})[\s-]{1,9}([A-Za-z]{3})[A-Za-z.]{0,9}[\s-]{1,9}(\d{2,4})"
    r"[\s,]{1,9}(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:\s{0,9}([+-]\d{4}|[A-Za-z]{1,5}))?"
)
# "Mon Jan  3 12:00:00 2022", as asctime writes it.
_ASCTIME = re.compile(
    r"(?:[A-Za-z]{2,12},?\s{1,9})?([A-Za-z]{3})[A-Za-z.]{0,9}\s{1,9}(\d{1,2}),?\s{1,9}"
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?\s{1,9}(?:([+-]\d{4}|[A-Za-z]{1,5})\s{1,9})?(\d{4})"
    r"(?:\s{1,9}([+-]\d{4}))?"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
# A letter from outside these years has an unreadable date: later arithmetic must not overflow.
_YEARS = range(1900, 2200)


def parse_date(text: str) -> datetime | None:
    """The moment, in the writer's zone, UTC where it is unknown; None if unreadable."""
    text = text[:200].strip()
    if match := _DATE.match(text):
        day, month, year, hour, minute, second, zone = match.groups()
        return _moment((year, month, day), (hour, minute, second), zone)
    if match := _ASCTIME.match(text):
        month, day, hour, minute, second, zone, year, late_zone = match.groups()
        return _moment((year, month, day), (hour, minute, second), zone or late_zone)
    if match := _ISO.match(text):
        return from_iso(match[0])
    return None


def _moment(
    date: tuple[str, str, str], time: tuple[str, str, str | None], zone: str | None
) -> datetime | None:
    month = _MONTHS.get(date[1].lower())
    year = _full_year(date[0])
    if month is None or year not in _YEARS:
        return None
    second = min(59, int(time[2] or 0))  # 60 is a leap second
    hour, minute = int(time[0]), int(time[1])
    try:
        return datetime(year, month, int(date[2]), hour, minute, second, tzinfo=_zone(zone or ""))
    except ValueError:
        return None


def _full_year(year: str) -> int:
    """RFC 5322 4.3: two digits mean 1950 to 2049, three count from 1900."""
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if len(year) == 2 and int(year) < 50 else 1900)


@lru_cache(maxsize=256)
def _zone(name: str) -> timezone:
    if name[:1] in ("+", "-"):
        minutes = int(name[1:3]) * 60 + int(name[3:5])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if name[0] == "+" else -minutes))
        return UTC
    return timezone(timedelta(hours=_ZONES.get(name.upper(), 0)))


def from_iso(text: str) -> datetime | None:
    """The moment that `datetime.isoformat` wrote; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
