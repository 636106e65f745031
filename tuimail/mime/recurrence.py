"""Rules of recurrence (RFC 5545 3.3.10) in words; no date is ever computed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tuimail.model.local_time import LOCAL

_UNITS = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_PARTS = 15


def in_words(rules: Sequence[object]) -> str:
    """All rules of an event; what has no words here stands as it was written."""
    return "; and ".join(
        _rule(rule) if isinstance(rule, Mapping) else str(rule) for rule in rules[:5]
    )


def _rule(rule: Mapping[str, Any]) -> str:
    known = {name.upper(): _parts(value) for name, value in rule.items()}
    words = [_every(known)]
    if days := known.get("BYDAY"):
        words.append("on " + _listed(_day(day) for day in days[:_PARTS]))
    if dates := known.get("BYMONTHDAY"):
        words.append("on day " + _listed(str(day) for day in dates[:_PARTS]))
    if months := known.get("BYMONTH"):
        words.append("in " + _listed(_month(month) for month in months[:_PARTS]))
    if places := known.get("BYSETPOS"):
        words.append("(" + _listed(_ordinal(place) for place in places[:_PARTS]) + " of these)")
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO", "BYYEARDAY"):
        if values := known.get(name):
            words.append(f"{name}=" + ",".join(str(value) for value in values[:_PARTS]))
    text = " ".join(words)
    if counts := known.get("COUNT"):
        return f"{text}, {'once' if str(counts[0]) == '1' else f'{counts[0]} times'}"
    if ends := known.get("UNTIL"):
        return f"{text} until {_until(ends[0])}"
    return text


def _parts(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _every(known: Mapping[str, list[Any]]) -> str:
    frequency = str(known.get("FREQ", [""])[0]).upper()
    unit = _UNITS.get(frequency, frequency.lower() or "time")
    interval = str(known.get("INTERVAL", ["1"])[0])
    return f"every {unit}" if interval == "1" else f"every {interval} {unit}s"


def _day(day: object) -> str:
    text = str(day).upper()
    name = _DAYS.get(text[-2:], text[-2:])
    number = text[:-2]
    return f"the {_ordinal(number)} {name}" if number else name


def _ordinal(number: object) -> str:
    try:
        return _ORDINALS.get(int(str(number)), f"{number}.")
    except ValueError:
        return str(number)


def _month(number: object) -> str:
    text = str(number)
    return _MONTHS[int(text) - 1] if text.isdecimal() and 1 <= int(text) <= 12 else text


def _until(moment: object) -> str:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone(LOCAL)
    return f"{moment:%Y-%m-%d}" if isinstance(moment, date) else str(moment)


def _listed(words: Any) -> str:
    *most, last = list(words)
    return f"{', '.join(most)} and {last}" if most else last
