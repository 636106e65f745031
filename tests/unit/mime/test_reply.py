"""Answers go where they should and quote what was seen (security.md M2, M6)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tuimail.mime.parse import parse
from tuimail.mime.recipients import list_post
from tuimail.mime.reply import reply
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


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Budget",
        "RE: re: Budget",
        "AW: Re[2]: Budget",
        "Budget",
        "Re^3: Budget",
        "回复：Budget",
        "回复: 答复：Budget",
        "RES: Budget",
        "Antw: Budget",
        "SV: VS: Budget",
        "Rif: Budget",
        "Re(2): Budget",
        "转发: Budget",
        "WG: AW: Budget",
        "TR : RE : Budget",
        "İLT: YNT: Budget",
        "返信: Budget",
        "ENC: RES: Budget",
    ],
)
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


@pytest.mark.parametrize("subject", ["R: language", "Reply: x", "I: robot", "C: drive", "Ref 5: x"])
def test_what_is_no_prefix_stays(subject: str) -> None:
    envelope = replace(ENVELOPE, subject=SafeText(subject))
    assert answered(Kind.REPLY, envelope).subject == f"Re: {subject}"


DETAIL, OTHERS = person("Me+list@example.org"), person("you@example.org")


@pytest.mark.parametrize(
    ("envelope", "to"),
    [
        (replace(ENVELOPE, from_=(ME,), to=(ME,), cc=(), reply_to=(BERT,)), (BERT,)),
        (replace(ENVELOPE, from_=(ME,), to=(ME, ANNA), reply_to=(BERT,)), (BERT,)),
        (replace(ENVELOPE, from_=(ME,), to=(ME, ANNA), cc=(), reply_to=(ME,)), (ANNA,)),
        (replace(ENVELOPE, from_=(DETAIL,), to=(DETAIL,), cc=(), reply_to=(BERT,)), (BERT,)),
        (replace(ENVELOPE, from_=(ME,), to=(), cc=(CARL,)), (CARL,)),
        (replace(ENVELOPE, from_=(ME,), to=(ALIAS,), cc=()), (ME,)),
        (replace(ENVELOPE, reply_to=(ME, CARL)), (CARL,)),
        (replace(ENVELOPE, reply_to=(ME,)), (ANNA,)),
        (replace(ENVELOPE, reply_to=(person("", "Nobody"),)), (ANNA,)),
    ],
)
def test_an_answer_goes_to_somebody_else(envelope: Envelope, to: tuple[Address, ...]) -> None:
    assert answered(Kind.REPLY, envelope).to == to


@pytest.mark.parametrize(
    "mine", ["me+list@example.org", "ME+x+y@example.org", "me@EXAMPLE.org", "alias+1@example.org"]
)
def test_my_address_with_a_detail_is_mine(mine: str) -> None:
    draft = answered(Kind.REPLY_ALL, replace(ENVELOPE, to=(person(mine), OTHERS), cc=()))
    assert (draft.to, draft.cc) == ((ANNA,), (OTHERS,))
    assert draft.sender in (ME, ALIAS)


def test_a_detail_finds_the_address_that_answers() -> None:
    envelope = replace(ENVELOPE, to=(person("alias+x@example.org"),))
    assert answered(Kind.REPLY, envelope).sender == ALIAS


LIST = b"List-Id: <dev.lists.example>\nMail-Followup-To: dev@lists.example\n\n"


@pytest.mark.parametrize(
    ("raw", "to"),
    [
        (LIST, ["dev@lists.example"]),
        (LIST.replace(b"List-Id", b"List-Post"), ["dev@lists.example"]),
        (LIST.replace(b": dev@", b": me@example.org, dev@"), ["dev@lists.example"]),
        (LIST.replace(b"List-Id", b"X-Id"), ["anna@example.net"]),
        (LIST.replace(b"Mail-Followup-To: dev@lists.example", b"X: y"), ["anna@example.net"]),
        (b"List-Id: x\nMail-Followup-To: me@example.org\n\n", ["anna@example.net"]),
    ],
)
def test_a_list_tells_where_all_answers_go(raw: bytes, to: list[str]) -> None:
    draft = answered(Kind.REPLY_ALL, raw=raw)
    assert [each.address for each in draft.to] == to
    assert [each.address for each in answered(Kind.REPLY, raw=raw).to] == ["anna@example.net"]


def test_who_has_no_address_is_left_out_and_named() -> None:
    group, smith = person("", "Team:"), person("", "John Smith")
    draft = answered(Kind.REPLY_ALL, replace(ENVELOPE, to=(group, smith, BERT), cc=()))
    assert (draft.to, draft.cc) == ((ANNA,), (BERT,))
    assert draft.notices == ("John Smith has no address and is left out.",)


def quote(text: str) -> str:
    body = parse(f"Content-Type: text/plain\n\n{text}".encode())
    return reply(Kind.REPLY, message(), body, (ME,)).text


@pytest.mark.parametrize(
    ("text", "kept", "cut"),
    [
        ("Offers:\n--\nOne\n--\nTwo\n-- \nAnna", ["Offers:", "One", "Two"], ["Anna"]),
        ("a\n-- \nAnna", ["a"], ["Anna"]),
        ("a\n--\nb", ["a", "b"], []),
        ("a\n-- \n" + "b\n" * 30, ["a", "b"], []),
        ("a\n-- \nb\n-- \nAnna", ["a", "b"], ["Anna"]),
        ("a\n--  \nb", ["a", "b"], []),
        ("a\n---\nb", ["a", "b"], []),
    ],
)
def test_only_the_signature_is_cut(text: str, kept: list[str], cut: list[str]) -> None:
    lines = [line.removeprefix("> ") for line in quote(text).splitlines()]
    assert set(kept) <= set(lines)
    assert not set(cut) & set(lines)


def test_links_of_html_stand_in_the_quote_and_in_the_forward() -> None:
    html = '<p>See <a href="https://docs.example/plan">the plan</a> and <a href="https://t.example/17">17</a>.'
    body = parse(f"Content-Type: text/html\n\n{html}".encode())
    text = reply(Kind.REPLY, message(), body, (ME,)).text
    assert "> [1] https://docs.example/plan\n> [2] https://t.example/17\n" in text
    assert "\n[1] https://docs.example/plan\n" in reply(Kind.FORWARD, message(), body, (ME,)).text


def test_a_number_in_a_plain_text_is_no_link() -> None:
    assert quote("As in [1].\n\n[1] https://docs.example/plan").count("https://") == 1


@pytest.mark.parametrize(
    "bcc",
    [
        b"Bcc: secret@hidden.example\n",
        b"BCC:\n secret@hidden.example,\n\tother@hidden.example\n",
        b"Resent-Bcc: secret@hidden.example\r\n",
        b"Bcc : secret@hidden.example\nbcc: again@hidden.example\n",
        b"bcc: =?utf-8?Q?secret?= <secret@hidden.example>\n",
    ],
)
def test_a_forwarded_letter_hides_whom_it_hid(bcc: bytes) -> None:
    original = b"From: me@example.org\n" + bcc + b"Subject: x\n\nBcc: in the text stays\n"
    draft = answered(Kind.FORWARD, raw=original)
    assert draft.enclosures[0].content == (
        b"From: me@example.org\nSubject: x\n\nBcc: in the text stays\n"
    )
    assert draft.notices == ("The enclosed letter goes without its Bcc field.",)
    assert answered(Kind.FORWARD, raw=b"From: a@b\n\nx").notices == ()
