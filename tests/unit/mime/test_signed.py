"""The text inside an opaque signature is shown, however the signature is built."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.parse import parse
from tuimail.mime.signed import enclosed_part

PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nPlease come to room 12.\r\n"
OID = bytes.fromhex("06092a864886f70d010701")


def octets(content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((0x04, size)) + content
    if size < 0x100:
        return bytes((0x04, 0x81, size)) + content
    return b"\x04\x82" + size.to_bytes(2, "big") + content


LONG = PART + b"And bring your papers. " * 100


@pytest.mark.parametrize(
    ("structure", "part"),
    [
        (b"\x30\x80" + OID + b"\xa0\x4e" + octets(PART) + b"1\x82\x02\x44junk", PART),
        (OID + b"\xa0\x80\x24\x80" + octets(PART) + b"\0\0\0\0junk", PART),
        (OID + octets(LONG) + b"\xa0\x82junk", LONG),
        (OID + octets(LONG[:1000]) + octets(LONG[1000:]) + b"\0\0", LONG),
        (
            OID + b"\x24\x80" + b"".join(octets(LONG[n : n + 100]) for n in range(0, 2400, 100)),
            LONG,
        ),
        (b"\x30\x80" + OID + PART, PART),
        (OID + octets(b"MIME-Version: 1.0\n" + PART) + b"\0", b"MIME-Version: 1.0\n" + PART),
        (OID + b"\x04\x84\xff\xff\xff\xff" + PART, PART),
        (b"nothing of the kind", b""),
        (b"", b""),
    ],
)
def test_the_part_is_found_by_its_header(structure: bytes, part: bytes) -> None:
    assert enclosed_part(structure) == part


@given(st.binary())
def test_any_bytes_are_searched(data: bytes) -> None:
    assert isinstance(enclosed_part(data), bytes)
    assert isinstance(enclosed_part(b"\x04\x82" + data + PART + data), bytes)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime; name=smime.p7m",
        "application/pkcs7-mime",
    ],
)
def test_a_letter_shows_it_and_says_that_the_signature_is_not_checked(content_type: str) -> None:
    letter = (
        f"Content-Type: {content_type}\nContent-Transfer-Encoding: base64\n\n".encode()
        + base64.encodebytes(OID + octets(PART))
    )
    body = parse(letter)
    assert body.lines == ("Please come to room 12.",)
    assert body.notes == ("This message is signed; the signature is not checked.",)
    assert body.files == ()


def test_what_cannot_be_found_inside_is_said() -> None:
    letter = b"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\nxyz"
    assert any("cannot be read" in note for note in parse(letter).notes)


def test_what_is_encrypted_is_called_so() -> None:
    letter = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nxyz"
    assert any("encrypted" in note for note in parse(letter).notes)
