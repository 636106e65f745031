"""Answers go where they should and quote what was seen (security.md M2, M6)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tuimail.mime.parse import parse
from tuimail.mime.reply import list_post, reply
from tuimail.model.address import Address
from tuimail.model.body import Body
from tuimail.model.draft import Draft, Kind
from tuimail.model.mail import INBOX, AccountName, Envelope, Message, MessageKey
from tuimail.model.safe_text import SafeText

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def person(address: str, name: str = "") -> Address:
    return Address(SafeText(name), SafeText(address))


ME, ALIAS = person("me@example.org", "Me"), person("alias@example.org", "Me")
ANNA, BERT, CARL = (person(f"{name}@example.net", name) for name in ("anna", "bert", "carl"))
BODY = Body(lines=(SafeText("Hello"), SafeText(""), SafeText("> older"), SafeText("> > oldest")))
ENVELOPE = Envelope(
    subject=SafeText("Budget"),
    from_=(ANNA,),
    to=(ME, BERT),
    cc=(CARL, person("ANNA@example.net")),
    date=NOON,
    message_id="two@example.net",
    references=("zero@example.net", "one@example.net"),
)


def message(envelope: Envelope = ENVELOPE) -> Message:
    return Message(
        key=MessageKey(5),
        id="work:x",
        account=AccountName("work"),
        mailbox=INBOX,
        flags=frozenset(),
        received=NOON,
        size=1,
        envelope=envelope,
        thread="t",
    )


def answered(kind: Kind, envelope: Envelope = ENVELOPE, raw: bytes = b"") -> Draft:
    return reply(kind, message(envelope), BODY, (ME, ALIAS), raw)


def test_a_reply_goes_to_the_sender_in_the_thread() -> None:
    draft = answered(Kind.REPLY)
    assert (draft.sender, draft.to, draft.cc) == (ME, (ANNA,), ())
    assert draft.subject == "Re: Budget"
    assert draft.in_reply_to == "two@example.net"
    assert draft.references == ("zero@example.net", "one@example.net", "two@example.net")
    assert (draft.answers, draft.forwards) == (5, None)
    first, *quoted = draft.text.splitlines()
    assert first.endswith("anna wrote:")
    assert quoted == ["> Hello", ">", ">> older", ">>> oldest", ""]


def test_reply_all_leaves_out_me_and_the_doubled() -> None:
    draft = answered(Kind.REPLY_ALL)
    assert (draft.to, draft.cc) == ((ANNA,), (BERT, CARL))


def test_reply_to_is_obeyed() -> None:
    draft = answered(Kind.REPLY, replace(ENVELOPE, reply_to=(CARL,)))
    assert draft.to == (CARL,)


def test_my_own_letter_is_followed_up_to_its_readers() -> None:
    draft = answered(Kind.REPLY, replace(ENVELOPE, from_=(ME,), to=(BERT,)))
    assert draft.to == (BERT,)


def test_the_address_it_came_to_answers() -> None:
    assert answered(Kind.REPLY, replace(ENVELOPE, to=(ALIAS,))).sender == ALIAS


@pytest.mark.parametrize("subject", ["Re: Budget", "RE: re: Budget", "AW: Re[2]: Budget", "Budget"])
def test_one_prefix_is_enough(subject: str) -> None:
    envelope = replace(ENVELOPE, subject=SafeText(subject))
    assert answered(Kind.REPLY, envelope).subject == "Re: Budget"
    assert answered(Kind.FORWARD, envelope).subject == "Fwd: Budget"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("<mailto:list@example.org>", "list@example.org"),
        ("<https://example.org/post>, <mailto:list%40example.org?subject=x>", "list@example.org"),
        ("NO", ""),
        ("<mailto:list@example.org%0d%0aBcc: evil@example.org>", ""),
        ("<mailto:?to=x@example.org>", ""),
    ],
)
def test_the_list_is_where_it_says(field: str, expected: str) -> None:
    raw = f"Subject: x\r\nList-Post: {field}\r\n\r\nList-Post: <mailto:evil@example.org>".encode()
    assert list_post(raw) == expected
    draft = answered(Kind.REPLY_LIST, raw=raw)
    assert [each.address for each in draft.to] == [expected or "anna@example.net"]


def test_a_forward_encloses_the_original_and_answers_nobody() -> None:
    draft = answered(Kind.FORWARD, raw=b"Subject: x\r\n\r\nx")
    assert (draft.to, draft.in_reply_to, draft.answers, draft.forwards) == ((), "", None, 5)
    assert [each.content for each in draft.enclosures] == [b"Subject: x\r\n\r\nx"]
    assert "Hello" in draft.text


def test_nothing_encrypted_or_hidden_is_quoted() -> None:
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
        b'<p>seen</p><img src="http://evil.example/\r\n--b\r\n'
        b'Content-Type: multipart/encrypted; boundary="c"\r\n\r\n--c\r\n'
        b"Content-Type: application/octet-stream\r\n\r\nCIPHERTEXT\r\n--c--\r\n"
        b'--b\r\nContent-Type: text/html\r\n\r\n"><p style="display:none">hidden</p>\r\n--b--\r\n'
    )
    draft = reply(Kind.REPLY, message(), parse(raw), (ME,))
    assert "> seen" in draft.text
    assert "CIPHERTEXT" not in draft.text
    assert "hidden" not in draft.text


def test_long_lines_are_wrapped_and_a_signature_is_left_out() -> None:
    lines = (SafeText("word " * 60), SafeText("-- "), SafeText("Anna"))
    draft = reply(Kind.REPLY, message(), Body(lines=lines), (ME,))
    quoted = draft.text.splitlines()[1:]
    assert max(map(len, quoted)) < 80
    assert "Anna" not in quoted[-1]
