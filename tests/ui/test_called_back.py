"""A letter that is not to leave, or cannot be begun: it is never out of reach."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import WORK, FakeMail, message
from tests.ui.test_composer import HELLO, editor, kept, outgoing, reviewed
from tuimail.engine.commands import CancelSending, Fetch, Send, Undo
from tuimail.engine.events import BodiesArrived, BodiesFailed, EngineGone, OutboxChanged
from tuimail.engine.mail import Done
from tuimail.model.address import plain
from tuimail.model.draft import Draft
from tuimail.model.mail import AccountName, MessageKey
from tuimail.model.outbox import LetterState
from tuimail.model.safe_text import SafeText


class OutboxMail(FakeMail):
    """Queues letters as an outbox does, ten seconds before they leave."""

    reopened: Draft | None = None

    def _carry_out(self, command: object) -> Done:
        match command:
            case Send():
                self.letters = [outgoing(LetterState.QUEUED)]
                return Done(
                    SafeText("Sending in 10 s"),
                    1,
                    undoable=True,
                    letter=1,
                    account=WORK,
                    hold=timedelta(seconds=10),
                )
            case CancelSending() | Undo():
                self.letters = [outgoing(LetterState.CANCELLED)]
                return Done(SafeText("Not sent: Figures"), 1, letter=1, account=WORK)
            case _:
                return super()._carry_out(command)  # type: ignore[arg-type]

    async def reopen(self, account: AccountName, letter: int) -> Draft | None:
        return self.reopened


def letters() -> OutboxMail:
    return OutboxMail([message(number, f"Letter {number}") for number in (1, 2, 3)])


async def queue(ui: Terminal) -> None:
    await ui.press("r")
    await reviewed(ui)
    await ui.press("y")
    await ui.sees("Sending in 10 s · u undo")


async def test_do_not_send_opens_the_letter_again(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await queue(ui)
        await ui.press("g", "p")
        await ui.sees("Do not send, open it: Figures")
        await ui.press("enter")
        await reviewed(ui)
        await ui.sees("Hello from the editor")
        assert mail.submitted[-1] == CancelSending(WORK, 1)


async def test_a_letter_that_another_program_cancelled_is_offered_as_a_draft(
    tmp_path: Path,
) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await queue(ui)
        mail.letters = [outgoing(LetterState.CANCELLED)]
        mail.tell(OutboxChanged(WORK))
        await ui.press("m")
        await ui.sees("New, or a draft")
        await ui.press("down", "enter")
        await ui.sees("Hello from the editor")


@pytest.mark.parametrize("state", [LetterState.REFUSED, LetterState.UNKNOWN])
async def test_what_did_not_go_can_be_opened_again(tmp_path: Path, state: LetterState) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await queue(ui)
        mail.letters = [outgoing(state, "no such user")]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("1 refused")
        await ui.press("g", "p")
        await ui.sees("Open it again: Figures")
        await ui.type("open it again")
        await ui.press("enter")
        await reviewed(ui)
        await ui.sees("Hello from the editor")


async def test_a_letter_of_another_program_is_opened_from_the_outbox(tmp_path: Path) -> None:
    mail = letters()
    mail.letters = [outgoing(LetterState.QUEUED)]
    mail.reopened = Draft(plain("me@example.org"), subject="From cron", text="The report.\n")
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("g", "p")
        await ui.sees("Do not send")
        await ui.press("enter")
        await reviewed(ui)
        await ui.sees("From cron")
        await ui.press("p")
        await ui.sees("Kept as a draft")
    assert len(kept(tmp_path)) == 1


async def test_the_seconds_are_counted_and_undo_leaves_the_line_with_the_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("tuimail.ui.parts.outgoing.monotonic", lambda: now[0])
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await queue(ui)
        now[0] = 102.5
        await ui.sees("Sending in 8 s · u undo")
        await ui.press("j")
        assert "Sending in 8 s · u undo" in ui.bottom
        mail.letters = [outgoing(LetterState.SENDING)]
        mail.tell(OutboxChanged(WORK))
        await ui.until(lambda: ui.bottom.startswith(" Sending ") and "undo" not in ui.bottom)
        mail.letters = [outgoing(LetterState.QUEUED, "localhost refused the connection")]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("Not sent yet: localhost refused the connection · g p")


async def test_a_later_act_takes_the_place_of_the_count(tmp_path: Path) -> None:
    mail = letters()
    async with terminal(mail, drafts=tmp_path, editor=editor(tmp_path, HELLO)) as ui:
        await queue(ui)
        await ui.press("a")
        await ui.sees("Archived 1 · u undo")
        await ui.pilot.pause(1.1)
        assert "Archived 1 · u undo" in ui.bottom


@pytest.mark.parametrize("key", ["r", "R", "f"])
async def test_an_answer_to_what_is_not_here_says_at_once_why(tmp_path: Path, key: str) -> None:
    mail = letters()
    mail.missing.add(MessageKey(1))
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press(key)
        await ui.until(lambda: Fetch(frozenset({MessageKey(1)})) in mail.submitted)
        mail.tell(BodiesFailed(frozenset({MessageKey(1)}), SafeText("There is no network.")))
        await ui.sees("The text of this message is not here: There is no network.")
        await ui.press("j")
        assert "Letter 2" in ui.current


async def test_an_answer_begins_once_the_text_has_come_however_late(tmp_path: Path) -> None:
    mail = letters()
    mail.missing.add(MessageKey(1))
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("r")
        await ui.until(lambda: mail.submitted)
        mail.tell(BodiesArrived(frozenset({MessageKey(2)})))
        mail.tell(BodiesFailed(frozenset({MessageKey(3)}), SafeText("another one")))
        await ui.sees("Esc stops")
        mail.missing.clear()
        mail.tell(BodiesArrived(frozenset({MessageKey(1)})))
        await ui.sees("C-x done")


async def test_waiting_for_a_text_ends_with_esc_and_with_the_engine(tmp_path: Path) -> None:
    mail = letters()
    mail.missing.add(MessageKey(1))
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("r")
        await ui.sees("Esc stops")
        await ui.press("escape")
        await ui.sees("Stopped; nothing was begun.")
        await ui.press("r")
        await ui.sees("Esc stops")
        mail.tell(EngineGone(SafeText("The engine was stopped.")))
        await ui.sees("engine gone")
        await ui.press("j")
        assert "Letter 2" in ui.current


async def test_a_new_letter_without_a_word_is_left_without_a_question(tmp_path: Path) -> None:
    async with terminal(letters(), drafts=tmp_path) as ui:
        await ui.press("m")
        await ui.sees("C-x done")
        await ui.press("ctrl+x")
        await reviewed(ui)
        await ui.press("q")
        await ui.sees("Thrown away")
        await ui.press("m")
        await ui.sees("C-x done")
        await ui.type("anna@example.org")
        await ui.press("ctrl+x")
        await reviewed(ui)
        await ui.press("q")
        await ui.sees("Keep it as a draft")
    assert len(kept(tmp_path)) == 1
