"""Where a header begins and ends in letters that do not keep to RFC 5322 2.1."""

import pytest

from tuimail.mime.header import envelope
from tuimail.mime.parse import attachment, parse
from tuimail.model.safe_text import SafeText

FIELDS = b"From: a@example.org\nSubject: here\nContent-Type: text/plain\n"


@pytest.mark.parametrize(
    "before",
    [b" \n", b"\t\r\n", b"  \n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \r\n"],
)
def test_what_stands_before_the_first_field_is_skipped(before: bytes) -> None:
    letter = before + FIELDS + b"\nText"
    assert envelope(letter).subject == "here"
    assert parse(letter).lines == ("Text",)


def test_parts_are_the_same_wherever_the_letter_begins() -> None:
    letter = (
        b" \nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nText\n--b\n"
        b"Content-Type: image/png; name=a.png\n\nPNG\n--b--\n"
    )
    assert [part.name for part in parse(letter).attachments] == ["a.png"]
    assert attachment(letter, 1) == ("a.png", b"PNG")


def test_a_letter_that_begins_with_an_empty_line_has_no_header() -> None:
    assert envelope(b"\n" + FIELDS).subject == ""


MULTIPART = b"From: a@example.org\nSubject: here\nContent-Type: multipart/mixed; boundary=b\n"
PARTS = b"--b\nContent-Type: text/plain\n\nHello world\n--b--\n"


@pytest.mark.parametrize("line", [b"", b" \n", b"\t\n", b" \r\n", b"  \n"])
def test_a_boundary_ends_the_header(line: bytes) -> None:
    body = parse(MULTIPART + line + PARTS)
    assert body.lines == ("Hello world",)
    assert dict(body.headers)[SafeText("Subject")] == "here"


def test_text_ends_the_header_where_no_field_of_mail_follows() -> None:
    body = parse(FIELDS + b"Dear all\nNote: bring a pen\n\nAnna")
    assert body.lines == ("Dear all", "Note: bring a pen", "", "Anna")


@pytest.mark.parametrize("slip", [b"no field at all\n", b">From x\n", b"abc=\n", b"=20\n"])
def test_a_slip_within_the_header_does_not_end_it(slip: bytes) -> None:
    body = parse(b"From: a@example.org\n" + slip + b"Subject: here\n\nText")
    assert dict(body.headers)[SafeText("Subject")] == "here"
    assert body.lines == ("Text",)


def test_what_stands_behind_a_very_large_header_field_is_read() -> None:
    letter = b"X-Spam: " + b"y" * 300_000 + b"\n" + b"X-More: z\n" * 20_000 + FIELDS + b"\nText"
    assert envelope(letter).subject == "here"
    assert parse(letter).lines == ("Text",)


def test_returned_headers_are_decoded() -> None:
    body = parse(
        b"Content-Type: text/rfc822-headers\n\nSubject: =?utf-8?B?5pel5pys?=\n"
        b" =?utf-8?B?6Kqe?=\nTo: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\n"
    )
    assert body.lines == ("Subject: 日本語", "To: Jürgen <j@example.org>")
