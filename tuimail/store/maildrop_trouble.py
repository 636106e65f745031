"""What a POP3 server lists and could not be had, and what its visits remember between them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tuimail.store.database import Row
from tuimail.store.journal_file import JournalFile
from tuimail.store.values import from_micros, to_micros

_COLUMNS = "name, size, since, last, tries, broke, reason, next_try"
_PLACES = ", ".join("?" * 8)

# After so many tries a placeholder stands for it.
ENOUGH_TRIES = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """One message that could not be had, `tries` times since `since`, the `last` time then.

    `name` is its UIDL, or where it has none its number and size. It `broke` the line, or was
    refused. Given up for now, it is tried again from `next_try` on.
    """

    name: str
    size: int
    since: datetime
    last: datetime
    tries: int
    broke: bool
    reason: str
    next_try: datetime

    @property
    def given_up(self) -> bool:
        """For now: it is asked for once in a while only."""
        return self.tries >= ENOUGH_TRIES


class TroubleRecord:
    """Written by the engine, for everyone to read."""

    def __init__(self, journal: JournalFile) -> None:
        self._journal = journal

    def troubles(self) -> list[Trouble]:
        """All of them, what lasts longest first."""
        rows = self._journal.rows(
            f"SELECT {_COLUMNS} FROM main.maildrop_trouble ORDER BY since, name"
        )
        return [_trouble(row) for row in rows]

    def note(self, troubles: Sequence[Trouble]) -> None:
        with self._journal.writing():
            self._journal.run_many(
                f"INSERT OR REPLACE INTO main.maildrop_trouble ({_COLUMNS}) VALUES ({_PLACES})",
                [_row(trouble) for trouble in troubles],
            )

    def over(self, names: Collection[str]) -> None:
        """These came, or are not there any more."""
        self._journal.run(
            "DELETE FROM main.maildrop_trouble WHERE name IN (SELECT value FROM json_each(?))",
            (json.dumps(list(names)),),
        )

    def memory(self) -> dict[str, int]:
        """What the visits remember, by name."""
        return dict(self._journal.rows("SELECT name, value FROM main.maildrop_memory"))

    def remember(self, values: Mapping[str, int]) -> None:
        with self._journal.writing():
            self._journal.run_many(
                "INSERT OR REPLACE INTO main.maildrop_memory VALUES (?, ?)", [*values.items()]
            )


def _trouble(row: Row) -> Trouble:
    name, size, since, last, tries, broke, reason, next_try = row
    times = from_micros(since), from_micros(last)
    return Trouble(name, size, *times, tries, bool(broke), reason, from_micros(next_try))


def _row(trouble: Trouble) -> tuple[object, ...]:
    return (
        trouble.name,
        trouble.size,
        to_micros(trouble.since),
        to_micros(trouble.last),
        trouble.tries,
        int(trouble.broke),
        trouble.reason,
        to_micros(trouble.next_try),
    )
