"""A letter that did not leave is a draft again, with all that was written."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import letter as original
from tuimail.mime.build import build
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.mime.reopen import as_new, gone_on_with, reopen
from tuimail.model.address import plain
from tuimail.model.draft import Draft, Enclosure
from tuimail.model.mail import INBOX, AccountName, Message, MessageKey
from tuimail.model.outbox import Letter, LetterState, Posting
from tuimail.model.safe_text import SafeText

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DRAFT = Draft(
    sender=plain("anna@example.org", "Anna Meyer"),
    to=(plain("bert@example.net", "Bert"),),
    cc=(plain("carl@example.net"),),
    bcc=(plain("dora@example.net"),),
    subject="Büdget",
    text="Hello\n\n> quoted\n" + "word " * 50 + "end\n",
    in_reply_to="one@example.net",
    references=("zero@example.net", "one@example.net"),
    answers=MessageKey(3),
)


def queued(posting: Posting) -> Letter:
    return Letter(
        id=1,
        account=AccountName("work"),
        state=LetterState.CANCELLED,
        queued=NOON,
        changed=NOON,
        not_before=NOON,
        attempt=0,
        sender=posting.sender,
        recipients=posting.recipients,
        delivered=(),
        message_id=posting.message_id,
        subject=posting.subject,
        size=len(posting.content),
        answers=posting.answers,
    )


def test_a_draft_comes_back_as_it_was() -> None:
    posting = build(DRAFT, NOON)
    assert reopen(queued(posting), posting.content) == DRAFT


def test_its_files_come_back_too() -> None:
    files = (
        Enclosure("a.bin", "application/octet-stream", bytes(range(256))),
        Enclosure("original.eml", "message/rfc822", original(files={"b.bin": b"x"})),
    )
    posting = build(replace(DRAFT, enclosures=files), NOON)
    assert reopen(queued(posting), posting.content).enclosures == files


@given(st.binary(max_size=500))
def test_any_bytes_give_a_draft(content: bytes) -> None:
    posting = Posting("anna@example.org", ("b@example.net",), "", SafeText(""), content)
    assert reopen(queued(posting), content).answers is None


def test_a_letter_that_is_edited_as_new_keeps_people_text_and_files_and_answers_nothing() -> None:
    file = Enclosure("figures.csv", "text/csv", b"1;2\n")
    content = build(replace(DRAFT, enclosures=(file,)), NOON).content
    message = Message(
        MessageKey(1), "a:1", AccountName("a"), INBOX, frozenset(), NOON, 1, envelope(content), ""
    )
    mine = (plain("me@example.org"), DRAFT.sender)
    draft = as_new(message, parse(content), mine, content)
    assert draft == Draft(
        sender=DRAFT.sender,
        to=DRAFT.to,
        cc=DRAFT.cc,
        subject=DRAFT.subject,
        text=DRAFT.text,
        enclosures=(file,),
    )
    stranger = as_new(message, parse(content), mine[:1], content)
    assert stranger.sender == mine[0]


FOREIGN = b"""From: Me <me@example.org>
To: bob@example.net
Bcc: secret@example.net,
 =?utf-8?q?J=C3=B6rg?= <joerg@example.net>
Subject: half written
In-Reply-To: <second@example.net>
References: <first@example.net> <second@example.net>
Message-ID: <draft@example.org>

Half written.
""".replace(b"\n", b"\r\n")


def test_a_draft_of_another_program_keeps_whom_it_hides_and_what_it_answers() -> None:
    message = Message(
        MessageKey(1), "a:1", AccountName("a"), INBOX, frozenset(), NOON, 1, envelope(FOREIGN), ""
    )
    mine = (plain("me@example.org"),)
    draft = gone_on_with(message, parse(FOREIGN), mine, FOREIGN)
    assert [each.address for each in draft.bcc] == ["secret@example.net", "joerg@example.net"]
    assert draft.in_reply_to == "second@example.net"
    assert draft.references == ("first@example.net", "second@example.net")
    anew = as_new(message, parse(FOREIGN), mine, FOREIGN)
    assert (anew.bcc, anew.in_reply_to, anew.references) == (draft.bcc, "", ())
