"""When a message leaves its POP3 server, and why: one case after the other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tuimail.config.schema import Pop3Config
from tuimail.engine.aging import Ages
from tuimail.engine.leaving import Fate, Rules, fates, rules_of
from tuimail.store.maildrop import Drop

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = Drop("a", b"h", "a", 100, NOW - 9 * DAY)
AHEAD = replace(OLD, first_seen=NOW + DAY)
REMOVED = replace(OLD, removed=NOW - 2 * DAY)
PLACEHOLDER = replace(OLD, here=False)
LOCAL = Rules(None, with_local=True)
TOO_LARGE = "larger than max_size: it is on the server only"


def fate(drop: Drop, rules: Rules, *, ages: Ages | None = None) -> Fate:
    (found,) = fates([drop], rules, NOW, ages=ages)
    return found


@pytest.mark.parametrize(
    ("drop", "rules", "delete_on", "reason"),
    [
        (OLD, Rules(), NOW - 9 * DAY, "it is stored here"),
        (AHEAD, Rules(), NOW, "it is stored here"),
        (OLD, Rules(14), NOW + 5 * DAY, "14 days after it was first seen"),
        (OLD, Rules(9), NOW, "9 days after it was first seen"),
        (OLD, Rules(1), NOW - 8 * DAY, "1 day after it was first seen"),
        (OLD, Rules(None), None, 'delete_after_days is "never"'),
        (replace(OLD, kept=True), Rules(), None, "you keep it there"),
        (replace(REMOVED, kept=True), LOCAL, None, "you keep it there"),
        (REMOVED, LOCAL, NOW - 2 * DAY, "you deleted it here for good"),
        (REMOVED, Rules(14), NOW + 5 * DAY, "14 days after it was first seen"),
        (OLD, LOCAL, None, 'delete_after_days is "never"'),
        (PLACEHOLDER, Rules(), None, TOO_LARGE),
        (replace(REMOVED, here=False), LOCAL, NOW - 2 * DAY, "you deleted it here for good"),
        (replace(REMOVED, here=False), Rules(), None, TOO_LARGE),
    ],
)
def test_each_message_has_its_day_and_its_reason(
    drop: Drop, rules: Rules, delete_on: datetime | None, reason: str
) -> None:
    assert fate(drop, rules) == Fate(delete_on, reason)


def test_what_could_not_be_had_says_why() -> None:
    (found,) = fates([PLACEHOLDER], Rules(), NOW, reasons={"a": "lost", "b": "no"})
    assert found == Fate(None, "it could not be had: lost: it is on the server only")
    (found,) = fates([PLACEHOLDER], Rules(), NOW, reasons={"b": "no"})
    assert found == Fate(None, TOO_LARGE)


@pytest.mark.parametrize(
    ("delete_on", "due"), [(NOW - DAY, True), (NOW, True), (NOW + timedelta(0, 0, 1), False)]
)
def test_a_fate_is_due_from_its_moment_on(delete_on: datetime, due: bool) -> None:
    assert Fate(delete_on, "").is_due(NOW) is due
    assert not Fate(None, "").is_due(NOW)


def test_days_are_those_that_the_visits_saw_pass() -> None:
    """The clock was set 9 days ahead, and 2 of them were seen to pass."""
    ages = Ages(passed=5 * DAY, peak=NOW)
    seen = replace(OLD, seen_at=3 * DAY)
    assert fate(seen, Rules(5), ages=ages).delete_on == NOW + 3 * DAY
    assert fate(seen, Rules(2), ages=ages).delete_on == NOW
    assert fate(seen, Rules(5)).delete_on == NOW - 4 * DAY
    assert fate(OLD, Rules(5), ages=ages).delete_on == NOW - 4 * DAY
    assert fate(seen, Rules(5), ages=replace(ages, peak=NOW - DAY)).delete_on == NOW + 2 * DAY


@pytest.mark.parametrize(
    ("rules", "nothing"),
    [
        (Rules(None), True),
        (Rules(0), False),
        (Rules(5), False),
        (Rules(None, 1_000), False),
        (Rules(None, with_local=True), False),
        (Rules(0, 1_000, with_local=True), False),
    ],
)
def test_only_where_no_rule_is_set_nothing_is_deleted(rules: Rules, nothing: bool) -> None:
    assert rules.delete_nothing is nothing


def test_the_settings_are_the_rules() -> None:
    pop3 = Pop3Config(delete_after_days=3, keep_server_below=5_000, delete_with_local=True)
    assert rules_of(pop3) == Rules(3, 5_000, with_local=True)


def sized(name: str, size: int, days: int) -> Drop:
    return Drop(name, b"h", name, size, NOW - DAY * days)


@pytest.mark.parametrize(
    ("limit", "early"),
    [
        (1_201, ""),
        (1_200, "c"),
        (801, "c"),
        (800, "cb"),
        (500, "cb"),
        (400, "cba"),
        (1, "cba"),
        (0, ""),
    ],
)
def test_the_oldest_leave_until_the_server_is_below(limit: int, early: str) -> None:
    drops = [sized("a", 400, 1), sized("b", 400, 2), sized("c", 400, 3)]
    found = fates(drops, Rules(None, limit), NOW)
    gone = {drop.uidl for drop, each in zip(drops, found, strict=True) if each.is_due(NOW)}
    assert gone == set(early)
    for drop, each in zip(drops, found, strict=True):
        if drop.uidl in early:
            assert each.delete_on == NOW
            assert each.reason.startswith("among the oldest: the server is to stay below ")


def test_what_leaves_on_its_day_does_not_leave_early_where_there_is_room() -> None:
    drops = [sized("a", 400, 1), sized("b", 700, 9)]
    found = fates(drops, Rules(5, 1_000), NOW)
    assert [each.delete_on for each in found] == [NOW + 4 * DAY, NOW - 4 * DAY]
