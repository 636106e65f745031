"""When messages leave a POP3 server, and why: one rule for the visit and for its plan."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tuimail.config.schema import Pop3Config
from tuimail.engine.aging import Ages
from tuimail.model.sizes import size_words
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import Drop
from tuimail.store.maildrop_trouble import Trouble
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


def fates(
    drops: Sequence[Drop],
    rules: Rules,
    now: datetime,
    *,
    others: int = 0,
    ages: Ages | None = None,
    reasons: Mapping[str, str] | None = None,
) -> list[Fate]:
    """What becomes of each message on the server; `others` are bytes of what is not stored yet.

    `ages` tells how long each has been there, and `reasons` why some could not be had.
    """
    passed = None if ages is None else ages.at(now).passed
    found = [_fate(drop, rules, now, _age(drop, now, passed), reasons or {}) for drop in drops]
    if rules.below is None:
        return found
    staying = [place for place, fate in enumerate(found) if not fate.is_due(now)]
    held = others + sum(drops[place].size for place in staying)
    spare = [place for place in staying if drops[place].here and not drops[place].kept]
    return _below(rules.below, found, held, {place: drops[place] for place in spare}, now)


def _below(
    limit: int, found: list[Fate], held: int, spare: Mapping[int, Drop], now: datetime
) -> list[Fate]:
    """Let the oldest of `spare` leave early, unless all of them would not be enough."""
    if held < limit:
        return found
    if held - sum(drop.size for drop in spare.values()) >= limit:
        words = f"; without it, too, the server would hold {size_words(limit)} or more"
        for place in spare:
            found[place] = replace(found[place], reason=found[place].reason + words)
        return found
    for place in sorted(spare, key=lambda each: spare[each].first_seen):
        if held < limit:
            break
        held -= spare[place].size
        words = f"among the oldest: the server is to stay below {size_words(limit)}"
        found[place] = Fate(now, words)
    return found


def _age(drop: Drop, now: datetime, passed: timedelta | None) -> timedelta:
    """How long it has been there: as the visits saw time pass, where they noted it."""
    if drop.seen_at is None or passed is None:
        return now - drop.first_seen
    return passed - drop.seen_at


def _fate(
    drop: Drop, rules: Rules, now: datetime, age: timedelta, reasons: Mapping[str, str]
) -> Fate:
    if drop.kept:
        return Fate(None, "you keep it there")
    if drop.removed is not None and rules.with_local:
        return Fate(drop.removed, "you deleted it here for good")
    if not drop.here:
        reason = reasons.get(drop.uidl)
        why = "larger than max_size" if reason is None else f"it could not be had: {reason}"
        return Fate(None, f"{why}: it is on the server only")
    days = rules.after_days
    if days is None:
        return Fate(None, 'delete_after_days is "never"')
    if not days:
        return Fate(min(drop.first_seen, now), "it is stored here")
    return Fate(now + timedelta(days=days) - age, f"{_days(days)} after it was first seen")


def not_had(trouble: Trouble) -> Fate:
    """Of a message that is not here at all: nothing deletes it there."""
    return Fate(None, f"it could not be had: {trouble.reason}")


def reasons_of(store: Store, uids: Collection[int]) -> dict[int, str]:
    """Why these, of which there are placeholders, could not be had."""
    drops = {uid_of(drop.name): drop.uidl for drop in store.maildrop.of_messages(uids)}
    reasons = {each.name: each.reason for each in store.maildrop_trouble.troubles()}
    return {uid: reasons[uidl] for uid, uidl in drops.items() if uidl in reasons}


def note_removed(store: Store, uids: Collection[int], now: datetime) -> None:
    """These are about to be deleted here for good; whether they were, the next visit sees."""
    store.maildrop.removed([drop.uidl for drop in store.maildrop.of_messages(uids)], now)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
