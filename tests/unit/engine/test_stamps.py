"""What letters say of the time, and where a clock begins to be wrong, to the microsecond."""

from datetime import UTC, datetime, timedelta

import pytest

from tuimail.engine.aging import FRESH, PLAUSIBLE_PAUSE, Ages, ages_from
from tuimail.engine.stamps import AHEAD, Stamp, received_at, stamps

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def field(moment: datetime, name: str = "Received: from a by b;") -> bytes:
    return f"{name} {moment:%a, %d %b %Y %H:%M:%S +0000}\r\n".encode()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (field(NOW), [Stamp(NOW, True)]),
        (field(NOW, "received: a;"), [Stamp(NOW, True)]),
        (field(NOW, "DATE:"), [Stamp(NOW, False)]),
        (field(NOW, "Received: a;\r\n\tby b; really;"), [Stamp(NOW, True)]),
        (field(NOW, "Resent-Date:"), []),
        (b"Subject: x\r\n\r\n" + field(NOW), []),
        (field(datetime(1980, 1, 1, tzinfo=UTC)), [Stamp(datetime(1980, 1, 1, tzinfo=UTC), True)]),
        (field(datetime(1979, 12, 31, tzinfo=UTC)), []),
        (b"Received: never\r\n" + field(NOW, "Date:"), [Stamp(NOW, False)]),
        (field(NOW, "Date:") + field(NOW), [Stamp(NOW, False), Stamp(NOW, True)]),
    ],
)
def test_a_stamp_is_in_a_field_of_the_header(content: bytes, found: list[Stamp]) -> None:
    assert stamps(content) == found


@pytest.mark.parametrize(
    ("moments", "received"),
    [
        ((NOW - DAY,), NOW - DAY),
        ((NOW + AHEAD,), NOW + AHEAD),
        ((NOW + AHEAD + SECOND,), NOW),
        ((NOW + AHEAD + SECOND, NOW - DAY), NOW - DAY),
        ((), NOW),
    ],
)
def test_a_letter_was_received_when_its_first_stamp_that_can_be_says(
    moments: tuple[datetime, ...], received: datetime
) -> None:
    assert received_at(b"".join(map(field, moments)), NOW) == received


AT_NOW = Ages(5 * DAY, NOW, sure=True)


@pytest.mark.parametrize(
    ("later", "ages"),
    [
        (timedelta(0), AT_NOW),
        (TICK, Ages(5 * DAY + TICK, NOW + TICK, sure=True)),
        (PLAUSIBLE_PAUSE + DAY, Ages(25 * DAY + DAY, NOW + 21 * DAY, sure=True)),
        (-TICK, AT_NOW),
        (-PLAUSIBLE_PAUSE, AT_NOW),
        (-PLAUSIBLE_PAUSE - TICK, Ages(5 * DAY, NOW - PLAUSIBLE_PAUSE - TICK)),
    ],
)
def test_time_goes_on_from_the_peak(later: timedelta, ages: Ages) -> None:
    assert AT_NOW.at(NOW + later) == ages


@pytest.mark.parametrize(
    ("pause", "counted"), [(PLAUSIBLE_PAUSE, PLAUSIBLE_PAUSE), (PLAUSIBLE_PAUSE + TICK, 0 * DAY)]
)
def test_an_unsure_clock_is_believed_for_a_pause_that_can_be(
    pause: timedelta, counted: timedelta
) -> None:
    assert Ages(DAY, NOW).at(NOW + pause) == Ages(DAY + counted, NOW + pause)


@pytest.mark.parametrize(
    ("stamp", "ages"),
    [
        (Stamp(NOW + AHEAD, True), Ages(DAY, NOW, sure=True)),
        (Stamp(NOW + AHEAD, False), Ages(DAY, NOW)),
        (Stamp(NOW + AHEAD + TICK, False), Ages(DAY, NOW + AHEAD + TICK)),
        (Stamp(NOW - FRESH, True), Ages(DAY, NOW)),
        (Stamp(NOW - FRESH + TICK, True), Ages(DAY, NOW, sure=True)),
        (Stamp(NOW, False), Ages(DAY, NOW)),
    ],
)
def test_a_stamp_vouches_for_a_clock_or_shows_that_it_is_behind(stamp: Stamp, ages: Ages) -> None:
    assert Ages(DAY, NOW).compared(NOW, [stamp]) == ages
    old = Stamp(NOW - 100 * DAY, True)
    assert Ages(DAY, NOW).compared(NOW, [old, stamp, old]) == ages


def test_once_vouched_for_a_clock_stays_so_until_it_is_shown_to_be_wrong() -> None:
    assert AT_NOW.compared(NOW, []) == AT_NOW
    assert AT_NOW.compared(NOW, [Stamp(NOW - 9 * DAY, True)]) == AT_NOW
    behind = AT_NOW.compared(NOW - 5 * DAY, [Stamp(NOW - DAY, True)])
    assert behind == Ages(5 * DAY, NOW)
    assert Ages().compared(NOW, [Stamp(NOW, True)]) == Ages()


@pytest.mark.parametrize("ages", [AT_NOW, Ages(DAY + TICK, NOW - TICK), Ages(DAY, NOW)])
def test_what_passed_is_remembered(ages: Ages) -> None:
    assert ages_from(ages.as_memory()) == ages


def test_nothing_is_remembered_at_first() -> None:
    assert ages_from({}) == Ages()
    assert ages_from({"breaks": 1}) == Ages()
    assert ages_from({"peak": 1}) == Ages(timedelta(0), datetime(1970, 1, 1, tzinfo=UTC) + TICK)
    assert Ages().as_memory() == {"passed": 0, "peak": 0, "sure": 0}
