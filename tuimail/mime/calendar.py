"""Calendar parts (RFC 5545) in words; nothing is expanded, added, fetched or answered (M10)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tuimail.mime.recurrence import in_words
from tuimail.model.local_time import LOCAL
from tuimail.model.safe_text import SafeText, safe_prose

if TYPE_CHECKING:
    from icalendar import Component

CHARACTERS = 200_000
EVENTS = 5
_PEOPLE = 12
_DATES = 12
_LINE = 300
_DESCRIPTION_LINES = 40
_UNREADABLE = "This calendar cannot be read; it says:"
_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The other time is declined",
    "REFRESH": "Asks for the invitation once more",
    "ADD": "One more date",
}
_NAMES = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Note"}
_ANSWERS = {
    "ACCEPTED": "accepts",
    "DECLINED": "declines",
    "TENTATIVE": "may come",
    "DELEGATED": "sends somebody else",
    "NEEDS-ACTION": "",
}
# Alarms are nobody's business but the reader's.
_BLOCK = re.compile(
    r"^BEGIN:(VALARM|VTIMEZONE)\b.*?^END:\1\b[^\n]*\n?", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_PROPERTY = re.compile(r"[A-Za-z0-9-]{1,60}[;:]")
_BARE_ZONE = re.compile(r";TZID=([^\";:]{0,40}(?:UTC|GMT) ?[+-]\d{1,2}:\d\d[^\";:]{0,60})(?=:)")
_ZONE_CHARACTERS = 5_000
_ZONE_CHANGES = 20
_YEARLY = re.compile(r"FREQ=(?!YEARLY\b)|INTERVAL=|\bBY(?!DAY|MONTH\b|MONTHDAY)", re.IGNORECASE)
_CHANGE = re.compile(r"^BEGIN:(?:STANDARD|DAYLIGHT)\b|^RDATE\b", re.IGNORECASE | re.MULTILINE)
_OFFSET = re.compile(r"(?:UTC|GMT)\s?([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)


def calendar_lines(text: str) -> Iterator[SafeText]:
    """The events' main fields, one a line; what cannot be read as it stands there."""
    from icalendar import Calendar  # noqa: PLC0415  100 ms, and few letters need it
    from icalendar.timezone import tzp  # noqa: PLC0415

    text = text[:CHARACTERS]
    # A zone that one letter defines says nothing about another letter.
    tzp.use_zoneinfo()
    try:
        calendars = Calendar.from_ical(_BLOCK.sub(_kept, _unfolded(text)), multiple=True)
        shown = [line for calendar in calendars for line in _calendar(calendar)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        shown = []
    if not any(line.startswith("  ") for line in shown):
        shown = [_UNREADABLE, *(f"  {line}" for line in text.splitlines() if line.strip())]
    for line in shown:
        yield safe_prose(line, _LINE)


def _kept(block: re.Match[str]) -> str:
    """A zone that changes a few times a year, as zones do; others are known by their names."""
    zone = block[0]
    is_zone = block[1].upper() == "VTIMEZONE" and len(zone) <= _ZONE_CHARACTERS
    is_calm = not _YEARLY.search(zone) and len(_CHANGE.findall(zone)) <= _ZONE_CHANGES
    return zone if is_zone and is_calm else ""


def _unfolded(text: str) -> str:
    """RFC 5545 3.1, with what some write against it: bare line ends, blank lines, lines broken
    without a blank, a colon in the name of a zone without quotes."""
    lines: list[str] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        if _PROPERTY.match(line):
            lines.append(_BARE_ZONE.sub(r';TZID="\1"', line))
        elif lines:
            lines[-1] += line
    return "".join(f"{line}\r\n" for line in lines)


def _calendar(calendar: "Component") -> Iterator[str]:
    method = str(calendar.get("METHOD", "")).strip().upper()
    components = [each for each in calendar.walk() if each.name in _NAMES]
    for component in components[:EVENTS]:
        yield f"{_METHODS.get(method, _NAMES[str(component.name)])}:"
        yield from (f"  {line}" for line in _component(component, method))
    if len(components) > EVENTS:
        yield f"and {len(components) - EVENTS} more"


def _component(one: "Component", method: str) -> Iterator[str]:
    for label, name in (("What", "SUMMARY"), ("Where", "LOCATION")):
        if text := _text(one, name):
            yield f"{label}: {text}"
    yield from _times(one)
    if rule := in_words(_values(one, "RRULE")):
        yield f"Repeats: {rule}"
    for label, name in (("Except", "EXDATE"), ("Also", "RDATE"), ("Only", "RECURRENCE-ID")):
        if dates := _dates(one, name):
            yield f"{label}: {dates}"
    if organizer := _values(one, "ORGANIZER"):
        yield f"Organizer: {_person(organizer[0])}"
    yield from _attendees(_values(one, "ATTENDEE"), method)
    for label, name in (("Status", "STATUS"), ("Link", "URL"), ("Comment", "COMMENT")):
        if text := _text(one, name):
            yield f"{label}: {text}"
    description = str(one.get("DESCRIPTION", "")).splitlines()[:_DESCRIPTION_LINES]
    yield from ("", *description) if any(line.strip() for line in description) else ()


def _values(one: "Component", name: str) -> Sequence[Any]:
    """Each value of a property that may stand there once or more often."""
    found = one.get(name, [])
    return found if isinstance(found, list) else [found]


def _text(one: "Component", name: str) -> str:
    return " ".join("; ".join(str(value) for value in _values(one, name)).split())


def _times(one: "Component") -> Iterator[str]:
    """When it begins and ends; the end of whole days is the last of them (RFC 5545 3.6.1)."""
    start, end = _moment(one, "DTSTART"), _moment(one, "DTEND") or _moment(one, "DUE")
    duration = _read(one.get("DURATION"))
    if end is None and start is not None and isinstance(duration, timedelta):
        end = start + duration
    if start is not None and not isinstance(start, datetime):
        last = end - timedelta(days=1) if end is not None else start
        if last <= start:
            yield f"All day: {start:%Y-%m-%d}"
            return
        end = last
    for label, moment, name in (("From", start, "DTSTART"), ("To", end, "DTEND")):
        if moment is not None:
            yield f"{label}: {_shown(moment, _zone_of(one, name))}"
    if start is None and (text := _text(one, "DTSTART")):
        yield f"From: {text}"


def _moment(one: "Component", name: str) -> date | None:
    moment = _read(one.get(name))
    return moment if isinstance(moment, date) else None


def _read(value: Any) -> object:
    """What a property means; None where the library could not read it."""
    try:
        return value.dt
    except (AttributeError, ValueError):
        return None


def _zone_of(one: "Component", name: str) -> str:
    value = one.get(name) or one.get("DTSTART")
    return str(getattr(value, "params", {}).get("TZID", ""))


def _shown(moment: date, zone: str) -> str:
    """In the reader's zone, and beside it in the sender's where that is another time."""
    if not isinstance(moment, datetime):
        return f"{moment:%Y-%m-%d}"
    if moment.tzinfo is None and (offset := _OFFSET.fullmatch(zone)):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        moment = moment.replace(tzinfo=timezone(ahead if offset[1] == "+" else -ahead))
    if moment.tzinfo is None:
        # Nobody knows where that is, or it is meant wherever one is (RFC 5545 3.3.5).
        return f"{moment:%Y-%m-%d %H:%M} {zone}".rstrip()
    here = moment.astimezone(LOCAL)
    shown = f"{here:%Y-%m-%d %H:%M}"
    if here.replace(tzinfo=None) == moment.replace(tzinfo=None):
        return f"{shown} {zone}".rstrip()
    day = "" if here.date() == moment.date() else f"{moment:%Y-%m-%d} "
    return f"{shown} ({day}{moment:%H:%M} {zone or 'UTC'})"


def _dates(one: "Component", name: str) -> str:
    found = [_read(each) for value in _values(one, name) for each in getattr(value, "dts", [value])]
    moments = [each for each in found if isinstance(each, date)]
    shown = [_shown(each, "") for each in moments[:_DATES]]
    more = [f"and {len(moments) - _DATES} more"] if len(moments) > _DATES else []
    return ", ".join([*shown, *more])


def _person(value: Any) -> str:
    address = re.sub(r"^mailto:", "", str(value), flags=re.IGNORECASE)
    name = str(getattr(value, "params", {}).get("CN", "")).strip()
    return f"{name} <{address}>" if name and name != address else address


def _attendees(people: Iterable[Any], method: str) -> Iterator[str]:
    """Who is asked, and what each has answered; an answer says nothing else."""
    everybody = list(people)
    for person in everybody[:_PEOPLE]:
        status = str(getattr(person, "params", {}).get("PARTSTAT", "")).upper()
        answer = _ANSWERS.get(status, status.lower())
        label = "Answer" if method in ("REPLY", "COUNTER") else "With"
        yield f"{label}: {_person(person)} {answer}".rstrip()
    if len(everybody) > _PEOPLE:
        yield f"With: {len(everybody) - _PEOPLE} more"
