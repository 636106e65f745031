"""Days on a POP3 server: a clock that was wrong makes no letter leave early."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import letter
from tests.servers.pop3_server import Letter, Pop3Server
from tests.unit.engine.test_drain import Machine
from tuimail.engine.aging import PLAUSIBLE_PAUSE, Ages, ages_from
from tuimail.engine.leaving import Rules, fates
from tuimail.engine.stamps import Stamp, stamps
from tuimail.store.maildrop import Drop

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OLD = letter("old", date=datetime(2001, 1, 1, tzinfo=UTC))


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    async with Pop3Server().open() as server:
        server.letters = [Letter(OLD, "old")]
        made = Machine(tmp_path, server, days=3)
        yield made
        await made.close()


async def left_after(machine: Machine, *ahead: timedelta) -> list[bool]:
    """Whether the letters are there after a visit at each of these times."""
    found = []
    for each in ahead:
        machine.ahead = each
        await machine.drain()
        found.append(bool(machine.server.letters))
    return found


@pytest.mark.parametrize("behind", [30 * DAY, 365 * DAY, 5 * 365 * DAY, 20_000 * DAY])
async def test_a_clock_that_was_behind_makes_nothing_leave_early(
    machine: Machine, behind: timedelta
) -> None:
    times = (-behind, timedelta(0), 2 * DAY, 3 * DAY - HOUR, 3 * DAY + HOUR)
    assert await left_after(machine, *times) == [True, True, True, True, False]


@pytest.mark.parametrize("behind", [2 * DAY, 5 * DAY, 15 * DAY])
@pytest.mark.parametrize("field", ["Received: from a by b; ", "Date: "])
async def test_what_a_letter_says_of_the_time_shows_that_the_clock_is_behind(
    machine: Machine, behind: timedelta, field: str
) -> None:
    now = f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S +0000}"
    machine.server.letters = [Letter(f"{field}{now}\r\n\r\nHello\r\n".encode(), "fresh")]
    times = (-behind, timedelta(0), 3 * DAY - HOUR, 3 * DAY + HOUR)
    assert await left_after(machine, *times) == [True, True, True, False]


async def test_after_a_long_pause_a_letter_leaves_that_a_right_clock_saw(machine: Machine) -> None:
    now = f"Received: from a by b; {datetime.now(UTC):%a, %d %b %Y %H:%M:%S +0000}\r\n\r\n"
    machine.server.letters.append(Letter(now.encode(), "fresh"))
    assert await left_after(machine, timedelta(0), 400 * DAY) == [True, False]


async def test_after_a_pause_that_nobody_can_vouch_for_the_days_go_on(machine: Machine) -> None:
    times = (timedelta(0), 400 * DAY, 401 * DAY, 403 * DAY + HOUR)
    assert await left_after(machine, *times) == [True, True, True, False]


async def test_a_clock_that_is_set_back_and_forth_counts_no_day_twice(machine: Machine) -> None:
    times = (timedelta(0), -10 * DAY, timedelta(0), -10 * DAY, HOUR, 3 * DAY - HOUR, 3 * DAY + HOUR)
    assert await left_after(machine, *times) == [True] * 6 + [False]


async def test_a_clock_that_was_ahead_holds_nothing_up_for_ever(machine: Machine) -> None:
    times = (5_000 * DAY, timedelta(0), 2 * DAY, 3 * DAY + HOUR)
    assert await left_after(machine, *times) == [True, True, True, False]


async def test_a_letter_dated_ahead_holds_up_a_pause_and_no_more(machine: Machine) -> None:
    trick = b"Received: from a by b; Thu, 01 Jan 2099 00:00:00 +0000\r\n\r\n"
    machine.server.letters.append(Letter(trick, "trick"))
    times = (timedelta(0), DAY, 2 * DAY, 4 * DAY + HOUR)
    assert await left_after(machine, *times) == [True, True, True, False]


async def test_what_an_older_version_noted_is_counted_as_it_was(machine: Machine) -> None:
    await machine.drain()

    def forget(store: object) -> None:
        assert hasattr(store, "_journal")
        store._journal.run("UPDATE maildrop SET seen_at = NULL")
        store._journal.run("DELETE FROM maildrop_memory")

    await machine.disk(forget)
    assert await left_after(machine, 2 * DAY, 3 * DAY + HOUR) == [True, False]


def at(*moments: datetime, ages: Ages | None = None) -> Ages:
    ages = ages or Ages()
    for moment in moments:
        ages = ages.at(moment)
    return ages


@given(st.lists(st.integers(-400 * 24, 400 * 24), min_size=1, max_size=20))
def test_no_more_passes_than_the_clock_went_forward(hours: list[int]) -> None:
    moments = [NOW + HOUR * each for each in hours]
    ages = at(*moments)
    assert timedelta(0) <= ages.passed <= max(moments) - min(moments)
    assert ages_from(ages.as_memory()) == ages


def test_pauses_that_can_be_are_counted_to_the_microsecond() -> None:
    moments = [NOW, NOW + DAY, NOW + DAY + PLAUSIBLE_PAUSE]
    assert at(*moments).passed == DAY + PLAUSIBLE_PAUSE
    assert at(NOW, NOW + PLAUSIBLE_PAUSE + HOUR).passed == timedelta(0)


def test_a_fresh_stamp_of_a_server_vouches_for_the_clock_and_a_senders_does_not() -> None:
    for of_server, passed in ((True, 400 * DAY), (False, timedelta(0))):
        ages = at(NOW).compared(NOW, [Stamp(NOW - HOUR, of_server)])
        assert at(NOW + 400 * DAY, ages=ages).passed == passed
    stale = at(NOW).compared(NOW, [Stamp(NOW - 10 * DAY, of_server=True)])
    assert at(NOW + 400 * DAY, ages=stale).passed == timedelta(0)


def test_who_vouched_for_one_pause_does_not_vouch_for_a_wrong_clock_after_it() -> None:
    sure = at(NOW).compared(NOW, [Stamp(NOW, of_server=True)])
    ages = at(NOW + DAY, NOW - 100 * DAY, NOW + DAY, ages=sure)
    assert ages.passed == DAY


def test_stamps_are_read_and_told_apart() -> None:
    content = (
        b"Received: from a by b; Mon, 01 Jun 2020 10:00:00 +0000\r\n"
        b"Date: Tue, 02 Jun 2015 10:00:00 +0000\r\n\r\nDate: Tue, 02 Jun 2016 10:00:00 +0000\r\n"
    )
    assert stamps(content) == [
        Stamp(datetime(2020, 6, 1, 10, tzinfo=UTC), of_server=True),
        Stamp(datetime(2015, 6, 2, 10, tzinfo=UTC), of_server=False),
    ]
    assert stamps(b"Date: Mon, 01 Jun 1970 10:00:00 +0000\r\nReceived: never\r\n\r\n") == []


def drop(name: str, size: int, days: int = 0, *, here: bool = True, kept: bool = False) -> Drop:
    return Drop(name, b"h", name, size, NOW - DAY * days, here=here, kept=kept)


BELOW = Rules(None, below=1_000)


def test_the_oldest_make_room_and_no_more_than_it_takes() -> None:
    drops = [drop("new", 400, 1), drop("old", 400, 9), drop("older", 400, 10)]
    early = [fate.is_due(NOW) for fate in fates(drops, BELOW, NOW)]
    assert early == [False, False, True]


@pytest.mark.parametrize("more", [{"here": False}, {"kept": True}])
def test_where_room_cannot_be_made_nothing_leaves_early_and_the_plan_says_why(
    more: dict[str, bool],
) -> None:
    drops = [drop("one", 100, 9), drop("large", 1_000, 5, **more), drop("two", 100, 1)]
    told = fates(drops, BELOW, NOW)
    assert not any(fate.is_due(NOW) for fate in told)
    why = "without it, too, the server would hold"
    assert [why in fate.reason for fate in told] == [True, False, True]


def test_what_is_not_stored_yet_counts_where_room_is_to_be_made() -> None:
    drops = [drop("one", 100, 9)]
    assert fates(drops, BELOW, NOW, others=950)[0].is_due(NOW)
    assert not fates(drops, BELOW, NOW, others=800)[0].is_due(NOW)
    assert not fates(drops, BELOW, NOW, others=1_000)[0].is_due(NOW)


def test_what_leaves_anyway_makes_room_first() -> None:
    rules = Rules(5, below=1_000)
    drops = [drop("due", 900, 9), drop("stays", 500, 2)]
    assert [fate.is_due(NOW) for fate in fates(drops, rules, NOW)] == [True, False]


def test_exactly_at_the_limit_is_not_below_it() -> None:
    drops = [drop("one", 600, 9), drop("two", 400, 1)]
    assert [fate.is_due(NOW) for fate in fates(drops, BELOW, NOW)] == [True, False]


def test_the_plan_counts_days_in_words() -> None:
    words = [fates([drop("a", 1)], Rules(days), NOW)[0].reason for days in (0, 1, 2, None)]
    assert words == [
        "it is stored here",
        "1 day after it was first seen",
        "2 days after it was first seen",
        'delete_after_days is "never"',
    ]
