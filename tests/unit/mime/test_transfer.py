"""Transfer encodings: everything encoded is read, and nothing that is prose is taken for it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.parse import attachment, parse
from tuimail.mime.transfer import (
    decode_base64,
    decode_transfer,
    decoded_size,
    encoding_named,
    plain_tail,
)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"QUJD", b"ABC"),
        (b"QU\r\nJ D", b"ABC"),
        (b"QUI", b"AB"),
        (b"QUJDR", b"ABC"),
        (b"!QU!JD!", b"ABC"),
        (b"", b""),
        (b"=", b""),
    ],
)
def test_base64_gives_what_it_holds(data: bytes, expected: bytes) -> None:
    assert decode_base64(data) == expected


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "7bit", "x-uuencode", "?"]))
def test_any_transfer_encoding_gives_bytes(data: bytes, encoding: str) -> None:
    assert isinstance(decode_transfer(data, encoding), bytes)
    assert decoded_size(data, encoding) >= 0


def lines_of(text: str) -> bytes:
    return base64.encodebytes(text.encode())


LONG = "A letter of more than one line of base64, so that it is known for what it is. " * 3
FOOTER = b"_______________\nHafen mailing list\nhttps://lists.example/hafen\n"


@pytest.mark.parametrize(
    "data",
    [
        lines_of(LONG) + lines_of("-- \nfooter"),
        lines_of(LONG).replace(b"\n", b"\r\n") + b"\r\n" + lines_of("-- \nfooter"),
        lines_of(LONG).strip() + lines_of("-- \nfooter"),
        lines_of(LONG + "x") + lines_of("-- \n") + lines_of("footer"),
        b"".join(lines_of(line) for line in (LONG + "xy", "-- \n", "footer")),
        lines_of(LONG).replace(b"Q", b"Q!", 1) + lines_of("-- \nfooter"),
    ],
)
def test_what_follows_the_padding_is_read_on(data: bytes) -> None:
    read = decode_base64(data).decode()
    assert read.startswith(LONG)
    assert read.endswith("-- \nfooter")
    assert decoded_size(data, "base64") == len(read)
    assert plain_tail(data, "base64") == b""


@pytest.mark.parametrize(
    ("encoded", "tail"),
    [
        (lines_of(LONG), FOOTER),
        (lines_of(LONG + "x"), b"Regards\nPeter\n"),
        (lines_of(LONG + "x"), b"\n--\nlist\n"[1:]),
        (lines_of("short"), FOOTER),
        (lines_of(LONG), "Grüße an alle\n".encode()),
        (b"", b"It was never encoded, whatever the header says.\n"),
        (lines_of(LONG), b"To unsubscribe write to hafen-request@lists.example\n"),
    ],
)
def test_prose_behind_base64_is_left_as_it_is(encoded: bytes, tail: bytes) -> None:
    data = encoded + tail
    assert decode_base64(data) == base64.decodebytes(encoded)
    assert plain_tail(data, "base64") == tail
    assert decoded_size(data, "base64") == len(base64.decodebytes(encoded))


def test_a_plain_footer_is_shown_and_no_part_of_an_attachment() -> None:
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Base-64\n\n"
    body = parse(head + lines_of("Grüße") + FOOTER)
    assert body.lines[0] == "Grüße"
    assert body.lines[-1] == "https://lists.example/hafen"
    file = head.replace(b"text/plain", b"application/pdf") + lines_of(LONG) + FOOTER
    assert attachment(file, 0)[1] == LONG.encode()
    assert parse(file).attachments[0].size == len(LONG)


@pytest.mark.parametrize(
    ("field", "encoding"),
    [
        ("base64", "base64"),
        ("BASE64 (really)", "base64"),
        ("base-64", "base64"),
        ("base64; charset=utf-8", "base64"),
        ('"base64"', "base64"),
        ("Quoted_Printable", "quoted-printable"),
        ("quoted-printable,", "quoted-printable"),
        ("quotedprintable", "quoted-printable"),
        ("8bit", "8bit"),
        ("", ""),
    ],
)
def test_encodings_are_known_by_any_spelling(field: str, encoding: str) -> None:
    assert encoding_named(field) == encoding
