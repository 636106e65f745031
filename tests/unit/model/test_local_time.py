"""This machine's time zone."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tuimail.model.local_time import LOCAL, local_now
from tuimail.model.query import Since, parse_query


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_summer_and_winter_have_their_own_offsets() -> None:
    assert datetime(2026, 7, 1, tzinfo=LOCAL).utcoffset() == timedelta(hours=2)
    assert datetime(2026, 1, 1, tzinfo=LOCAL).utcoffset() == timedelta(hours=1)


def test_a_moment_is_the_same_in_both_zones() -> None:
    for month in (1, 7):
        moment = datetime(2026, month, 1, 12, 30, 15, 5, tzinfo=UTC)
        assert moment.astimezone(LOCAL) == moment
        assert moment.astimezone(LOCAL).hour == (13 if month == 1 else 14)


def test_a_day_of_a_query_begins_at_its_own_midnight() -> None:
    in_winter = datetime(2026, 12, 1, tzinfo=LOCAL)
    query = parse_query("after:2026-07-01", in_winter)
    assert query == Since(datetime(2026, 6, 30, 22, 0, tzinfo=UTC))


def test_the_first_and_the_last_year_have_an_offset() -> None:
    for year in (1, 9999):
        assert datetime(year, 6, 1, tzinfo=LOCAL).utcoffset() is not None


def test_now_is_now() -> None:
    assert abs(local_now() - datetime.now(UTC)) < timedelta(seconds=5)
