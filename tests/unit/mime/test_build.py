"""From a draft to bytes: what was written arrives, and nothing else (security.md N11, N12)."""

import tracemalloc
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import letter
from tuimail.mime.build import NotReady, build
from tuimail.mime.parse import parse
from tuimail.model.address import Address
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import MessageKey
from tuimail.model.safe_text import SafeText

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def person(address: str, name: str = "") -> Address:
    return Address(SafeText(name), SafeText(address))


ANNA = person("anna@example.org", "Anna Meyer")
BERT = person("bert@example.net", "Bert")


def built(draft: Draft) -> EmailMessage:
    content = build(draft, NOON).content
    return message_from_bytes(content, policy=default)


def fields(content: bytes) -> list[bytes]:
    head = content.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return [line.partition(b":")[0].lower() for line in head.split(b"\r\n")]


def test_a_letter_has_what_a_letter_needs() -> None:
    carl = person("carl@exämple.net", "Çarl")
    draft = Draft(
        ANNA,
        to=(BERT,),
        cc=(carl,),
        subject="Büdget",
        text="Grüße\n",
        in_reply_to="one@example.org",
        references=("zero@example.org", "one@example.org"),
        answers=MessageKey(7),
    )
    posting = build(draft, NOON)
    message = built(draft)
    assert message["Subject"] == "Büdget"
    assert message["From"] == "Anna Meyer <anna@example.org>"
    assert message["Cc"] == "Çarl <carl@xn--exmple-cua.net>"
    assert message["Date"].datetime == NOON
    assert message["In-Reply-To"] == "<one@example.org>"
    assert message["References"].split() == ["<zero@example.org>", "<one@example.org>"]
    assert message.get_content().splitlines() == ["Grüße"]
    assert f"<{posting.message_id}>".encode() in posting.content
    assert posting.message_id.endswith("@example.org")
    assert posting.content.isascii()
    assert (posting.sender, posting.recipients) == (
        "anna@example.org",
        ("bert@example.net", "carl@exämple.net"),
    )
    assert posting.answers == 7


def test_every_letter_has_an_id_of_its_own() -> None:
    draft = Draft(ANNA, to=(BERT,))
    assert build(draft, NOON).message_id != build(draft, NOON).message_id


def test_bcc_is_on_the_envelope_and_nowhere_else() -> None:
    secret = person("secret@example.net", "Secret")
    posting = build(Draft(ANNA, to=(BERT,), bcc=(secret, BERT), text="x"), NOON)
    assert posting.recipients == ("bert@example.net", "secret@example.net")
    assert b"secret" not in posting.content.lower()
    assert b"bcc" not in posting.content.lower()


@pytest.mark.parametrize(
    "address",
    ["", "bert", "a@b\r\nBcc: evil@example.org", "a@b\0", "a b@c", "<a@b>", "a@b,c@d", "a@b\u202e"],
)
def test_what_is_no_address_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(NotReady, match="no address"):
        build(Draft(ANNA, to=(person(address),)), NOON)
    with pytest.raises(NotReady, match="no address"):
        build(Draft(person(address), to=(BERT,)), NOON)


def test_without_a_recipient_nothing_leaves() -> None:
    with pytest.raises(NotReady, match="no recipient"):
        build(Draft(ANNA), NOON)


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=80))
def test_no_text_becomes_a_header_field(subject: str, name: str, reference: str) -> None:
    evil = Draft(
        person("anna@example.org", name),
        to=(person("bert@example.net", name),),
        subject=subject,
        in_reply_to=reference,
        references=(reference, "fine@example.org"),
    )
    found = fields(build(evil, NOON).content)
    allowed = {
        b"date", b"from", b"to", b"subject", b"message-id", b"in-reply-to", b"references",
        b"content-type", b"content-transfer-encoding", b"mime-version",
    }  # fmt: skip
    assert set(found) <= allowed
    assert len(found) == len(set(found))


def test_long_references_are_neither_encoded_nor_broken() -> None:
    ids = tuple(f"{'x' * 150}{number}@example.org" for number in range(100))
    content = build(Draft(ANNA, to=(BERT,), references=ids), NOON).content
    assert b"=?" not in content
    assert f"<{ids[0]}>".encode() in content
    assert f"<{ids[-1]}>".encode() in content
    assert max(map(len, content.split(b"\r\n"))) < 998


def test_files_come_back_as_they_were() -> None:
    picture = bytes(range(256)) * 20
    enclosures = (
        Enclosure("bild ü.png", "image/png", picture),
        Enclosure("evil\r\nBcc: x", "no type", b"x"),
        Enclosure("digest", "multipart/mixed", b"--x"),
    )
    message = built(Draft(ANNA, to=(BERT,), text="see", enclosures=enclosures))
    first, second, third = message.iter_attachments()
    assert (first.get_filename(), first.get_content()) == ("bild ü.png", picture)
    assert second.get_filename() == "evil Bcc: x"
    assert second.get_content_type() == "application/octet-stream"
    assert third.get_payload(decode=True) == b"--x"


@pytest.mark.parametrize("kind", ["plain", "eight bits"])
def test_a_forwarded_letter_is_enclosed_byte_by_byte(kind: str) -> None:
    original = letter(html="<p>x</p>", files={"a.bin": b"\0\1"})
    if kind == "eight bits":
        original += "naïve\r\n".encode("latin-1")
    enclosure = Enclosure("original.eml", "message/rfc822", original)
    content = build(Draft(ANNA, to=(BERT,), text="see", enclosures=(enclosure,)), NOON).content
    assert original in content
    assert b"Content-Type: message/rfc822" in content
    assert any("see" in line for line in parse(content).lines)


def test_large_files_come_back_among_small_ones_and_letters() -> None:
    large = bytes(range(256)) * 10_000
    forwarded = letter("inner", "text")
    files = (
        Enclosure(SafeText("large.bin"), "application/octet-stream", large),
        Enclosure(SafeText("small.txt"), "text/plain", b"small"),
        Enclosure(SafeText("inner.eml"), "message/rfc822", forwarded),
        Enclosure(SafeText("again.bin"), "image/png", large + b"!"),
    )
    content = build(Draft(ANNA, to=(BERT,), text="here", enclosures=files), NOON).content
    parts = list(message_from_bytes(content, policy=default).iter_attachments())
    assert [part.get_filename() for part in parts] == [file.name for file in files]
    assert [part.get_content_type() for part in parts[::3]] == [
        "application/octet-stream",
        "image/png",
    ]
    assert [parts[n].get_payload(decode=True) for n in (0, 1, 3)] == [large, b"small", large + b"!"]
    assert forwarded in content
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 78


def test_a_large_file_is_not_held_many_times_over() -> None:
    file = Enclosure(SafeText("large.bin"), "application/octet-stream", bytes(6_000_000))
    draft = Draft(ANNA, to=(BERT,), text="here", enclosures=(file,))
    build(draft, NOON)
    tracemalloc.start()
    try:
        size = len(build(draft, NOON).content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * size


LONG_LINE = b"a" * 1_201
SHORT = b"From: a@example.org\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(
    "content",
    [
        SHORT + LONG_LINE + b"\r\n",
        SHORT + "ä".encode() * 900 + b"\r\nshort\r\n",
        SHORT.replace(b"text/plain", b"text/html") + b"<p>" + LONG_LINE,
        SHORT.replace(b"Subject: x", b"X-Long: " + b"word " * 300) + b"text\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        + LONG_LINE
        + b"\r\n--b--\r\n",
        SHORT.replace(b"text/plain; charset=utf-8", b"image/png") + LONG_LINE,
    ],
)
def test_an_enclosed_letter_has_no_line_that_mail_does_not_bear(content: bytes) -> None:
    draft = Draft(ANNA, to=(BERT,), enclosures=(Enclosure("a.eml", "message/rfc822", content),))
    sent = build(draft, NOON).content
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert parse(sent).lines[-1] == parse(content).lines[-1:][0] if parse(content).lines else True


def test_what_cannot_be_encoded_is_enclosed_as_a_file() -> None:
    signed = (
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n"
        + LONG_LINE
        + b"\r\n--b--\r\n"
    )
    draft = Draft(ANNA, to=(BERT,), enclosures=(Enclosure("a.eml", "message/rfc822", signed),))
    letter = built(draft)
    [part] = letter.iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_content() == signed


def test_eight_bits_are_named_wherever_they_are_within() -> None:
    content = SHORT + "Grüße\r\n".encode()
    draft = Draft(ANNA, to=(BERT,), enclosures=(Enclosure("a.eml", "message/rfc822", content),))
    letter = built(draft)
    [part] = letter.iter_attachments()
    assert letter["Content-Transfer-Encoding"] == "8bit"
    assert part["Content-Transfer-Encoding"] == "8bit"
    assert build(draft, NOON).content.count(content) == 1
    plain = Draft(ANNA, to=(BERT,), enclosures=(Enclosure("a.txt", "text/plain", b"x"),))
    assert built(plain)["Content-Transfer-Encoding"] in (None, "7bit")
