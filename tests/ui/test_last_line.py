"""The last line: what it says, for how long, and what it asks."""

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import FakeMail, message
from tuimail.ui.prompts import Prompt


@pytest.mark.parametrize("width", [40, 80])
async def test_a_complaint_leaves_room_to_type_and_goes_once_one_does(width: int) -> None:
    mail = FakeMail([message(1)])
    async with terminal(mail, size=(width, 16)) as ui:
        ask = Prompt("To:", lambda _: None, "foo bar is no address that mail can be sent to.")
        ask.edit.insert("foo bar")
        ui.screen.prompts.ask(ask)
        await ui.until(lambda: "To: foo bar" in ui.bottom)
        assert "foo bar is no" in ui.bottom
        await ui.type("d")
        await ui.until(lambda: ui.bottom.startswith(" To: foo bard"))


async def test_what_was_said_goes_with_the_next_key_but_not_what_went_wrong() -> None:
    mail = FakeMail([message(number) for number in (1, 2, 3)])
    async with terminal(mail) as ui:
        await ui.press("Z")
        await ui.sees("Z does nothing here")
        await ui.press("j")
        await ui.until(lambda: "Z does" not in ui.bottom)
        await ui.press("a")
        await ui.sees("Archived 1 · u undo")
        await ui.press("k")
        assert "Archived 1 · u undo" in ui.bottom
        mail.broken = "The disk is full."
        await ui.press("a")
        await ui.sees("The disk is full.")
        await ui.press("k")
        assert "The disk is full." in ui.bottom


async def test_a_question_can_be_left_for_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = FakeMail([message(1)])
    async with terminal(mail) as ui:
        gone = []
        monkeypatch.setattr(ui.app, "action_suspend_process", lambda: gone.append(True))
        await ui.press("slash")
        await ui.type("from:")
        await ui.press("ctrl+z")
        await ui.until(lambda: gone)
        assert "from:" in ui.bottom


async def test_a_key_draws_everything_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = FakeMail([message(1)])
    async with terminal(mail) as ui:
        drawn = []
        monkeypatch.setattr(ui.app, "repaint", lambda: drawn.append(True))
        await ui.press("ctrl+l")
        await ui.until(lambda: drawn)
