"""Letters of other programs: everybody named gets them, and Bcc goes (security.md N11)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.submission import NotALetter, senders, submission, with_bcc

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ME = "anna@example.org"


def test_everybody_gets_it_and_bcc_goes() -> None:
    raw = (
        b"From: Anna <anna@example.org>\nTo: Bert <bert@example.net>,\n carl@example.net\n"
        b"BCC : one@example.net,\n\ttwo@example.net\nSubject: x\nbcc:three@example.net\n"
        b"Cc: team: dora@example.net, bert@example.net;\nDate: now\n"
        b"Message-Id: <a@b>\n\nBcc: body\n"
    )
    posting = submission(raw, ME, NOON)
    assert posting.recipients == (
        "bert@example.net", "carl@example.net", "dora@example.net",
        "one@example.net", "two@example.net", "three@example.net",
    )  # fmt: skip
    head, _, body = posting.content.partition(b"\r\n\r\n")
    assert b"bcc" not in head.lower()
    assert not any(name in head for name in (b"one@", b"two@", b"three@"))
    assert body == b"Bcc: body\r\n"
    assert posting.message_id == "a@b"
    assert head.lower().count(b"message-id") == head.lower().count(b"date:") == 1
    assert senders(raw) == (ME,)


def test_what_is_missing_is_added() -> None:
    posting = submission(b"From: anna@example.org\r\nTo: b@example.net\r\n\r\nx", ME, NOON)
    assert f"Message-ID: <{posting.message_id}>\r\n".encode() in posting.content
    assert b"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n" in posting.content


def test_a_bare_carriage_return_hides_no_field() -> None:
    raw = b"From: anna@example.org\nTo: b@example.net\nSubject: x\rBcc: secret@example.net\n\nx"
    posting = submission(raw, ME, NOON)
    assert "secret@example.net" in posting.recipients
    assert b"secret" not in posting.content


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"just text",
        b"To: b@example.net\nno field\n\nx",
        b"To: undisclosed-recipients:;\n\nx",
        b"To: b@example.net, broken\n\nx",
        b'To: "a b"@example.net\n\nx',
        b"To: " + b", ".join(b"a%d@example.net" % n for n in range(2100)) + b"\n\nx",
        b"To: b@example.net\nX: " + b"y" * 2_100_000 + b"\n\nx",
    ],
)
def test_what_cannot_be_sent_whole_is_not_sent(raw: bytes) -> None:
    with pytest.raises(NotALetter):
        submission(raw, ME, NOON)


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_no_bcc_survives(before: bytes, value: bytes) -> None:
    raw = b"To: b@example.net\r\n" + before + b"\r\nBcc: " + value + b"\r\n\r\nbody"
    try:
        posting = submission(raw, ME, NOON)
    except NotALetter:
        return
    head = posting.content.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].strip().lower() for line in head.split(b"\r\n")]
    assert b"bcc" not in names


@pytest.mark.parametrize("to", [b"bob@exam\n ple.org", b"c\n d@example.org", b"a@b.org, bob @x c"])
def test_an_address_with_a_line_break_does_not_become_another_one(to: bytes) -> None:
    with pytest.raises(NotALetter, match=r"is no (whole )?address"):
        submission(b"To: " + to + b"\nSubject: x\n\nx", ME, NOON)


@pytest.mark.parametrize(
    "to", [b"d@example.org (Dora)", b'"D. (x)" <d@example.org>', b"<d@example.org> D"]
)
def test_a_name_beside_an_address_does_no_harm(to: bytes) -> None:
    assert submission(b"To: " + to + b"\n\nx", ME, NOON).recipients == ("d@example.org",)


def test_the_own_copy_names_whom_the_letter_hides() -> None:
    raw = (
        "From: Anna <anna@example.org>\nTo: Bert <bert@xn--exmple-cua.net>, team: dora@x.net;\n"
        "Cc: CARL@x.net\nBcc: one@x.net, Two <two@x.net>\nMessage-ID: <a@b>\n\nBcc: body\n"
    )
    posting = submission(raw.encode(), ME, NOON)
    hidden = with_bcc(posting.content, (*posting.recipients, "bert@exämple.net", "carl@X.net"))
    assert hidden == b"Bcc: one@x.net,\r\n two@x.net\r\n" + posting.content
    assert with_bcc(posting.content, ("dora@x.net", "carl@x.net")) == posting.content


@pytest.mark.parametrize("content", [b"", b"no header", b"Subject: x\r\n", b"\r\nbody"])
def test_of_whatever_was_sent_there_is_a_copy(content: bytes) -> None:
    assert with_bcc(content, ("bert@x.net",)) == b"Bcc: bert@x.net\r\n" + content
