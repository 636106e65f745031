"""Calendar parts as a few lines of text; nothing is expanded, added or answered (M10)."""

import re
from collections.abc import Iterator

from tuimail.model.safe_text import SafeText, safe_prose

CHARACTERS = 200_000
EVENTS = 5
_FOLD = re.compile(r"\r?\n[ \t]")
_PROPERTY = re.compile(r"([A-Za-z-]{1,40})((?:;[^:\n]{0,500})?):(.{0,2000})")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_SHOWN = {
    "SUMMARY": "What",
    "DTSTART": "From",
    "DTEND": "To",
    "LOCATION": "Where",
    "ORGANIZER": "Organizer",
    "STATUS": "Status",
}
_METHODS = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer"}
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")


def calendar_lines(text: str) -> Iterator[SafeText]:
    """The events' main fields, one a line."""
    events = 0
    inside: list[str] = []
    method = "Event"
    for line in _FOLD.sub("", text[:CHARACTERS]).splitlines():
        found = _PROPERTY.match(line)
        if found is None:
            continue
        name, value = found[1].upper(), _ESCAPED.sub(_unescaped, found[3])
        if name == "METHOD":
            method = _METHODS.get(value.strip().upper(), method)
        elif name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] == "VEVENT":
                events += 1
                yield SafeText(f"{method}:")
        elif name == "END" and inside:
            inside.pop()
        elif inside[-1:] == ["VEVENT"] and name in _SHOWN and events <= EVENTS:
            yield SafeText(f"  {_SHOWN[name]}: {safe_prose(_value(name, found[2], value), 300)}")
        if events > EVENTS:
            return


def _unescaped(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]


def _value(name: str, options: str, value: str) -> str:
    if name == "ORGANIZER":
        return value.removeprefix("mailto:").removeprefix("MAILTO:")
    stamp = _STAMP.match(value) if name.startswith("DT") else None
    if stamp is None:
        return value
    day = f"{stamp[1]}-{stamp[2]}-{stamp[3]}"
    if stamp[4] is None:
        return day
    zone = re.search(r"TZID=([^;:]{1,60})", options)
    place = "UTC" if stamp[6] else (zone[1].strip('"') if zone else "")
    return f"{day} {stamp[4]}:{stamp[5]} {place}".rstrip()
