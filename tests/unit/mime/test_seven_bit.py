"""Letters in ASCII for servers that take nothing else: the same letter comes out of them."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.seven_bit import CannotEncode, in_seven_bits

PLAIN = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"


def encoded(raw: bytes | str) -> bytes:
    out = in_seven_bits(raw.encode() if isinstance(raw, str) else raw)
    assert out.isascii()
    assert b"\r" not in out.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in out.split(b"\r\n"))
    return out


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_what_is_ascii_stays_as_it_is() -> None:
    raw = b"Subject: x\nMessage-ID: <1@x>\n\nplain\n"
    assert in_seven_bits(raw) is raw


@pytest.mark.parametrize(
    ("charset", "text"),
    [("utf-8", "Grüße\r\n.\r\nFrom here = =3D\r\n 🙂 \r\n"), ("iso-8859-1", "Grüße\r\n" * 9000)],
)
def test_a_text_is_the_same_text(charset: str, text: str) -> None:
    head = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\n"
    head += "Content-Transfer-Encoding: 8bit\r\nMessage-ID: <1@x>\r\n\r\n"
    letter = read(encoded(head.encode() + text.encode(charset)))
    assert letter.get_content() == text
    assert letter["Message-ID"] == "<1@x>"
    assert letter["Content-Transfer-Encoding"] == "quoted-printable"


@pytest.mark.parametrize(
    ("body", "charset"), [("Grüße".encode(), "utf-8"), (b"Gr\xfc\xdfe", "unknown-8bit")]
)
def test_a_text_that_does_not_say_what_it_is_says_it_then(body: bytes, charset: str) -> None:
    letter = read(encoded(b"Subject: x\r\n\r\n" + body))
    assert letter["MIME-Version"] == "1.0"
    assert letter.get_content_charset() == charset
    assert letter.get_payload(decode=True) == body


def test_parts_keep_their_places_and_what_is_ascii_its_bytes() -> None:
    first = "Content-Type: text/plain\r\n\r\nall = ASCII  \r\n"
    data = bytes(range(256)) * 40
    raw = (
        f"MIME-Version: 1.0\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\nä\r\n--b\r\n{first}\r\n--b\r\n{PLAIN}\r\nGrüße\r\n"
        "--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    ).encode()
    out = encoded(raw + data.replace(b"\r", b"").replace(b"\n", b"") + "\r\n--b--\r\nö".encode())
    assert first.encode() in out
    letter = read(out)
    assert letter["Content-Transfer-Encoding"] == "7bit"
    parts = list(letter.iter_parts())
    assert [part.get_content_type() for part in parts] == [
        "text/plain",
        "text/plain",
        "application/x",
    ]
    assert parts[1].get_content() == "Grüße"
    assert parts[2].get_content() == data.replace(b"\r", b"").replace(b"\n", b"")


@pytest.mark.parametrize("outer", ["multipart/mixed", "multipart/digest"])
def test_an_enclosed_letter_is_encoded_within(outer: str) -> None:
    kind = "" if outer == "multipart/digest" else "Content-Type: message/rfc822\r\n"
    inner = f"Subject: inner\r\nMIME-Version: 1.0\r\n{PLAIN}\r\nGrüße\r\n"
    raw = (
        f"MIME-Version: 1.0\r\nContent-Type: {outer}; boundary=b\r\n\r\n"
        f"--b\r\n{kind}Content-Transfer-Encoding: 8bit\r\n\r\n{inner}\r\n--b--\r\n"
    )
    (part,) = read(encoded(raw)).iter_parts()
    assert part.get_content_type() == "message/rfc822"
    assert part["Content-Transfer-Encoding"] == "7bit"
    assert part.get_content().get_content() == "Grüße\r\n"


@pytest.mark.parametrize("name", ["quoted-printable", "base64"])
def test_what_is_encoded_already_loses_nothing_that_counts(name: str) -> None:
    body = b"R3LDvMOf" + b"\xff" + b"ZQ==" if name == "base64" else b"Gr=C3=BC=C3\x9fe"
    raw = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n"
    assert read(encoded(raw.encode() + body)).get_content().rstrip() == "Grüße"


def test_header_fields_are_encoded_where_words_are() -> None:
    raw = (
        'From: "Müller, Jörg" <j@x.org>, Änne von Tharau <a@x.org>\r\nSubject: Grüße aus Köln\r\n'
        'To: plain <p@q.org>\r\nContent-Type: text/plain; name="Ü.txt"\r\n\r\n'
    )
    letter = read(encoded(raw))
    assert letter["Subject"] == "Grüße aus Köln"
    assert [each.addr_spec for each in letter["From"].addresses] == ["j@x.org", "a@x.org"]
    assert letter["From"].addresses[0].display_name == "Müller, Jörg"
    assert letter["To"] == "plain <p@q.org>"


def test_a_signed_letter_in_ascii_is_left_alone_and_another_is_not_broken() -> None:
    def signed(text: str, outside: str) -> bytes:
        return (
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n"
            f"--m\r\n{PLAIN}\r\n{outside}\r\n--m\r\n"
            'Content-Type: multipart/signed; boundary=s; protocol="x/y"\r\n\r\n'
            f"--s\r\n{PLAIN}\r\n{text}\r\n--s\r\nContent-Type: x/y\r\n\r\nsig\r\n--s--\r\n--m--\r\n"
        ).encode()

    out = encoded(signed("plain", "Grüße"))
    assert f"--s\r\n{PLAIN}\r\nplain\r\n--s\r\n".encode() in out
    with pytest.raises(CannotEncode, match="signature"):
        in_seven_bits(signed("Grüße", "plain"))


@pytest.mark.parametrize(
    "raw",
    [
        "From: <jörg@x.org>\r\n\r\nx",
        "To: Jörg Müller <j@müller.org>\r\n\r\nx",
        "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nä\r\n--b--\r\n",
        'Content-Type: multipart/mixed; boundary="ä"\r\n\r\n--ä\r\n\r\nx\r\n--ä--\r\n',
        "Content-Type: message/rfc822\r\n\r\n" * 60 + "\r\nä",
        "Größe: 1\r\nSubject: x\r\n\r\nx",
    ],
)
def test_what_would_be_another_letter_is_refused(raw: str) -> None:
    with pytest.raises(CannotEncode):
        in_seven_bits(raw.encode())


@given(st.binary(max_size=400))
def test_any_bytes_become_ascii_or_are_refused(raw: bytes) -> None:
    try:
        assert in_seven_bits(raw).isascii()
    except CannotEncode:
        return


@given(st.text(max_size=200), st.sampled_from(["utf-8", "iso-8859-15", "utf-16"]))
def test_any_text_is_the_same_text(text: str, charset: str) -> None:
    body = text.encode(charset, "ignore").replace(b"\r", b"").replace(b"\n", b"\r\n")
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    letter = read(in_seven_bits(head.encode() + body))
    assert letter.get_payload(decode=True) == body
