"""The user's own editor opens at the text; what was typed above the fields is not lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.engine.mail import CommandFailed
from tuimail.model.address import plain
from tuimail.model.draft import Draft
from tuimail.model.mail import AccountName, MessageKey
from tuimail.ui.letters.drafts import Drafts
from tuimail.ui.letters.editor import at_line, run_editor
from tuimail.ui.letters.writing import (
    MOVED,
    Writing,
    begin,
    draft_of,
    first_line_of_text,
    read_moved_sheet,
    read_sheet,
    sheet,
)

WORK = AccountName("work")
ME = "Una Test <u1@example.com>"
QUOTE = "On 2026-11-22 at 20:00, Anna wrote:\n> At noon?\n> To: you\n"
ANSWER = Writing(WORK, ME, "Anna <anna@example.org>", subject="Re: Lunch", text=f"\n\n{QUOTE}")
NEW = Writing(WORK, ME)
SHEET = Path("/drafts/letter.txt")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (["vi"], ["vi", "+6", "SHEET"]),
        (["vim", "-f"], ["vim", "-f", "+6", "SHEET"]),
        (["/usr/bin/nvim"], ["/usr/bin/nvim", "+6", "SHEET"]),
        (["/usr/bin/vim.basic"], ["/usr/bin/vim.basic", "+6", "SHEET"]),
        (["nano", "-r", "72"], ["nano", "-r", "72", "+6", "SHEET"]),
        (["emacs", "-nw"], ["emacs", "-nw", "+6", "SHEET"]),
        (["emacs-29.4"], ["emacs-29.4", "+6", "SHEET"]),
        (["emacs-nox"], ["emacs-nox", "+6", "SHEET"]),
        (["emacsclient", "-t"], ["emacsclient", "-t", "+6", "SHEET"]),
        (["micro"], ["micro", "+6", "SHEET"]),
        (["kak"], ["kak", "+6", "SHEET"]),
        (["joe"], ["joe", "+6", "SHEET"]),
        (["ne"], ["ne", "+6", "SHEET"]),
        (["hx"], ["hx", "SHEET:6"]),
        (["helix"], ["helix", "SHEET:6"]),
        (["code", "--wait"], ["code", "--wait", "--goto", "SHEET:6"]),
        (["kate", "-b"], ["kate", "-b", "-l", "6", "SHEET"]),
        (["vi", "--"], ["vi", "--", "SHEET"]),
        (["/home/una/bin/write-letter"], ["/home/una/bin/write-letter", "SHEET"]),
        (["myvim"], ["myvim", "SHEET"]),
        (["env", "A=b", "vi"], ["env", "A=b", "vi", "SHEET"]),
    ],
)
def test_an_editor_is_told_the_line_as_it_understands_it(
    command: list[str], arguments: list[str]
) -> None:
    expected = [each.replace("SHEET", str(SHEET)) for each in arguments]
    assert at_line(command, SHEET, 6) == expected


def test_an_editor_is_known_by_what_its_name_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for real, name in (("nano", "editor"), ("busybox", "vi"), ("write-letter", "mine")):
        program = tmp_path / real
        program.touch(mode=0o700)
        (tmp_path / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert at_line(["editor"], SHEET, 6) == ["editor", "+6", str(SHEET)]
    # busybox takes "+6" for a file.
    assert at_line(["vi"], SHEET, 6) == ["vi", str(SHEET)]
    assert at_line(["mine"], SHEET, 6) == ["mine", str(SHEET)]


async def test_the_line_is_where_the_text_begins(tmp_path: Path) -> None:
    told = tmp_path / "told"
    editor = tmp_path / "vi"
    editor.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\n')
    editor.chmod(0o700)
    file = Drafts(lambda account: tmp_path / account).begin(replace(ANSWER, bcc="eve@b.example"))
    await run_editor([str(editor)], file.sheet)
    assert told.read_text() == f"+7\n{file.sheet}\n"
    lines = file.sheet.read_text().split("\n")
    assert lines[5:9] == ["", "", "", "On 2026-11-22 at 20:00, Anna wrote:"]
    with pytest.raises(CommandFailed):
        await run_editor([str(tmp_path / "none")], tmp_path / "gone")


@pytest.mark.parametrize("writing", [NEW, ANSWER, replace(ANSWER, cc="c@d.example")])
def test_there_is_a_line_to_begin_the_text_on(writing: Writing) -> None:
    lines = sheet(writing).split("\n")
    at = first_line_of_text(sheet(writing)) - 1
    assert lines[at - 1] == lines[at] == ""
    assert at + 1 < len(lines)
    typed = "\n".join([*lines[:at], "Yes.", *lines[at:]])
    found, word = read_moved_sheet(typed, writing)
    assert word == ""
    assert found.text.startswith("Yes.\n")
    assert replace(found, text="") == replace(writing, text="")


def test_what_is_quoted_has_room_above_it_which_does_not_leave() -> None:
    draft = Draft(plain("u1@example.com"), to=(plain("a@b.example"),), text=QUOTE)
    answer = begin(WORK, replace(draft, answers=MessageKey(1)))
    assert answer.text == f"\n\n{QUOTE}"
    assert begin(WORK, draft).text == QUOTE
    own = {WORK: [plain("u1@example.com")]}
    below = replace(answer, text=answer.text + "\nBelow.\n")
    assert draft_of(below, own)[1].text == f"{QUOTE}\nBelow.\n"
    above = replace(answer, text="Above." + answer.text)
    assert draft_of(above, own)[1].text == above.text


TOP, REST = sheet(ANSWER).split("\n\n", 1)
LINES = TOP.split("\n")


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (f"Yes, gladly.\n{sheet(ANSWER)}", f"Yes, gladly.\n{ANSWER.text}"),
        (f"Yes, gladly.{sheet(ANSWER)}", f"Yes, gladly.\n{ANSWER.text}"),
        (f"Yes,\n\ngladly.\nUna\n\n{sheet(ANSWER)}", f"Yes,\n\ngladly.\nUna\n\n{ANSWER.text}"),
        (f"Hello\nYes.{sheet(ANSWER)}", f"Hello\nYes.\n{ANSWER.text}"),
        (f"{LINES[0]}\nYes.\n" + "\n".join(LINES[1:]) + f"\n\n{REST}", f"Yes.\n{ANSWER.text}"),
        (
            "\n".join(LINES[:2]) + "\n\nYes.\n\n" + "\n".join(LINES[2:]) + f"\n\n{REST}",
            f"Yes.\n\n{ANSWER.text}",
        ),
        ("\n".join(LINES[:-1]) + f"\nYes.\n{LINES[-1]}\n\n{REST}", f"Yes.\n{ANSWER.text}"),
        (
            f"Dear Anna:\nTo: the point\n{sheet(ANSWER)}",
            f"Dear Anna:\nTo: the point\n{ANSWER.text}",
        ),
        ("Yes.\r\n" + sheet(ANSWER).replace("\n", "\r\n"), f"Yes.\n{ANSWER.text}"),
    ],
)
def test_fields_below_what_was_typed_are_understood_and_nothing_is_lost(
    changed: str, text: str
) -> None:
    found, word = read_moved_sheet(changed, ANSWER)
    assert replace(found, text="") == replace(ANSWER, text="")
    assert found.text == text
    assert word == MOVED


def test_fields_that_were_changed_too_are_taken_as_they_are() -> None:
    moved = "Hello\n" + sheet(NEW).replace("To: ", "To: anna@example.org").replace(
        "Subject: ", "Subject: Lunch"
    )
    found, word = read_moved_sheet(moved, NEW)
    assert (found.sender, found.to, found.subject) == (ME, "anna@example.org", "Lunch")
    assert found.text.strip() == "Hello"
    assert word == MOVED


def test_a_sheet_that_only_begins_with_blank_lines_is_no_news() -> None:
    found, word = read_moved_sheet(f"\n\n{sheet(ANSWER)}", ANSWER)
    assert (found.to, found.subject, word) == (ANSWER.to, ANSWER.subject, "")


@pytest.mark.parametrize(
    "text",
    [
        "Only text.\n",
        "From: somebody@else.example\nTo: a@b.example\nSubject: theirs\n",
        "I wrote this:\nFrom: boss@example.org\nTo: all@example.org\nCc: \nSubject: Party\n",
        "See:\n\n> From: Una Test <u1@example.com>\n> To: Anna <anna@example.org>\n",
        "-------- Forwarded --------\nFrom: Una Test <u1@example.com>\nTo: x@y.example\n",
        "Subject: to change\n",
    ],
)
def test_fields_that_a_letter_speaks_of_stay_in_it(text: str) -> None:
    """Who took the fields away on purpose, or writes of others, is not corrected."""
    for top in (f"{TOP}\n\n", f"{LINES[0]}\n\n"):
        found, word = read_moved_sheet(top + text, ANSWER)
        assert found.text == text
        assert word == ""


@given(
    st.lists(st.sampled_from([*LINES, "", "Yes.", "> quoted", "To: x", "Cc:", " more", "Subject"]))
)
def test_no_line_of_a_sheet_is_lost(lines: list[str]) -> None:
    """Every line is in the text, or its value in a field."""
    found, _ = read_moved_sheet("\n".join(lines), ANSWER)
    values = f"{found.sender} {found.to} {found.cc} {found.subject} {found.text}"
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip() if colon and name.lower() in {"from", "to", "cc", "subject"} else line
        assert value.strip() in values


def test_a_draft_on_disk_is_put_right_and_says_so(tmp_path: Path) -> None:
    file = Drafts(lambda account: tmp_path / account).begin(ANSWER)
    file.sheet.write_text(f"Yes, gladly.{file.sheet.read_text()}")
    writing, word = file.load_edited()
    assert (writing.to, writing.subject, word) == (ANSWER.to, ANSWER.subject, MOVED)
    assert writing.text.startswith("Yes, gladly.\n")
    file.save(writing)
    assert file.load_edited() == (writing, "")
    assert read_sheet(sheet(writing), ANSWER) == writing
