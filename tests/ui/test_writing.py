"""A letter as text to edit, and what is odd about it."""

import asyncio
import os
import stat
import threading
from pathlib import Path

import pytest

from tuimail.engine.mail import CommandFailed
from tuimail.model.address import BadAddress, plain
from tuimail.model.draft import Enclosure
from tuimail.model.mail import AccountName, MessageKey
from tuimail.ui.letters import drafts
from tuimail.ui.letters.drafts import Drafts
from tuimail.ui.letters.editor import chosen_editor
from tuimail.ui.letters.files import enclose
from tuimail.ui.letters.people import format_people, parse_people
from tuimail.ui.letters.writing import (
    NotReady,
    Writing,
    draft_of,
    read_sheet,
    sheet,
    warnings,
)

WORK, HOME = AccountName("work"), AccountName("home")
OWN = {WORK: [plain("me@example.org", "Me")], HOME: [plain("me@home.example")]}
LETTER = Writing(
    WORK, "Me <me@example.org>", to="anna@example.org", subject="Budget", text="Hello\n"
)


def test_addresses_are_read_as_people_write_them() -> None:
    text = 'Anna Meyer <anna@example.org>, "Kowalski, J." <j@example.org>; bob@example.org,'
    people = parse_people(text)
    assert [each.address for each in people] == [
        "anna@example.org",
        "j@example.org",
        "bob@example.org",
    ]
    assert people[1].name == "Kowalski, J."
    assert parse_people(format_people(people)) == people


@pytest.mark.parametrize(
    "text", ["anna", "anna@example.org\nBcc: eve@example.org", "<a@b\r\n>", "a b@c", "a@b\0"]
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadAddress, match="address"):
        parse_people(text)


def test_a_sheet_reads_back_into_the_same_letter() -> None:
    writing = Writing(
        WORK, "Me <me@example.org>", "a@b.example", "c@d.example", "e@f.example", "S", "One\n\nTwo"
    )
    assert read_sheet(sheet(writing), Writing(WORK, "x")) == writing


def test_fields_of_a_sheet_may_be_folded_repeated_and_left_out() -> None:
    text = "To: a@b.example,\n c@d.example\nto: e@f.example\nSubject: Hi\n\nTo: no field\n"
    found = read_sheet(text, LETTER)
    assert found.to == "a@b.example, c@d.example, e@f.example"
    assert (found.sender, found.cc, found.subject) == (LETTER.sender, "", "Hi")
    assert found.text == "To: no field\n"


def test_a_sheet_without_fields_is_all_text() -> None:
    found = read_sheet("Hello\n\nBye", LETTER)
    assert (found.to, found.text) == (LETTER.to, "Hello\n\nBye")


def test_a_letter_goes_from_the_account_of_its_address() -> None:
    writing = Writing(WORK, "Me at home <ME@home.example>", to="anna@example.org")
    account, draft = draft_of(writing, OWN)
    assert account == HOME
    assert draft.sender.name == "Me at home"
    with pytest.raises(NotReady, match="none of your addresses"):
        draft_of(Writing(WORK, "boss@example.org", to="anna@example.org"), OWN)
    with pytest.raises(NotReady, match="no recipient"):
        draft_of(Writing(WORK, "me@example.org"), OWN)


def test_what_was_overlooked_is_told() -> None:
    assert warnings(LETTER, OWN) == []
    told = warnings(
        Writing(
            WORK,
            "me@example.org",
            to="list@example.org",
            text="The report is attached.\n> attached",
            author="anna@example.org",
        ),
        OWN,
    )
    assert told == [
        "This goes to list@example.org, not to anna@example.org, who wrote.",
        "There is no subject.",
        "The text speaks of an attachment, but there is no file.",
    ]


def test_a_quoted_attachment_is_nobodys_promise() -> None:
    quoted = Writing(WORK, "me@example.org", "a@b.example", subject="S", text="Fine\n> attached")
    assert warnings(quoted, OWN) == []


# --- on disk


def drafts_in(folder: Path) -> Drafts:
    return Drafts(lambda account: folder / account)


def test_a_draft_survives_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    writing = Writing(
        WORK,
        "Me <me@example.org>",
        subject="Budget",
        text="Hello\nthere",
        references=("a@b",),
        answers=MessageKey(7),
        author="anna@example.org",
        enclosures=(Enclosure("a.txt", "text/plain", b"content"),),
    )
    file = drafts_in(tmp_path).begin(writing)
    file.release()
    [(_, found)] = drafts_in(tmp_path).all([WORK, HOME])
    assert found == writing


def test_a_draft_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        drafts_in(tmp_path).begin(LETTER)
    finally:
        os.umask(before)
    for path in (tmp_path / "work" / "drafts").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_draft_that_is_open_elsewhere_is_left_alone(tmp_path: Path) -> None:
    file = drafts_in(tmp_path).begin(LETTER)
    assert drafts_in(tmp_path).all([WORK]) == []
    file.release()
    assert len(drafts_in(tmp_path).all([WORK])) == 1


def test_a_draft_is_not_written_through_a_link_that_somebody_laid(tmp_path: Path) -> None:
    file = drafts_in(tmp_path).begin(LETTER)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    file.sheet.unlink()
    file.sheet.symlink_to(victim)
    file.save(LETTER)
    assert victim.read_text() == "mine"
    assert not file.sheet.is_symlink()


def test_a_damaged_draft_does_not_hide_the_others(tmp_path: Path) -> None:
    drafts = drafts_in(tmp_path)
    drafts.begin(LETTER).release()
    broken = drafts.begin(LETTER)
    broken.sheet.with_name("about.json").write_text("{")
    broken.release()
    assert len(drafts.all([WORK])) == 1


def test_what_an_editor_wrote_is_kept_while_it_writes_again(tmp_path: Path) -> None:
    file = drafts_in(tmp_path).begin(LETTER)
    file.sheet.write_text("Subject: Hi\n\nFirst\n")
    file.keep()
    for destroy in (lambda: file.sheet.write_text("\n"), file.sheet.unlink):
        destroy()
        file.keep()
        file.release()
        [(_, found)] = drafts_in(tmp_path).all([WORK])
        assert found.text == "First\n"


def test_what_is_on_the_sheet_counts_as_long_as_there_is_anything(tmp_path: Path) -> None:
    file = drafts_in(tmp_path).begin(LETTER)
    file.sheet.write_text("Subject: Hi\n\nFirst\n")
    file.keep()
    file.sheet.write_text("Subject: Hi\n\nSecond\n")
    assert file.load().text == "Second\n"
    file.save(LETTER)
    file.sheet.write_text("")
    assert file.load().text == ""


def test_only_files_are_attached(tmp_path: Path) -> None:
    place = tmp_path / "report.pdf"
    place.write_bytes(b"%PDF")
    assert enclose(f" {place} ") == Enclosure("report.pdf", "application/pdf", b"%PDF")
    os.mkfifo(tmp_path / "pipe")
    for wrong in (tmp_path, tmp_path / "pipe", tmp_path / "none", "a\0b", "/dev/zero"):
        with pytest.raises(CommandFailed):
            enclose(str(wrong))


def test_the_editor_is_what_the_user_set() -> None:
    assert chosen_editor({"VISUAL": "code --wait", "EDITOR": "vi"}) == ("code", "--wait")
    assert chosen_editor({"VISUAL": "", "EDITOR": "vi"}) == ("vi",)
    assert chosen_editor({"EDITOR": "broken 'quote"}) == ()


async def test_a_draft_is_read_once_what_is_being_kept_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drafts_in(tmp_path).begin(LETTER)
    file.sheet.write_text("Subject: Budget\n\nPrecious\n")
    begun, go_on = threading.Event(), threading.Event()
    write = drafts._write

    def slow(path: Path, content: bytes) -> None:
        begun.set()
        assert go_on.wait(20)
        write(path, content)

    monkeypatch.setattr(drafts, "_write", slow)
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(asyncio.to_thread(file.keep))
        assert await asyncio.to_thread(begun.wait, 20)
        file.sheet.write_text("")
        loading = tasks.create_task(asyncio.to_thread(file.load))
        await asyncio.wait({loading}, timeout=0.1)
        assert not loading.done()
        go_on.set()
        assert (await loading).text.strip() == "Precious"
        await keeping
