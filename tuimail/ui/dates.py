"""Dates as people say them."""

from datetime import datetime, timedelta, tzinfo

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

SHORT, LONG = 6, 8


def short_date(moment: datetime, now: datetime, cells: int = SHORT) -> str:
    """12:04 today, Mon within the week, 3 Jan within the year, else 2024 or Jan 2024."""
    local = moment.astimezone(now.tzinfo)
    day = local.date()
    today = now.date()
    if day == today:
        return f"{local.hour:02}:{local.minute:02}"
    if today - timedelta(days=7) < day < today:
        return _WEEKDAYS[local.weekday()]
    if day.year == today.year:
        return f"{day.day} {_MONTHS[day.month - 1]}"
    return f"{_MONTHS[day.month - 1]} {day.year}" if cells >= LONG else str(day.year)


def sent_date(moment: datetime, local: tzinfo) -> str:
    """The reader's own time, and the sender's where their clocks differ."""
    here = moment.astimezone(local)
    differs = moment.tzinfo is not None and moment.utcoffset() != here.utcoffset()
    there = f" ({moment:%H:%M %z} there)" if differs else ""
    return long_date(here.replace(tzinfo=None)) + there


def long_date(moment: datetime) -> str:
    """Fri 3 Jan 2025 12:04 +0100: in the zone that the moment bears."""
    offset = moment.strftime("%z")
    return (
        f"{_WEEKDAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
        f" {moment.hour:02}:{moment.minute:02}" + (f" {offset}" if offset else "")
    )
