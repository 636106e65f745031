"""A draft that another program left in the mailbox of drafts is gone on with, and then gone."""

from pathlib import Path

import pytest

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import TRASH, FakeMail, message
from tests.ui.fake_mail import WORK as FAKE
from tests.ui.test_composer import outgoing, sent
from tuimail.engine.commands import DropDraft
from tuimail.engine.events import OutboxChanged
from tuimail.model.mail import DRAFT, MessageKey
from tuimail.model.outbox import LetterState


def drafts() -> FakeMail:
    return FakeMail([message(1, "Half written", flags=frozenset({DRAFT}))])


@pytest.mark.parametrize("keys", [("m", "enter"), ("E",)])
async def test_it_is_deleted_once_the_letter_is_sent_and_not_before(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    mail = drafts()
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press(*keys)
        await _reviewed(ui)
        await ui.press("y")
        await ui.until(lambda: sent(mail))
        assert not any(isinstance(each, DropDraft) for each in mail.submitted)
        mail.letters = [outgoing(LetterState.SENT)]
        mail.tell(OutboxChanged(FAKE))
        await ui.until(lambda: any(isinstance(each, DropDraft) for each in mail.submitted))
        assert mail.stored[MessageKey(1)].mailbox == TRASH


async def test_a_new_letter_is_still_to_be_had_in_the_mailbox_of_drafts(tmp_path: Path) -> None:
    mail = drafts()
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("m")
        await ui.sees("New letter")
        await ui.press("down", "enter")
        await ui.loses("New, or a draft")
        assert "Half written" not in ui.text


async def _reviewed(ui: Terminal) -> None:
    await ui.sees("not sent yet")
    await ui.sees("Half written")
