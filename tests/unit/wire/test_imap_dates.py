"""INTERNALDATE as servers write it, and the date that a header tells."""

from datetime import UTC, datetime

import pytest

from tuimail.wire.imap_dates import date_in_header, parse_internal_date

DATE = datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        b"17-Jul-1996 02:44:25 -0700",
        b" 17-jul-1996 09:44:25 +0000",
        b"Wed, 17 Jul 1996 02:44:25 -0700",
        b"Wed, 17 Jul 96 02:44:25 -0700 (PDT)",
        b"17-Jul-96 02:44:25 -0700",
        b"17-Jul-1996 09:44:25 GMT",
        b"17-Jul-1996 09:44:25",
        b"17 July 1996 09:44:25 Z",
        b"17-Jul-1996 9:44:25.123 +00:00",
    ],
)
def test_a_date_is_read_as_it_is_meant(text: bytes) -> None:
    assert parse_internal_date(text) == DATE


def test_the_end_of_a_day_and_a_leap_second_are_moments() -> None:
    midnight = datetime(2024, 3, 1, tzinfo=UTC)
    assert parse_internal_date(b"29-Feb-2024 24:00:00 +0000") == midnight
    last = datetime(2015, 6, 30, 23, 59, 59, tzinfo=UTC)
    assert parse_internal_date(b"30-Jun-2015 23:59:60 +0000") == last


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"NIL",
        b"00-Jan-0000 00:00:00 +0000",
        b"00-Jan-1900 00:00:00 +0000",
        b"01-Jan-0000 00:00:00 +0000",
        b"31-Feb-2024 00:00:00 +0000",
        b"17-Foo-1996 02:44:25 -0700",
        b"17-Jul-1996 24:00:01 +0000",
        b"17-Jul-1996 25:44:25 +0000",
        b"17-Jul-1996 12:60:00 +0000",
        b"31-Dec-9999 23:00:00 -1200",
        b"1-Jan-0001 00:00:00 +2359",
        b"17-Jul-1996 12:00:00 +0099",
        b"17-Jul-1996",
        b"837596665",
    ],
)
def test_what_is_no_date_is_none(text: bytes) -> None:
    assert parse_internal_date(text) is None


@pytest.mark.parametrize(
    "header",
    [
        b"Date: Wed, 17 Jul 1996 02:44:25 -0700\r\n\r\n",
        b"Received: from a by b;\r\n\tWed, 17 Jul 1996 02:44:25 -0700 (PDT)\r\n"
        b"Received: from c; Tue, 16 Jul 1996 00:00:00 +0000\r\nDate: x\r\n\r\n",
        b"received: by x\r\nDATE: 17 Jul 1996 09:44:25 +0000",
        b"Date: soon\nReceived: y; 17 Jul 1996 09:44:25 +0000\n\nDate: 1 Jan 2020 00:00:00 Z",
    ],
)
def test_a_header_tells_when_a_letter_came(header: bytes) -> None:
    assert date_in_header(header) == DATE


@pytest.mark.parametrize(
    "header", [b"", b"Subject: x\r\n\r\nDate: 1 Jan 2020 00:00:00 Z", b"Date: "]
)
def test_a_header_may_tell_nothing(header: bytes) -> None:
    assert date_in_header(header) is None
