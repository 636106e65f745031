"""From a key to the outbox and back, as it is seen."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.events import Key, Paste

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tuimail.engine.commands import CancelSending, Delete, Fetch, Send
from tuimail.engine.events import OutboxChanged
from tuimail.engine.mail import Done
from tuimail.model.address import Address
from tuimail.model.draft import Draft
from tuimail.model.mail import AccountName
from tuimail.model.outbox import Letter, LetterState
from tuimail.model.safe_text import SafeText
from tuimail.ui.parts import composer
from tuimail.ui.screens.sheet import SheetScreen


def letters() -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in (1, 2, 3)])


def editor(tmp_path: Path, code: str) -> Sequence[str]:
    """An editor that runs `code` on the text of the sheet and writes it back."""
    program = tmp_path / "editor.py"
    program.write_text(
        "import pathlib, sys\nsheet = pathlib.Path(sys.argv[1])\ntext = sheet.read_text()\n"
        f"{code}\nsheet.write_text(text)\n"
    )
    return (sys.executable, str(program))


HELLO = "text += 'Hello from the editor\\n'"


def sent(mail: FakeMail) -> list[Draft]:
    found = []
    for command in mail.submitted:
        if isinstance(command, Send):
            assert isinstance(command.letter, Draft)
            found.append(command.letter)
    return found


def kept(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("letter.txt")]


def outgoing(state: LetterState, reason: str = "") -> Letter:
    return Letter(
        id=1,
        account=WORK,
        state=state,
        queued=NOW,
        changed=NOW,
        not_before=NOW,
        attempt=1,
        sender="me@example.org",
        recipients=("anna@example.org",),
        delivered=(),
        message_id="1@example.org",
        subject=SafeText("Figures"),
        size=100,
        reason=SafeText(reason),
    )


async def reviewed(ui: Terminal) -> None:
    await ui.sees("not sent yet")
    await ui.sees("y send")


async def test_an_answer_is_written_reviewed_and_queued(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("r")
        await reviewed(ui)
        await ui.sees("Hello from the editor")
        await ui.sees("Anna Meyer <anna@example.org>")
        await ui.press("y")
        await ui.sees("Sending · u undo")
        [draft] = sent(mail)
        assert draft.text == "Hello from the editor\n"
        assert [each.address for each in draft.to] == ["anna@example.org"]


async def test_keys_typed_twice_end_an_editor_and_a_review_once(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("r")
        await ui.sees("C-x done")
        for _ in range(2):
            ui.app.post_message(Key("ctrl+x", None))
        await reviewed(ui)
        for _ in range(2):
            ui.app.post_message(Key("y", "y"))
        await ui.sees("Sending · u undo")
        assert len(sent(mail)) == 1
        assert ui.app.is_running


async def test_undo_brings_the_letter_back_open(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("r")
        await reviewed(ui)
        await ui.press("y")
        await ui.sees("Sending")
        mail._back = lambda *_: Done(SafeText("Undone: sending"), 1, letter=1, account=WORK)  # type: ignore[method-assign]  # what the outbox answers
        await ui.press("u")
        await reviewed(ui)
        await ui.sees("Hello from the editor")


async def test_the_draft_goes_when_the_letter_is_sent_and_not_before(tmp_path: Path) -> None:
    mail = letters()
    drafts = tmp_path / "drafts"
    async with terminal(mail, drafts=drafts, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("r")
        await reviewed(ui)
        await ui.press("y")
        await ui.sees("Sending")
        mail.letters = [outgoing(LetterState.QUEUED)]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("1 pending")
        assert len(kept(drafts)) == 1
        mail.letters = [outgoing(LetterState.SENT)]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("Sent: Figures")
        await ui.until(lambda: kept(drafts) == [])


async def test_a_letter_that_did_not_leave_says_why_and_can_be_given_up(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, (100, 24)) as ui:
        for state, words in (
            (LetterState.REFUSED, "Not sent, g p shows it: Figures. No such user."),
            (LetterState.UNKNOWN, "Perhaps not sent, g p decides: Figures. No such user."),
        ):
            mail.letters = [outgoing(state, "No such user.")]
            mail.tell(OutboxChanged(WORK))
            await ui.sees(words)
            await ui.sees("1 refused")
        await ui.press("g", "p")
        await ui.sees("Send again, perhaps twice: Figures")
        await ui.press("down", "enter")
        await ui.until(lambda: CancelSending(WORK, 1) in mail.submitted)


async def test_fields_are_changed_in_the_review_and_line_breaks_are_refused(
    tmp_path: Path,
) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("r")
        await reviewed(ui)
        await ui.press("t", "ctrl+u")
        await ui.type("bob")
        await ui.press("enter")
        await ui.sees("bob is no address that mail can be sent to. To: bob")
        await ui.type("@example.org")
        ui.app.screen.post_message(Paste("a@b.example\nBcc: eve@example.org"))
        await ui.sees("has line breaks and was not put in")
        await ui.press("enter")
        await ui.sees("To  bob@example.org")
        await ui.press("s", "ctrl+u", "enter")
        await ui.sees("There is no subject.")
        await ui.press("y")
        await ui.until(lambda: sent(mail))
        assert [each.address for each in sent(mail)[0].to] == ["bob@example.org"]


async def test_a_letter_to_nobody_is_not_sent(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("m")
        await reviewed(ui)
        await ui.press("y")
        await ui.until(lambda: "There is no recipient yet." in ui.bottom)
        assert sent(mail) == []


async def test_a_draft_is_kept_and_opened_again_or_thrown_away(tmp_path: Path) -> None:
    mail = letters()
    drafts = tmp_path / "drafts"
    async with terminal(mail, drafts=drafts, editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("f")
        await reviewed(ui)
        await ui.press("p")
        await ui.sees("Kept as a draft; m opens it")
        await ui.press("m")
        await ui.sees("forward: Letter 1")
        await ui.press("down", "enter")
        await reviewed(ui)
        await ui.press("q", "down", "enter")
        await ui.sees("Thrown away")
        assert kept(drafts) == []


async def test_a_letter_is_found_again_after_the_program_died(tmp_path: Path) -> None:
    drafts = tmp_path / "drafts"
    command = editor(tmp_path, HELLO)
    async with terminal(letters(), drafts=drafts, editor=command) as ui:
        await ui.press("r")
        await reviewed(ui)
    async with terminal(letters(), drafts=drafts, editor=command) as ui:
        await ui.sees("A letter that you were writing was kept; m opens it.")
        await ui.press("m", "down", "enter")
        await reviewed(ui)
        await ui.sees("Hello from the editor")


async def test_an_editor_that_fails_loses_nothing(tmp_path: Path) -> None:
    code = f"{HELLO}; sheet.write_text(text); sys.exit(3)"
    async with terminal(letters(), drafts=tmp_path, editor=editor(tmp_path, code)) as ui:
        await ui.press("r")
        await ui.sees("ended with code 3")
        await ui.sees("Hello from the editor")


async def test_what_an_editor_wrote_is_kept_every_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert composer.BETWEEN_KEEPS == 10.0
    monkeypatch.setattr(composer, "BETWEEN_KEEPS", 0.05)
    # It saves, goes on for a while, and dies while it writes once more.
    code = (
        "text += 'Precious'; sheet.write_text(text); copy = sheet.parent / 'kept.txt'"
        "\nimport time; end = time.monotonic() + 60"
        "\nwhile not (copy.exists() and 'Precious' in copy.read_text()) and time.monotonic() < end:"
        "\n    time.sleep(0.02)"
        "\nsheet.write_text(''); raise SystemExit(9)"
    )
    async with terminal(letters(), drafts=tmp_path, editor=editor(tmp_path, code)) as ui:
        await ui.press("m")
        await ui.sees("ended with code 9")
        await ui.sees("Precious")


async def test_the_built_in_editor_serves_where_none_is_set(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("r")
        await ui.sees("C-x done")
        await ui.type("Hi")
        await ui.press("ctrl+x")
        await reviewed(ui)
        await ui.press("y")
        await ui.until(lambda: sent(mail))
        assert sent(mail)[0].text.strip() == "Hi"


async def test_who_cannot_send_is_told_before_writing(tmp_path: Path) -> None:
    mail = letters()

    async def nobody(account: AccountName) -> Sequence[Address]:
        return ()

    mail.identities = nobody  # type: ignore[method-assign]  # an account without [outgoing]
    async with terminal(mail, drafts=tmp_path) as ui:
        for key in "mrf":
            await ui.press("Z", key)
            await ui.sees("Account work has no outgoing server in its settings")


async def test_a_file_is_attached_and_taken_away(tmp_path: Path) -> None:
    place = tmp_path / "report.txt"
    place.write_text("figures")
    mail = letters()
    async with terminal(mail, drafts=tmp_path / "drafts", editor=editor(tmp_path, HELLO)) as ui:
        await ui.press("r")
        await reviewed(ui)
        await ui.press("a")
        ui.app.screen.post_message(Paste(str(place)))
        await ui.press("enter")
        await ui.sees("report.txt  7 bytes")
        await ui.press("d", "enter")
        await ui.loses("report.txt")


@pytest.mark.parametrize("key", ["m", "r", "f"])
async def test_what_is_typed_ahead_of_a_letter_acts_on_no_list(tmp_path: Path, key: str) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        for typed in (key, *"ddd"):
            ui.app.post_message(Key(typed, typed))
        await ui.sees("C-x done")
        await ui.sees("ddd")
        await ui.press("ctrl+x")
        await reviewed(ui)
        assert not mail.submitted


async def test_what_is_typed_ahead_of_another_editor_is_forgotten(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        for typed in "mddd":
            ui.app.post_message(Key(typed, typed))
        await reviewed(ui)
        assert not mail.submitted


async def test_what_is_typed_ahead_of_a_letter_that_cannot_be_is_forgotten(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        for typed in "Lddd":
            ui.app.post_message(Key(typed, typed))
        await ui.sees("over no mailing list")
        await ui.press("j")
        assert not mail.submitted


async def test_waiting_for_a_text_to_answer_can_be_given_up(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        mail.missing.update(mail.stored)
        await ui.press("r")
        await ui.sees("Esc stops")
        await ui.press("d", "escape")
        await ui.sees("nothing was begun")
        await ui.press("d")
        await ui.until(lambda: mail.submitted[1:])
        assert [type(each) for each in mail.submitted] == [Fetch, Delete]


async def test_enter_leads_through_the_fields_to_the_text(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("m")
        await ui.sees("C-x done")
        await ui.type("bob@example.org")
        await ui.press("enter", "enter")
        await ui.type("Budget")
        await ui.press("enter")
        await ui.type("Hello")
        await ui.press("enter")
        await ui.type("Bye")
        await ui.press("up", "up", "home")
        await ui.type("So: ")
        await ui.press("ctrl+x")
        await reviewed(ui)
        await ui.press("y")
        await ui.until(lambda: sent(mail))
        [draft] = sent(mail)
        assert [each.address for each in draft.to] == ["bob@example.org"]
        assert (draft.subject, draft.text.strip()) == ("Budget", "So: Hello\nBye")


async def test_lines_pasted_into_a_field_are_one(tmp_path: Path) -> None:
    async with terminal(letters(), drafts=tmp_path) as ui:
        await ui.press("m")
        await ui.sees("C-x done")
        ui.app.post_message(Paste("bob@example.org,\n eve@example.org\n"))
        await ui.sees("To: bob@example.org, eve@example.org")


async def test_nothing_blinks_where_one_writes_and_undo_has_a_key(tmp_path: Path) -> None:
    async with terminal(letters(), drafts=tmp_path) as ui:
        await ui.press("m")
        await ui.sees("C-x done")
        await ui.type("bob")
        await ui.sees("To: bob")
        await ui.press("ctrl+underscore")
        await ui.until(lambda: "To: bob" not in ui.text)
        screen = ui.app.screen
        assert isinstance(screen, SheetScreen)
        assert not screen.area.cursor_blink
