"""Dates of header fields (RFC 5322 3.3), and what other programs take for one."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

# As most letters have it, and as the standard says.
_USUAL = re.compile(
    r"(?:[A-Za-z]{3}, {0,3})?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? "
    r"([+-]\d{4})(?=$| \()"
)
_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ,]{1,3}(\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d{1,9})?)?"
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_TIME = re.compile(
    r"(?<!\d)(\d{1,2})[:.](\d{2})(?:[:.](\d{1,2}))?(?:[.,]\d{1,9})?(?![\d:])(?:\s?([AaPp])\.?[Mm]\b)?"
)
_COMMENT = re.compile(r"\([^()]{0,100}\)?")
_OFFSET = re.compile(r"(?<![\w.])(?:[A-Za-z]{1,5}\s?)?([+-])\s?(\d{1,2}):?(\d{2})?(?!\d)")
_NUMBER = re.compile(r"(?<!\d)(\d{1,4})(?!\d)")
_WORD = re.compile(r"[^\W\d_]{1,20}")
# By the first letters, in the languages in which programs are known to write it.
_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            *("jan ene gen gnn", "feb fév fev fvr", "mar mär mrz maa", "apr abr avr"),
            *("may mai mei mag maj", "jun giu juin", "jul lug juil", "aug ago aoû aou"),
            *("sep set", "oct okt out ott", "nov", "dec dez dic déc des"),
        ),
        1,
    )
    for prefix in prefixes.split()
}
# RFC 5322 4.3, and the names that are in use for one zone only.
_ZONES = {
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"HST": -10, "AKST": -9, "AKDT": -8, "AST": -4, "ADT": -3, "BRT": -3, "ART": -3},
    **{"WEST": 1, "BST": 1, "CET": 1, "MET": 1, "MEZ": 1, "CEST": 2, "MEST": 2, "MESZ": 2},
    **{"EET": 2, "EEST": 3, "SAST": 2, "MSK": 3, "MSD": 4, "PKT": 5, "WIB": 7, "ICT": 7},
    **{"HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
    **{"NZST": 12, "NZDT": 13},
}
_LONG_ZONE = re.compile(r"\b([A-Z])[a-z]+ ([SD])(?:tandard|aylight) (T)ime\b")
# A letter from outside these years has an unreadable date: later arithmetic must not overflow.
_YEARS = range(1900, 2200)
_READ_CHARACTERS = 200
_BEHIND_CHARACTERS = 40

Date = tuple[int, int, int]


def parse_date(text: str) -> datetime | None:
    """The moment, in the writer's zone, UTC where it is unknown; None if unreadable."""
    text = text[:_READ_CHARACTERS].strip()
    if usual := _USUAL.match(text):
        day, month, year, hour, minute, second, zone = usual.groups()
        date = (int(year), _month(month), int(day))
        return _moment(date, (int(hour), int(minute), int(second or 0)), _offset(zone[0], zone[1:]))
    return _unusual(text)


def _unusual(text: str) -> datetime | None:
    bare = " ".join(_COMMENT.sub(" ", text).split())
    if iso := _ISO.match(bare):
        year, month, day, hour, minute, second = (int(part or 0) for part in iso.groups())
        return _moment((year, month, day), (hour, minute, second), _zone(bare[iso.end() :], text))
    time = _TIME.search(_NUMERIC.sub(lambda date: " " * len(date[0]), bare))
    if time is None:
        return None
    behind = bare[time.end() :]
    date = _date(bare[: time.start()], _OFFSET.sub(" ", behind[:_BEHIND_CHARACTERS]))
    return date and _moment(date, _hours(time), _zone(behind, text))


def _date(before: str, behind: str) -> Date | None:
    """Day, name of the month and year, or month first; `31.12.2025`; what is behind the time
    counts where something is missing before it."""
    if numeric := _NUMERIC.search(f"{before} {behind}"):
        return int(numeric[3]), int(numeric[2]), int(numeric[1])
    # The name of a weekday may look like one of a month; it comes first.
    months = [month for word in _WORD.findall(before) if (month := _month(word))]
    months = months or [month for word in _WORD.findall(behind) if (month := _month(word))]
    numbers = (_NUMBER.findall(before) + _NUMBER.findall(behind))[:2]
    if not months or len(numbers) < 2:
        return None
    day, year = numbers
    if len(day) == 4:
        day, year = year, day
    return _full_year(year), months[-1], int(day)


def _month(word: str) -> int:
    """The number of the month that a word begins like; 0 if none."""
    word = word.lower()
    return _MONTHS.get(word[:4]) or _MONTHS.get(word[:3], 0)


def _full_year(year: str) -> int:
    """RFC 5322 4.3: two digits mean 1950 to 2049, three count from 1900."""
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if len(year) <= 2 and int(year) < 50 else 1900)


def _hours(time: re.Match[str]) -> tuple[int, int, int]:
    hour = int(time[1])
    if time[4] and hour <= 12:
        hour = hour % 12 + (12 if time[4] in "pP" else 0)
    return hour, int(time[2]), int(time[3] or 0)


def _zone(behind: str, text: str) -> timezone:
    """What stands behind the time says it, else a comment does, else it is UTC."""
    if offset := _OFFSET.search(behind):
        return _offset(offset[1], f"{int(offset[2]):02}{offset[3] or '00'}")
    if (long := _LONG_ZONE.search(text)) and (zone := _ZONES.get("".join(long.groups()))):
        return _hours_off(zone)
    for word in _WORD.findall(f"{behind} {' '.join(_COMMENT.findall(text))}"):
        if (zone := _ZONES.get(word.upper())) is not None:
            return _hours_off(zone)
    return UTC


@lru_cache(maxsize=64)
def _hours_off(hours: int) -> timezone:
    return timezone(timedelta(hours=hours))


@lru_cache(maxsize=256)
def _offset(sign: str, digits: str) -> timezone:
    minutes = int(digits[:2]) * 60 + int(digits[2:4])
    if minutes >= 24 * 60:
        return UTC
    return timezone(timedelta(minutes=minutes if sign == "+" else -minutes))


def _moment(date: Date, time: tuple[int, int, int], zone: timezone) -> datetime | None:
    hour, minute, second = time
    if date[0] not in _YEARS:
        return None
    try:
        return datetime(*date, hour, minute, min(59, second), tzinfo=zone)  # 60 is a leap second
    except ValueError:
        return None


def from_iso(text: str) -> datetime | None:
    """The moment that `datetime.isoformat` wrote; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
