"""Rows of FETCH, by the quick way and the general one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.mail import SEEN, Flag
from tuimail.wire.imap import ResponseReader
from tuimail.wire.imap_fetch import FetchReader, parse_flag
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
        (b"UID 7 BODY[] NIL", FetchRow(7, withheld=True)),
        (b'UID 7 BODY[] ""', FetchRow(7, content=b"")),
        (b"UID 7 BODY[]<0> {0}\r\n", FetchRow(7, content=b"")),
    ],
)
def test_a_row_is_read(row: bytes, told: FetchRow) -> None:
    assert read(b"* 1 FETCH (" + row + b")") == told


@pytest.mark.parametrize("row", [b"(UID 0)", b"(UID x)", b"()()", b"", b"(((("])
def test_a_row_that_tells_nothing_is_said_to_be_unreadable(row: bytes) -> None:
    assert read(b"* 1 FETCH " + row) == Unreadable("FETCH")


# A row as it should be, item by item, and what a server may write instead of each.
ITEMS = {
    "UID": b"UID 7",
    "FLAGS": b"FLAGS (\\Seen)",
    "INTERNALDATE": b'INTERNALDATE "17-Jul-1996 02:44:25 -0700"',
    "RFC822.SIZE": b"RFC822.SIZE 5",
    "MODSEQ": b"MODSEQ (12)",
}
CONTENT = b"BODY[HEADER.FIELDS (FROM TO)] {5}\r\nhello"
WHOLE = FetchRow(7, frozenset({SEEN}), 12, DATE, 5, b"hello", "HEADER.FIELDS (FROM TO)")
WITHOUT = {
    "UID": WHOLE._replace(uid=None),
    "FLAGS": WHOLE._replace(flags=None),
    "INTERNALDATE": WHOLE._replace(received=None),
    "RFC822.SIZE": WHOLE._replace(size=None),
    "MODSEQ": WHOLE._replace(modseq=0),
}
SLIPS = {
    "UID": [b"UID 0", b"UID -7", b"UID NIL", b"UID", b"UID 9223372036854775808", b"UID (7)"],
    "FLAGS": [b"FLAGS", b'FLAGS "\\Seen"'],
    "INTERNALDATE": [
        b"INTERNALDATE",
        b"INTERNALDATE NIL",
        b'INTERNALDATE ""',
        b'INTERNALDATE "00-Jan-0000 00:00:00 +0000"',
        b'INTERNALDATE "31-Feb-2024 00:00:00 +0000"',
        b'INTERNALDATE "31-Dec-9999 23:00:00 -1200"',
        b'INTERNALDATE "17-Foo-1996 02:44:25 -0700"',
        b'INTERNALDATE "17-Jul-1996 25:44:25 +0000"',
        b'INTERNALDATE "yesterday"',
        b"INTERNALDATE (17 Jul)",
        b"INTERNALDATE 17",
    ],
    "RFC822.SIZE": [
        b"RFC822.SIZE",
        b"RFC822.SIZE NIL",
        b"RFC822.SIZE -1",
        b"RFC822.SIZE 9223372036854775808",
        b"RFC822.SIZE 99999999999999999999999",
        b'RFC822.SIZE "5"',
        b"RFC822.SIZE (5)",
    ],
    "MODSEQ": [b"MODSEQ", b"MODSEQ ()", b"MODSEQ NIL", b"MODSEQ (9223372036854775808)"],
}


def row_of(items: dict[str, bytes]) -> bytes:
    return b"* 1 FETCH (" + b" ".join([*items.values(), CONTENT]) + b")"


def test_the_row_that_is_spoilt_is_read_whole() -> None:
    assert read(row_of(ITEMS)) == WHOLE


@pytest.mark.parametrize(("name", "slip"), [(n, slip) for n in SLIPS for slip in SLIPS[n]])
def test_what_cannot_be_read_costs_its_item_alone(name: str, slip: bytes) -> None:
    assert read(row_of(ITEMS | {name: slip})) == WITHOUT[name]


@pytest.mark.parametrize("slip", [b"X-GM-THRID", b"X (a b)", b"ANNOTATION", b"(a)", b"9", b'"x" y'])
@pytest.mark.parametrize("name", ITEMS)
def test_an_item_that_nobody_asked_for_costs_nothing(name: str, slip: bytes) -> None:
    assert read(row_of(ITEMS | {name: slip + b" " + ITEMS[name]})) == WHOLE


@pytest.mark.parametrize(
    ("slip", "flags"),
    [
        (b"FLAGS NIL", frozenset()),
        (b"FLAGS \\Seen", {SEEN}),
        (b'FLAGS ("\\\\Seen" "x")', {SEEN, Flag("x")}),
        (b'FLAGS ("\\Seen")', {SEEN}),
        (b"FLAGS ((\\Seen))", {SEEN}),
        (b"FLAGS ({5}\r\n\\Seen)", {SEEN}),
        (b"FLAGS (\\Seen NIL x)", {SEEN, Flag("x")}),
        (b"FLAGS  ( \\seen\t\\Recent )", {SEEN}),
    ],
)
def test_flags_are_read_as_they_are_meant(slip: bytes, flags: frozenset[Flag]) -> None:
    assert read(row_of(ITEMS | {"FLAGS": slip})) == WHOLE._replace(flags=frozenset(flags))


@pytest.mark.parametrize(
    "row",
    [
        b"*  1 FETCH (UID 7 FLAGS ())",
        b"* 1  FETCH  (UID 7 FLAGS ())",
        b"* 1 fetch(uid 7  FLAGS () ) ",
        b"* 99999999999999999999 FETCH\t(UID 7\tFLAGS ())\t",
        b"* 1 FETCH (UID 7 FLAGS ()",
        b"* 1 FETCH (UID 7 FLAGS ()))",
    ],
)
def test_slips_of_the_row_harm_nobody(row: bytes) -> None:
    assert read(row) == FetchRow(7, frozenset())


@pytest.mark.parametrize(
    ("name", "section"),
    [
        (b"BODY[]", ""),
        (b"body[header]", "HEADER"),
        (b"BODY[HEADER.FIELDS (FROM TO)", "HEADER.FIELDS (FROM TO)"),
        (b"BODY[]<0>", ""),
        (b"RFC822", ""),
        (b"RFC822.HEADER", "HEADER"),
    ],
)
def test_the_content_is_found_whatever_its_name(name: bytes, section: str) -> None:
    row = read(b"* 1 FETCH (UID 7 " + name + b" {5}\r\nhello)")
    assert isinstance(row, FetchRow)
    assert (row.uid, row.content, row.section.upper()) == (7, b"hello", section)


def test_numbers_are_kept_as_they_were_sent() -> None:
    largest = b"9223372036854775807"
    row = read(
        b"* 1 FETCH (UID %b RFC822.SIZE %b MODSEQ (%b) FLAGS ())" % (largest, largest, largest)
    )
    assert row == FetchRow(MAX_UID, frozenset(), MAX_UID, size=MAX_UID)


@given(
    name=st.sampled_from([*ITEMS]),
    garbled=st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"").replace(b"}", b"")),
)
def test_no_garbled_item_loses_the_letter(name: str, garbled: bytes) -> None:
    row = read(row_of(ITEMS | {name: garbled}))
    assert isinstance(row, FetchRow)
    assert row.content == b"hello"
    assert name == "UID" or row.uid == 7


def test_what_a_letter_holds_is_never_taken_for_an_item() -> None:
    row = read(b'* 1 FETCH (X "a FLAGS (\\Seen) BODY[] "Subject: UID 9 FLAGS (\\Deleted)")')
    assert not isinstance(row, FetchRow) or (row.uid, row.content) == (None, None)


def test_what_follows_an_unreadable_row_is_read() -> None:
    data = b"* 1 FETCH (UID 1 {4}{3}\r\nabc)\r\n* 2 FETCH (UID 2 FLAGS ())\r\n"
    rows = list(ResponseReader().feed(data))
    assert rows == [FetchRow(1), FetchRow(2, frozenset())]


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


@given(
    uid=st.integers(1, (1 << 32) - 1),
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
