"""mutt's patterns, as far as they are known here: `~f anna`, `~d <7d`, `~N`."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from tuimail.model.query_fields import FIELDS, Value, read_age, read_day
from tuimail.model.query_tree import (
    And,
    Before,
    Field,
    In,
    Is,
    Or,
    Phrase,
    Query,
    QueryError,
    Since,
    State,
    Word,
)

# A letter or sign by itself: "~/mail" and "~80" are words like any other.
PATTERN = re.compile(r'~([A-Za-z])(?=[\s()"]|$)')
LOOKS_LIKE_ONE = re.compile(r"~[A-Za-z][^\s()\"]*")

_FIELDS = {"f": "from", "s": "subject", "b": "body", "t": "to", "c": "cc"}
_PLAIN: dict[str, Query] = {
    "N": Is(State.UNREAD),
    "F": Is(State.FLAGGED),
    # What is deleted lies in the trash until it is gone.
    "D": In("trash"),
}
# What mutt has besides, and how it is said here.
_OTHERWISE = {
    "A": "nothing at all",
    "B": "body: or a word alone",
    "C": "to: or cc:",
    "i": "id:",
    "l": "list:",
    "O": "is:unread",
    "Q": "is:answered",
    "R": "is:read",
    "r": "~d, before: or after:",
    "U": "is:unread",
    "X": "has:attachment",
    "y": "tag:",
    "z": "larger: or smaller:",
}


def takes_value(letter: str, start: int) -> bool:
    """Whether something follows `~letter`; raises QueryError if there is no such pattern."""
    if letter in _PLAIN:
        return False
    if letter in _FIELDS or letter in "Ld":
        return True
    raise unknown(f"~{letter}", start)


def unknown(text: str, start: int) -> QueryError:
    letters = [*_FIELDS, "d", *_PLAIN, "L"]
    known = " ".join(f"~{letter}" for letter in letters)
    if len(text) > 2 and text[1] in letters:
        better = f'write "{text[:2]} {text[2:]}"' if text[1] not in _PLAIN else f"~{text[1]} alone"
    elif len(text) == 2 and text[1] in _OTHERWISE:
        better = f"write {_OTHERWISE[text[1]]}"
    else:
        better = _other_case(text, letters)
    words = f"{better}; " if better else ""
    return QueryError(f'there is no pattern "{text[:20]}"; {words}there are {known}', start)


def _other_case(text: str, letters: list[str]) -> str:
    other = text[1].swapcase()
    if len(text) == 2:
        return f"the nearest is ~{other}" if other in letters else ""
    return "quote it to look for it as it is"


def without_value(letter: str) -> Query:
    return _PLAIN[letter]


def with_value(letter: str, value: Value) -> Query:
    if letter in _FIELDS:
        return FIELDS[_FIELDS[letter]](replace(value, field=_FIELDS[letter]))
    if letter == "d":
        return _days(value)
    kind = Phrase if value.quoted else Word
    people = (Field.FROM, Field.TO, Field.CC)
    return Or(tuple(kind(value.text, place) for place in people))


_RELATIVE = re.compile(r"([<>=])(\d{1,6}[hdwmy])", re.IGNORECASE | re.ASCII)
_DAY = r"\d{1,2}/\d{1,2}/\d{4}|\d{8}"
_RANGE = re.compile(rf"({_DAY})?-({_DAY})?", re.ASCII)
_EXPECTED = "days such as <7d, >1m, 2026-01-31, 31/1/2026-28/2/2026 or 20260131-"


def _days(value: Value) -> Query:
    """Received within these days; both ends of a range belong to it."""
    if relative := _RELATIVE.fullmatch(value.text):
        return _relative(relative[1], replace(value, text=relative[2]))
    span = _RANGE.fullmatch(value.text)
    if span is None:
        day = _day(value, value.text)
        return _between(value, day, day)
    first, last = (_day(value, end) if end else None for end in span.groups())
    if first is None and last is None:
        value.fail(_EXPECTED)
    return _between(value, first, last)


def _relative(sign: str, value: Value) -> Query:
    moment = read_age(value)
    match sign:
        case "<":
            return Since(moment)
        case ">":
            return Before(moment)
        case _:
            day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            return _between(value, day, day)


def _between(value: Value, first: datetime | None, last: datetime | None) -> Query:
    ends: list[Query] = [] if first is None else [Since(first)]
    try:
        ends += [] if last is None else [Before(last + timedelta(days=1))]
    except OverflowError:
        value.fail(_EXPECTED)
    return ends[0] if len(ends) == 1 else And(tuple(ends))


def _day(value: Value, text: str) -> datetime:
    """As mutt has it, 31/1/2026 or 20260131, or as everything here has it."""
    if slashed := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text, re.ASCII):
        text = "-".join(reversed(slashed.groups()))
    elif joined := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text, re.ASCII):
        text = "-".join(joined.groups())
    try:
        return read_day(replace(value, text=text))
    except QueryError:
        value.fail(_EXPECTED)
