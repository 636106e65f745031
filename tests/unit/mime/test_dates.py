"""Dates are read as generously as they are written, and never overflow."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.dates import parse_date

CET = timezone(timedelta(hours=1))
MOMENT = datetime(2025, 2, 3, 10, 11, 12, tzinfo=CET)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 3 Feb 2025 10:11:12 +0100", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 +0100 (CET)", MOMENT),
        ("3 Feb 2025 10:11:12 +0100", MOMENT),
        ("Mon,  3 February 2025 10:11:12 +0100", MOMENT),
        ("Mon, 03-Feb-25 10:11:12 +0100", MOMENT),
        ("Mon Feb  3 10:11:12 2025 +0100", MOMENT),
        ("Mon Feb  3 10:11:12 +0100 2025", MOMENT),
        ("2025-02-03T10:11:12+01:00", MOMENT),
        ("Mon, 3 Feb 2025 09:11:12 GMT", MOMENT),
        ("Mon, 3 Feb 2025 04:11:12 EST", MOMENT),
        ("Mon, 3 Feb 2025 09:11:12", MOMENT),
        ("Mon, 3 Feb 2025 10:11 +0100", MOMENT.replace(second=0)),
        ("Fri, 3 Feb 95 10:11:60 +0000", datetime(1995, 2, 3, 10, 11, 59, tzinfo=UTC)),
    ],
)
def test_usual_forms_are_read(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 Feb 25 10:11:12 AM +0100", MOMENT),
        ("3 Feb 25 10:11:12 PM +0100", MOMENT.replace(hour=22)),
        ("3 Feb 2025 12:29:13 AM +0100", MOMENT.replace(hour=0, minute=29, second=13)),
        ("3 Feb 2025 12:29:13 p.m. +0100", MOMENT.replace(hour=12, minute=29, second=13)),
        ("3 Feb 2025 22:11:12 PM +0100", MOMENT.replace(hour=22)),
        ("Mon, 3 Feb 2025 10:11:12 +01:00", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 GMT +0100", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 GMT+1", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 UTC+01:00", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 +100", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 (CET) +0100", MOMENT),
        ("Mon, 3 Feb 2025 04:11:12 (EST) -0500", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 (CET)", MOMENT),
        ("Mon, 3 Feb 2025 10:11:12 CET", MOMENT),
        ("Mon, 3 Feb 2025 18:11:12 JST", MOMENT),
        ("Mon, 3 Feb 2025 04:11:12 Eastern Standard Time", MOMENT),
        ("Monday, February 03, 2025 10:11:12 AM +0100", MOMENT),
        ("Feb 3, 2025 10:11:12 +0100", MOMENT),
        ("Mon, 003 Feb 2025 10:11:12 +0100", MOMENT),
        ("Mon,3 Feb 2025 10:11:12+0100", MOMENT),
        ("Mon, 3. Feb. 2025, 10.11.12 +0100", MOMENT),
        ("Montag, 3. Februar 2025 10:11:12 +0100", MOMENT),
        ("lun., 3 févr. 2025 10:11:12 +0100", MOMENT),
        ("mar., 4 févr. 2025 10:11:12 +0100", MOMENT.replace(day=4)),
        ("3 Mär 2025 10:11:12 +0100", MOMENT.replace(month=3)),
        ("3 dic 2025 10:11:12 +0100", MOMENT.replace(month=12)),
        ("03.02.2025 10:11:12 +0100", MOMENT),
        ("2025/02/03 10:11:12 +0100", MOMENT),
        ("2025-02-03 10:11:12 +0100", MOMENT),
        ("3 Feb 2025 10:11:12 +0100 tests=MAILTO_LINK", MOMENT),
    ],
)
def test_other_forms_that_programs_write_mean_what_they_say(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


def test_the_writers_zone_is_kept() -> None:
    date = parse_date("Mon, 3 Feb 2025 10:11:12 -0730")
    assert date is not None
    assert date.utcoffset() == timedelta(hours=-7, minutes=-30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Mon, 1 Jan 0001 00:00:00 +1400",
        "Mon, 31 Feb 2025 10:11:12 +0100",
        "Mon, 3 Feb 2025 25:11:12 +0100",
        "Mon, 3 Foo 2025 10:11:12 +0100",
        "9999-12-31T23:59:59-12:00",
        "2025-99-99 10:11",
    ],
)
def test_what_cannot_be_read_is_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_an_impossible_zone_counts_as_none() -> None:
    assert parse_date("Mon, 3 Feb 2025 10:11:12 +9999") == MOMENT.replace(tzinfo=UTC)


@given(st.text(st.sampled_from("0123456789 :-+JanMonTZ,.()"), max_size=60))
def test_any_date_can_be_moved_to_any_zone(text: str) -> None:
    date = parse_date(text)
    assert date is None or date.astimezone(timezone(timedelta(hours=-23))).year > 1800
