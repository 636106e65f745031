"""Envelopes of header blocks."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.mime.letters import letter
from tuimail.mime import bounds
from tuimail.mime.header import envelope
from tuimail.model.mail import Envelope


def test_an_ordinary_header_is_read() -> None:
    read = envelope(
        b"Received: from x\r\n\tby y; Mon, 3 Feb 2025 00:00:00 +0000\r\n"
        b"FROM: Anna <anna@example.org>\r\nto : bert@example.org,\r\n carl@example.org\r\n"
        b"Cc:dora@example.org\r\nReply-To: list@example.org\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus_K=C3=B6ln?=\r\n"
        b"Date: Mon, 3 Feb 2025 10:11:12 +0000\r\nMessage-ID: <1@example.org>\r\n"
        b"List-Id: The list <list.example.org>\r\n\r\nSubject: not this\r\n"
    )
    assert read.subject == "Grüße aus Köln"
    assert [(a.name, a.address) for a in read.from_] == [("Anna", "anna@example.org")]
    assert [a.address for a in read.to] == ["bert@example.org", "carl@example.org"]
    assert [a.address for a in read.cc] == ["dora@example.org"]
    assert [a.address for a in read.reply_to] == ["list@example.org"]
    assert read.date == datetime(2025, 2, 3, 10, 11, 12, tzinfo=UTC)
    assert read.message_id == "1@example.org"
    assert read.list_id == "list.example.org"


def test_ids_are_bare_and_each_is_named_once() -> None:
    read = envelope(letter("impossible_dates"))
    assert read.in_reply_to == ("one@example.org", "two@example.org")
    assert read.references == ("one@example.org", "two@example.org", "three@example.org")
    assert read.message_id == "brackets@example.org"
    assert read.date is None


def test_a_second_from_does_not_hide_behind_the_first() -> None:
    senders = [address.address for address in envelope(letter("two_senders")).from_]
    assert senders == ["anna@example.org", "mallory@evil.example"]


def test_eight_bit_headers_are_read_as_what_they_are() -> None:
    assert envelope(letter("undeclared_latin1")).subject == "Grüße aus Köln"
    assert envelope(letter("undeclared_utf8")).subject == "Grüße aus Köln"


def test_a_lone_carriage_return_cannot_write_over_the_subject() -> None:
    assert envelope(letter("carriage_return_in_line")).subject == "evil good"


def test_lines_that_end_in_carriage_returns_are_lines() -> None:
    assert envelope(letter("only_carriage_returns")).subject == "Old Mac"


def test_the_newest_of_too_many_references_are_kept() -> None:
    ids = b" ".join(b"<%d@x>" % number for number in range(5_000))
    read = envelope(b"References: " + ids + b"\n\n")
    assert len(read.references) == bounds.REFERENCES
    assert read.references[-1] == "4999@x"


def test_a_huge_header_is_read_in_part() -> None:
    read = envelope(b"Subject: first\n" + b"X: y\n" * 500_000 + b"From: a@b\n\n")
    assert read.subject == "first"
    assert read.from_ == ()


def test_a_huge_subject_is_cut() -> None:
    assert len(envelope(b"Subject: " + b"x" * 1_000_000).subject) == bounds.SUBJECT_CHARACTERS


def test_no_header_gives_an_empty_envelope() -> None:
    assert envelope(b"") == Envelope()
    assert envelope(b"\r\nSubject: body\r\n") == Envelope()
    assert envelope(letter("no_header")) == Envelope()


@given(st.binary())
def test_any_bytes_have_an_envelope(block: bytes) -> None:
    assert isinstance(envelope(b"From: " + block + b"\nDate: " + block), Envelope)


_PIECES = [
    b"from",
    b"To",
    b":",
    b" ",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b"x@y",
    b"subject",
    b"\n ",
    b"\0",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map(b"".join))
def test_a_small_header_is_read_as_the_same_in_a_large_one(fields: bytes) -> None:
    small = b"X-First: 1\n" + fields
    large = b"X-First: 1" + b"x" * 20_000 + b"\n" + fields
    assert envelope(small) == envelope(large)
