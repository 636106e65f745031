"""The first moments, before there is anything to act on."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from textual.events import Key
from textual.pilot import Pilot

from tests.ui.driver import NOWHERE, Terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tuimail.engine.commands import Archive
from tuimail.engine.events import Connection, ConnectionChanged, MailboxChanged, SecretNeeded
from tuimail.model.mail import INBOX, Mailbox, MailboxId, MessageKey, Role
from tuimail.model.safe_text import SafeText
from tuimail.ui.app import TuimailApp
from tuimail.ui.terminal.application import TerminalApp

SLOW = 0.2


def slow_mail() -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in (1, 2, 3)], latency=SLOW)


def app_on(mail: FakeMail) -> TuimailApp:
    return TuimailApp(mail, drafts=lambda _: NOWHERE, now=lambda: NOW)


async def test_keys_typed_before_the_list_is_there_are_carried_out_in_order() -> None:
    mail = slow_mail()
    app = app_on(mail)
    async with app.run_test() as pilot:
        ui = Terminal(app, pilot)
        await ui.press("j", "a", "enter")
        assert not ui.screen.ready
        await ui.sees("Text of message 3.")
        assert mail.submitted[0] == Archive(frozenset({MessageKey(2)}))


async def test_the_first_frame_does_not_tell_that_there_is_nothing() -> None:
    app = app_on(slow_mail())
    async with app.run_test() as pilot:
        ui = Terminal(app, pilot)
        await ui.press("j")
        assert "/0" not in ui.text
        assert "No messages" not in ui.text
        await ui.sees("Inbox 2/3")


async def test_who_wants_to_leave_before_the_list_is_there_may() -> None:
    app = app_on(slow_mail())
    async with app.run_test() as pilot:
        await pilot.press("q")
        assert app._exit


async def test_early_keys_are_not_typed_into_a_question_for_a_password() -> None:
    mail = slow_mail()
    app = app_on(mail)
    async with app.run_test() as pilot:
        ui = Terminal(app, pilot)
        ui.screen.bulletin._prompt_for_secret(SecretNeeded(WORK, SafeText("")))
        ui.screen._early.keep(Key("j", "j"))
        await ui.until(lambda: ui.screen.ready)
        question = ui.screen.prompts.current
        assert question is not None
        assert question.edit.text == ""


async def test_keys_wait_for_what_the_first_sync_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    mail = FakeMail([])
    boxes = [Mailbox(WORK, INBOX, Role.INBOX, 0, 0, on_server=1)]

    async def listed() -> list[Mailbox]:
        return boxes

    monkeypatch.setattr(mail, "mailboxes", listed)
    app = app_on(mail)
    async with app.run_test() as pilot:
        ui = Terminal(app, pilot)
        await ui.until(lambda: ui.screen.places.loaded)
        await ui.press("enter")
        letter = message(1, "First")
        mail.stored[letter.key], mail.order = letter, [letter.key]
        mail.tell(MailboxChanged(MailboxId(WORK, INBOX)))
        await ui.sees("Text of message 1.")


async def test_a_store_that_cannot_be_read_at_first_is_read_when_news_come() -> None:
    mail = FakeMail([message(1, "Budget")])
    mail.broken = "journal.db is of an older tuimail"
    app = app_on(mail)
    async with app.run_test(size=(80, 24)) as pilot:
        ui = Terminal(app, pilot)
        await ui.sees("older tuimail")
        mail.broken = None
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, SafeText("no network")))
        await ui.sees("Budget")


async def test_no_task_begins_before_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual would have it so from Python 3.12 on; it would do the same with this factory."""

    def factory(
        loop: asyncio.AbstractEventLoop, coro: Coroutine[object, object, None], **options: Any
    ) -> asyncio.Task[None]:
        return asyncio.Task(coro, loop=loop, **options)

    monkeypatch.setattr(asyncio, "eager_task_factory", factory, raising=False)
    loop = asyncio.get_running_loop()
    factories = []

    async def look(pilot: Pilot[object]) -> None:
        factories.append(loop.get_task_factory())
        pilot.app.exit()

    await TerminalApp[None](ansi_color=True).run_async(headless=True, auto_pilot=look)
    assert factories == [None]
