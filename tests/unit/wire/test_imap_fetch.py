"""Rows of FETCH, by the quick way and the general one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.mail import SEEN, Flag
from tuimail.wire.imap import ResponseReader
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_fetch import FetchReader, parse_flag, parse_internal_date
from tuimail.wire.imap_responses import FetchRow, Response, Unreadable
from tuimail.wire.uid_set import MAX_UID

DATE = datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)


def read(data: bytes) -> Response:
    (response,) = ResponseReader().feed(data + b"\r\n")
    return response


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (b"UID 7 FLAGS (\\Seen)", FetchRow(7, frozenset({SEEN}))),
        (b"FLAGS (\\seen \\Recent) UID 7", FetchRow(7, frozenset({SEEN}))),
        (b"UID 7 FLAGS () MODSEQ (12)", FetchRow(7, frozenset(), 12)),
        (b"uid 7 modseq (12) flags ($Junk)", FetchRow(7, frozenset({Flag("$Junk")}), 12)),
        (b"FLAGS (\\Seen)", FetchRow(None, frozenset({SEEN}))),
        (b"UID 7", FetchRow(7)),
        (b"", FetchRow(None)),
        (
            b'UID 7 FLAGS () INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 44827'
            b" BODY[HEADER.FIELDS (FROM)] {3}\r\nab)",
            FetchRow(7, frozenset(), 0, DATE, 44827, b"ab)", "HEADER.FIELDS (FROM)"),
        ),
        (
            b'RFC822.SIZE 3 BODY[] "abc" X-NEW (a (b)) UID 7'
            b' INTERNALDATE " 7-Jul-1996 00:00:00 +0000"',
            FetchRow(7, None, 0, datetime(1996, 7, 7, tzinfo=UTC), 3, b"abc"),
        ),
        (b"UID 7 BODY[] NIL", FetchRow(7, content=b"")),
        (b"UID 7 BODY[]<0> {0}\r\n", FetchRow(7, content=b"")),
    ],
)
def test_a_row_is_read(row: bytes, told: FetchRow) -> None:
    assert read(b"* 1 FETCH (" + row + b")") == told


@pytest.mark.parametrize(
    ("row", "uid"),
    [
        (b"(UID 0 FLAGS ())", None),
        (b"(UID 4294967296 FLAGS ())", None),
        (b"(UID 7 FLAGS (()))", 7),
        (b"(UID 7 FLAGS)", 7),
        (b"(UID 7 FLAGS \\Seen)", 7),
        (b"(UID 7 RFC822.SIZE -1)", 7),
        (b'(UID 7 INTERNALDATE "31-Feb-1996 02:44:25 -0700")', 7),
        (b'(UID 7 INTERNALDATE "1-Jan-0001 00:00:00 +2359")', 7),
        (b"(UID 7 (a) b)", 7),
        (b"(UID 7", 7),
        (b"(UID 7 BODY[] (a))", 7),
        (b"()()", None),
        (b"UID 7", 7),
        (b"", None),
    ],
)
def test_a_row_that_cannot_be_read_is_counted_by_its_uid_if_it_has_one(
    row: bytes, uid: int | None
) -> None:
    assert read(b"* 1 FETCH " + row) == Unreadable("FETCH", uid)


def test_what_follows_an_unreadable_row_is_read() -> None:
    data = b"* 1 FETCH (UID 1 {4}{3}\r\nabc)\r\n* 2 FETCH (UID 2 FLAGS ())\r\n"
    rows = list(ResponseReader().feed(data))
    assert rows == [Unreadable("FETCH", 1), FetchRow(2, frozenset())]


def test_keywords_are_kept_as_they_are_and_made_harmless() -> None:
    assert parse_flag("$MDNSent") == "$MDNSent"
    assert parse_flag("\\FLAGGED") == "\\Flagged"
    row = read("* 1 FETCH (UID 7 FLAGS (a\u202eb \u009bx))".encode())
    assert isinstance(row, FetchRow)
    assert row.flags == frozenset({Flag("a\ufffdb"), Flag("\ufffdx")})


def test_many_different_sets_of_flags_are_not_kept() -> None:
    reader = FetchReader()
    for n in range(5000):
        row = reader.read(b"* 1 FETCH (UID 7 FLAGS (k%d))" % n, 10)
        assert isinstance(row, FetchRow)
        assert row.flags == frozenset({Flag(f"k{n}")})
    assert len(reader._flags) <= 1000


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"17-Foo-1996 02:44:25 -0700",
        b"17-Jul-96 02:44:25 -0700",
        b"17-Jul-1996 25:44:25 +0000",
    ],
)
def test_an_unreadable_date_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_internal_date(text)


def test_a_leap_second_is_the_last_of_its_minute() -> None:
    told = parse_internal_date(b"30-Jun-2015 23:59:60 +0000")
    assert told == datetime(2015, 6, 30, 23, 59, 59, tzinfo=UTC)


@given(
    uid=st.integers(1, MAX_UID),
    flags=st.frozensets(st.sampled_from(["\\Seen", "\\Answered", "$Junk", "x"])),
    received=st.datetimes(min_value=datetime(1000, 1, 2), timezones=st.just(UTC)),
    content=st.binary(max_size=50),
)
def test_the_quick_and_the_general_way_agree(
    uid: int, flags: frozenset[str], received: datetime, content: bytes
) -> None:
    received = received.replace(microsecond=0)
    date = f"{received.day:02}-{received:%b-%Y %H:%M:%S} +0000"
    start = f"UID {uid} FLAGS ({' '.join(flags)}) "
    rest = f'INTERNALDATE "{date}" RFC822.SIZE {len(content)} BODY[] {{{len(content)}}}\r\n'
    quick = read(f"* 1 FETCH ({start}{rest}".encode() + content + b")")
    general = read(f"* 1 FETCH (X-Y NIL {start}{rest}".encode() + content + b")")
    typed = frozenset(map(Flag, flags))
    assert quick == general == FetchRow(uid, typed, 0, received, len(content), content)
