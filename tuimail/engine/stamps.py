"""When a message was received, as it says itself."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from tuimail.backend.maildir.content import header_block
from tuimail.mime.dates import parse_date

_FIELD = re.compile(rb"^(Received|Date):((?:.*(?:\r?\n[ \t].*)*))", re.IGNORECASE | re.MULTILINE)
# A clock elsewhere may be ahead; a date further off is a mistake or a trick.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """`of_server`: in a Received field, where the last server wrote it, not the sender."""

    moment: datetime
    of_server: bool


def stamps(content: bytes) -> list[Stamp]:
    """Of the Received and Date fields that can be read, the last server's first."""
    found: list[Stamp] = []
    for match in _FIELD.finditer(header_block(content)[:100_000]):
        text = match[2].rpartition(b";")[2].decode("ascii", "replace")
        moment = parse_date(" ".join(text.split()))
        if moment is not None and moment.year >= 1980:
            found.append(Stamp(moment, match[1][:1] in b"Rr"))
    return found


def received_at(content: bytes, now: datetime) -> datetime:
    """When the last server got it, as it says in the first Received or Date field."""
    believable = (each.moment for each in stamps(content) if each.moment <= now + AHEAD)
    return next(believable, now)
