"""The fields of a query, and how the value of each is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from tuimail.model.nearest import there_are
from tuimail.model.query_names import Names
from tuimail.model.query_tree import (
    Before,
    Field,
    HasAttachment,
    HasId,
    In,
    InAccount,
    InThread,
    Is,
    Larger,
    Phrase,
    Query,
    QueryError,
    Since,
    Smaller,
    State,
    Tag,
    Word,
)


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value as it was written, and where."""

    field: str
    text: str
    quoted: bool
    position: int
    now: datetime
    names: Names | None = None

    def fail(self, expected: str) -> NoReturn:
        raise QueryError(f'{self.field}: needs {expected}, not "{self.text}"', self.position)


def _text(value: Value) -> Query:
    kind = Phrase if value.quoted else Word
    return kind(value.text, Field(value.field))


def _mailbox(value: Value) -> Query:
    if value.names is not None and not value.names.has_mailbox(value.text):
        there = there_are(value.text, value.names.mailboxes)
        raise QueryError(f'there is no mailbox "{value.text}"{there}', value.position)
    return In(value.text)


def _account(value: Value) -> Query:
    if value.names is not None and not value.names.has_account(value.text):
        there = there_are(value.text, value.names.accounts)
        raise QueryError(f'there is no account "{value.text}"{there}', value.position)
    return InAccount(value.text)


def _state(value: Value) -> Query:
    if value.text.lower() not in set(State):
        value.fail("one of " + ", ".join(State))
    return Is(State(value.text.lower()))


def _has(value: Value) -> Query:
    if value.text.lower() != "attachment":
        value.fail('"attachment"')
    return HasAttachment()


_SIZE = re.compile(r"(\d{1,15})([kmg]?)b?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def _size(value: Value) -> int:
    size = _SIZE.fullmatch(value.text)
    if size is None:
        value.fail("a size such as 500k or 1M")
    return int(size[1]) * _UNITS[size[2].lower()]


_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", re.ASCII)
_DAYS_AGO = {"today": 0, "yesterday": 1}


def read_day(value: Value) -> datetime:
    """Midnight at the beginning of the day, month or year that is named."""
    midnight = value.now.replace(hour=0, minute=0, second=0, microsecond=0)
    date = _DATE.fullmatch(value.text)
    try:
        if date is None:
            return midnight - timedelta(days=_DAYS_AGO[value.text.lower()])
        year, month, day = (int(part or 1) for part in date.groups())
        return midnight.replace(year=year, month=month, day=day)
    except (KeyError, ValueError, OverflowError):
        value.fail("a date such as 2026-01-31, today or yesterday")


_AGE = re.compile(r"(\d{1,6})([hdwmy])", re.IGNORECASE | re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}


def read_age(value: Value) -> datetime:
    """`now` less an age; months and years are those of the calendar."""
    age = _AGE.fullmatch(value.text)
    if age is None:
        value.fail("an age such as 12h, 7d, 2w, 6m or 1y")
    count, unit = int(age[1]), age[2].lower()
    try:
        if unit in _HOURS:
            return value.now - timedelta(hours=count * _HOURS[unit])
        return _months_before(value.now, count * (12 if unit == "y" else 1))
    except (ValueError, OverflowError):
        value.fail("an age that the calendar reaches back to")


def _months_before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    try:
        return now.replace(year=year, month=month + 1)
    except ValueError:
        return now.replace(year=year, month=month + 1, day=28)


FIELDS: dict[str, Callable[[Value], Query]] = {
    "from": _text,
    "to": _text,
    "cc": _text,
    "subject": _text,
    "body": _text,
    "in": _mailbox,
    "is": _state,
    "has": _has,
    "filename": _text,
    "list": _text,
    "tag": lambda value: Tag(value.text),
    "larger": lambda value: Larger(_size(value)),
    "smaller": lambda value: Smaller(_size(value)),
    "before": lambda value: Before(read_day(value)),
    "after": lambda value: Since(read_day(value)),
    "newer": lambda value: Since(read_age(value)),
    "older": lambda value: Before(read_age(value)),
    "account": _account,
    "thread": lambda value: InThread(value.text),
    "id": lambda value: HasId(value.text),
}
