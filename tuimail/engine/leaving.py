"""When messages leave a POP3 server, and why: one rule for the visit and for its plan."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tuimail.config.schema import Pop3Config
from tuimail.model.sizes import size_words
from tuimail.store.maildrop import Drop
from tuimail.store.store import Store


@dataclass(frozen=True, slots=True)
class Rules:
    """`after_days` is None for never; `below` is what the server is to hold at most, in bytes.

    `with_local`: what the user deletes here for good is deleted there, too.
    """

    after_days: int | None = 0
    below: int | None = None
    with_local: bool = False

    @property
    def delete_nothing(self) -> bool:
        return self.after_days is None and self.below is None and not self.with_local


def rules_of(pop3: Pop3Config) -> Rules:
    return Rules(pop3.delete_after_days, pop3.keep_server_below, pop3.delete_with_local)


@dataclass(frozen=True, slots=True)
class Fate:
    """`delete_on` is None for what stays."""

    delete_on: datetime | None
    reason: str

    def is_due(self, now: datetime) -> bool:
        return self.delete_on is not None and self.delete_on <= now


def fates(drops: Sequence[Drop], rules: Rules, now: datetime, others: int = 0) -> list[Fate]:
    """What becomes of each message on the server; `others` are bytes of what is not stored yet."""
    found = [_fate(drop, rules, now) for drop in drops]
    if rules.below is None:
        return found
    staying = [place for place, fate in enumerate(found) if not fate.is_due(now)]
    held = others + sum(drops[place].size for place in staying)
    for place in sorted(staying, key=lambda each: drops[each].first_seen):
        if held < rules.below:
            break
        if drops[place].here and not drops[place].kept:
            held -= drops[place].size
            words = f"among the oldest: the server is to stay below {size_words(rules.below)}"
            found[place] = Fate(now, words)
    return found


def _fate(drop: Drop, rules: Rules, now: datetime) -> Fate:
    if drop.kept:
        return Fate(None, "you keep it there")
    if drop.removed is not None and rules.with_local:
        return Fate(drop.removed, "you deleted it here for good")
    if not drop.here:
        return Fate(None, "larger than max_size: it is on the server only")
    days = rules.after_days
    if days is None:
        return Fate(None, 'delete_after_days is "never"')
    if not days:
        return Fate(min(drop.first_seen, now), "it is stored here")
    return Fate(drop.first_seen + timedelta(days=days), f"{_days(days)} after it was first seen")


def note_removed(store: Store, uids: Collection[int], now: datetime) -> None:
    """These are about to be deleted here for good; whether they were, the next visit sees."""
    store.maildrop.removed([drop.uidl for drop in store.maildrop.of_messages(uids)], now)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
