"""What the keys do that only a POP3 account needs, and a letter that is written anew."""

from pathlib import Path

from tests.ui.driver import terminal
from tests.ui.fake_mail import FakeMail, message
from tuimail.engine.commands import Fetch, Keep
from tuimail.engine.events import BodiesArrived, BodiesFailed
from tuimail.model.mail import KEPT, MessageKey
from tuimail.model.safe_text import SafeText


def keys(*numbers: int) -> frozenset[MessageKey]:
    return frozenset(map(MessageKey, numbers))


async def test_g_k_keeps_a_message_on_the_server_and_releases_one_that_is_kept() -> None:
    mail = FakeMail([message(1, "Letter 1"), message(2, "Letter 2", flags=[KEPT])])
    async with terminal(mail) as ui:
        await ui.press("g", "k")
        await ui.until(lambda: mail.submitted == [Keep(keys(1), kept=True)])
        await ui.press("j", "g", "k")
        await ui.until(lambda: mail.submitted[1:] == [Keep(keys(2), kept=False)])


async def test_what_is_kept_only_in_part_is_kept_whole() -> None:
    mail = FakeMail([message(1, "Letter 1"), message(2, "Letter 2", flags=[KEPT])])
    async with terminal(mail) as ui:
        await ui.press("space", "space", "g", "k")
        await ui.until(lambda: mail.submitted == [Keep(keys(1, 2), kept=True)])


async def test_why_it_cannot_be_kept_is_said() -> None:
    mail = FakeMail([message(1, "Letter 1")])
    mail.refuses = "work is no POP3 account: its mail stays there anyway."
    async with terminal(mail) as ui:
        await ui.press("g", "k")
        await ui.sees("no POP3 account")


async def test_g_f_fetches_what_was_too_large_and_says_when_it_is_here() -> None:
    mail = FakeMail([message(1, "Letter 1")])
    async with terminal(mail) as ui:
        await ui.press("enter", "g", "f")
        await ui.sees("Fetching 1 message whole")
        await ui.until(lambda: Fetch(keys(1), large=True) in mail.submitted)
        mail.tell(BodiesArrived(keys(1)))
        await ui.sees("The whole message is here")


async def test_why_a_large_message_did_not_come_is_said() -> None:
    mail = FakeMail([message(1, "Letter 1")])
    async with terminal(mail) as ui:
        await ui.press("g", "f")
        await ui.until(lambda: Fetch(keys(1), large=True) in mail.submitted)
        mail.tell(BodiesFailed(keys(1), SafeText("localhost cannot be reached")))
        await ui.sees("It did not come: localhost cannot be reached")


async def test_any_message_can_be_edited_as_a_new_letter(tmp_path: Path) -> None:
    mail = FakeMail([message(1, "Letter 1")])
    async with terminal(mail, drafts=tmp_path) as ui:
        await ui.press("E")
        await ui.sees("Subject: edit as new: Letter 1")


async def test_a_message_says_that_it_is_kept_on_the_server() -> None:
    async with terminal(FakeMail([message(1, "Letter 1", flags=[KEPT])])) as ui:
        await ui.press("enter")
        await ui.sees("Server  it is kept there")
