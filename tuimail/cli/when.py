"""A time as somebody types it."""

import re
from datetime import datetime, timedelta

from tuimail.cli.failure import Exit, Failure

_AGE = re.compile(r"\+(\d{1,4})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_time(text: str, now: datetime) -> datetime:
    """`+2h`, the next `08:30`, or `2026-01-31 08:30` in the zone of `now`; raises Failure."""
    if later := _AGE.fullmatch(text):
        return now + int(later[1]) * _UNITS[later[2]]
    if clock := _CLOCK.fullmatch(text):
        today = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failure(
            f'"{text}" is no time such as +2h, 08:30 or 2026-01-31 08:30', Exit.USAGE
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if moment <= now:
        raise Failure(f"{text} is past", Exit.USAGE)
    return moment
