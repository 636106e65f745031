"""The time zone of this machine, summer time and all."""

import time
from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """What the system says for each moment; a fixed offset would be wrong in the other season."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is None:
            return timedelta(seconds=-time.timezone)
        try:
            stamp = time.mktime((*moment.timetuple()[:6], 0, 0, -1))
            return timedelta(seconds=time.localtime(stamp).tm_gmtoff)
        except (OverflowError, ValueError, OSError):
            return timedelta(seconds=-time.timezone)

    def dst(self, _moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        minutes = self.utcoffset(moment) // timedelta(minutes=1)
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"

    def fromutc(self, moment: datetime) -> datetime:
        local = moment.replace(tzinfo=UTC).astimezone()
        return local.replace(tzinfo=self)


LOCAL = LocalZone()


def local_now() -> datetime:
    return datetime.now(LOCAL)
