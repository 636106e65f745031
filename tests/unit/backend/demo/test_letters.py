"""What the demo's mail promises: the same bytes, well-formed, in a believable order."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tuimail.backend.demo.letters import LETTERS, OWNER_ADDRESS, demo_server
from tuimail.backend.demo.letters.letter import Letter, render
from tuimail.model.mail import DRAFT, INBOX, SEEN, MailboxName, Role

NOW = datetime(2024, 5, 17, 20, 59, tzinfo=timezone(timedelta(hours=2)))
MAIL_LIBRARY_LETTERS = [letter for letter in LETTERS if letter.raw is None]


def read(letter: Letter) -> EmailMessage:
    return message_from_bytes(render(letter, NOW), policy=policy.default)


def test_there_are_a_hundred_letters_and_each_has_a_name_of_its_own() -> None:
    assert len(LETTERS) > 100
    assert len({letter.message_id for letter in LETTERS}) == len(LETTERS)


def test_the_same_moment_makes_the_same_bytes() -> None:
    assert [render(each, NOW) for each in LETTERS] == [render(each, NOW) for each in LETTERS]


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.id)
def test_lines_end_in_crlf_and_no_placeholder_is_left(letter: Letter) -> None:
    content = render(letter, NOW)
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    text = read(letter).get_body(("plain", "html"))
    assert text is not None
    assert "{day" not in text.get_content() + read(letter)["Subject"]
    assert "{wrote}" not in text.get_content()


@pytest.mark.parametrize("letter", MAIL_LIBRARY_LETTERS, ids=lambda letter: letter.id)
def test_a_letter_reads_back_as_it_was_written(letter: Letter) -> None:
    mail = read(letter)
    assert [part.defects for part in mail.walk() if part.defects] == []
    assert mail["From"].addresses[0].display_name == letter.sender.name
    assert mail["Message-ID"] == letter.message_id
    assert "{day" in letter.subject or mail["Subject"] == letter.subject
    assert [part.get_filename() for part in mail.iter_attachments() if part.get_filename()] == [
        file.name for file in letter.files
    ]


@pytest.mark.parametrize("clock", ["00:00", "06:41", "12:00", "23:59"])
def test_nobody_answers_before_asked_nor_writes_in_the_future(clock: str) -> None:
    hour, minute = map(int, clock.split(":"))
    now = datetime(2024, 3, 31, hour, minute, tzinfo=UTC)
    for letter in LETTERS:
        assert letter.received(now) < now
        if letter.answers is not None:
            assert letter.answers.received(now) < letter.received(now), letter.id


def test_a_quotation_names_who_wrote_and_nests() -> None:
    last = next(each for each in LETTERS if each.id == "boathouse-roof.4-jonas")
    text = read(last).get_body(("plain",))
    assert text is not None
    lines = text.get_content().splitlines()
    assert "> Sam reads mail, too." in lines
    assert lines[lines.index("> Sam reads mail, too.") - 1].endswith("Sam Carrow wrote:")
    assert any(line.startswith(">> Turf, if somebody else carries it.") for line in lines)


def test_flowed_text_keeps_its_short_lines() -> None:
    jam = next(each for each in LETTERS if each.id == "cloudberries")
    lines = render(jam, NOW).decode().split("\r\n")
    assert "Your aunt" in lines
    assert any(line.endswith(" ") for line in lines)
    assert max(map(len, lines)) < 79


def test_the_mailboxes_are_those_of_a_real_account() -> None:
    server = demo_server(NOW)
    listed = {mailbox.name: mailbox for mailbox in server.listing()}
    inbox = listed[INBOX].status
    assert inbox is not None
    assert inbox.total > 50
    assert 0 < inbox.unseen < inbox.total / 2
    assert listed[MailboxName("Archive")].role is Role.ARCHIVE
    assert listed[MailboxName("Lists/python-dev")].selectable
    assert not listed[MailboxName("Lists")].selectable
    assert all(
        mailbox.status and mailbox.status.total for mailbox in listed.values() if mailbox.selectable
    )


def test_the_inbox_arrived_in_the_order_of_its_uids() -> None:
    messages = demo_server(NOW).mailbox(INBOX).messages
    dates = [messages[uid].received for uid in sorted(messages)]
    assert dates == sorted(dates)


def test_the_owner_wrote_what_lies_in_sent_and_drafts() -> None:
    for letter in LETTERS:
        ours = letter.sender.address == OWNER_ADDRESS
        assert ours == (letter.mailbox in {"Sent", "Drafts"}), letter.id
        assert not ours or SEEN in letter.flags
        assert (DRAFT in letter.flags) == (letter.mailbox == "Drafts")
