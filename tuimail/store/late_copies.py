"""A server that files what it sends itself, only later than our own copy waits for that."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tuimail.model.mail import MailboxName
from tuimail.store.database import Database
from tuimail.store.parcels import Delivery
from tuimail.store.values import from_micros, to_micros

# Who copies a letter after that does it by hand.
_LATE = timedelta(hours=1)
# Providers change.
_REMEMBERED = timedelta(days=365)

# Copies of ours that waited for the server's, and where the server said that it put them.
_OURS = """
  SELECT e.message_id, p.uid FROM main.outbox o
  CROSS JOIN main.entry e ON e.kind = 'append' AND e.message_id = o.message_id
    AND e.state = 'settled' AND e.not_before IS NOT NULL AND e.mailbox = ? AND e.changed > ?
  CROSS JOIN main.effect f ON f.entry = e.id AND f.gone = 0
  CROSS JOIN main.place p ON p.key = f.key AND p.mailbox = e.mailbox AND p.uid IS NOT NULL
  WHERE o.filed AND o.changed > ?
"""


class LateCopies:
    """Looks at what arrives, and remembers in the journal that there was such a copy.

    Neither of the two is removed: ours alone names who got a blind copy, and the server's may
    be another one than it seems. From then on ours waits longer, and takes the server's.
    """

    def __init__(self, journal: Database) -> None:
        self._journal = journal

    def look(self, mailbox: MailboxName, arrived: Iterable[Delivery], now: datetime) -> None:
        since = to_micros(now - _LATE)
        ours: dict[str, int] = dict(self._journal.rows(_OURS, (mailbox, since, since)))
        if any(_is_another(each, ours) for each in arrived):
            with self._journal.writing():
                self._journal.run(
                    "INSERT OR REPLACE INTO main.counter VALUES ('late copy', ?)",
                    (to_micros(now),),
                )

    def expected(self, now: datetime) -> bool:
        """Whether the server is known to file what it sends, and to take its time."""
        seen = self._journal.value("SELECT value FROM main.counter WHERE name = 'late copy'")
        return seen is not None and now - from_micros(seen) < _REMEMBERED


def _is_another(delivery: Delivery, ours: dict[str, int]) -> bool:
    uid = ours.get(delivery.envelope.message_id)
    return uid is not None and uid != delivery.uid
