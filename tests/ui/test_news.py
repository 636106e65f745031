"""What the engine tells, on the screen."""

import asyncio

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tuimail.engine.commands import Drop, Retry, Sync
from tuimail.engine.events import (
    BodiesFailed,
    Connection,
    ConnectionChanged,
    EngineGone,
    JournalChanged,
    MailboxChanged,
    OperationParked,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)
from tuimail.engine.mail import CommandFailed
from tuimail.model.mail import INBOX, AccountName, MailboxId, MailboxName, MessageKey
from tuimail.model.operation import Entry, EntryState, Move
from tuimail.model.safe_text import SafeText

INBOX_CHANGED = MailboxChanged(MailboxId(WORK, INBOX))


def letters(count: int) -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in range(1, count + 1)])


def arrive(mail: FakeMail, number: int) -> None:
    letter = message(number, f"New {number}", received=NOW)
    mail.stored[letter.key] = letter
    mail.order.insert(0, letter.key)
    mail.tell(INBOX_CHANGED)


async def test_new_mail_appears_and_the_cursor_stays_on_its_message() -> None:
    mail = letters(50)
    async with terminal(mail) as ui:
        await ui.press("j", "j")
        arrive(mail, 1001)
        await ui.sees("New 1001")
        assert "Letter 3" in ui.current


async def test_new_mail_above_a_lower_page_moves_nothing_on_the_screen() -> None:
    mail = letters(100)
    async with terminal(mail) as ui:
        await ui.press("pagedown", "j")
        await ui.until(lambda: "Letter 24" in ui.current)
        before = ui.lines[1:-1]
        arrive(mail, 1001)
        await ui.until(lambda: "/101" in ui.top)
        assert ui.lines[1:-1] == before


async def test_mail_that_arrives_while_a_message_is_read_does_not_move_the_text() -> None:
    mail = letters(50)
    async with terminal(mail) as ui:
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        before = ui.lines[1:-1]
        arrive(mail, 1001)
        await ui.until(lambda: "/51" in ui.top)
        assert ui.lines[1:-1] == before


async def test_a_burst_of_news_is_read_at_most_ten_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = letters(50)
    async with terminal(mail) as ui:
        asked = 0
        keys = mail.keys

        async def counted(view: object) -> object:
            nonlocal asked
            asked += 1
            return await keys(view)  # type: ignore[arg-type]  # handed through

        monkeypatch.setattr(mail, "keys", counted)
        for _ in range(100):
            mail.tell(INBOX_CHANGED)
            await asyncio.sleep(0.005)
        await ui.pilot.pause(0.3)
        assert 2 <= asked <= 12


async def test_connections_and_their_reasons_are_told() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.until(lambda: ui.top.endswith("online"))
        reason = SafeText("The server does not answer.")
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, reason))
        await ui.sees("work: The server does not answer.")
        assert ui.top.endswith("offline")


async def test_for_how_long_and_why_a_log_in_waits_is_told_until_it_is_over() -> None:
    mail = letters(3)
    why = "at most six log-ins a minute to pop.example.org"
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        for seconds in (12, 10):
            words = SafeText(f"Waiting {seconds} s: {why}")
            mail.tell(ConnectionChanged(WORK, Connection.CONNECTING, words))
            await ui.sees(f"work: {words}")
            assert ui.top.endswith("connecting")
        await ui.press("g", "p")
        await ui.sees("work is connecting: Waiting 10 s: at most six")
        await ui.press("escape")
        mail.tell(ConnectionChanged(WORK, Connection.CONNECTING))
        await ui.loses("Waiting")
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.until(lambda: ui.top.endswith("online"))


async def test_why_an_account_is_offline_stands_there_while_it_tries_to_come_back() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        reason = SafeText("The server does not answer.")
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, reason))
        await ui.sees(f"work: {reason}")
        mail.tell(ConnectionChanged(WORK, Connection.CONNECTING))
        await ui.until(lambda: ui.top.endswith("connecting"))
        await ui.press("g", "p")
        await ui.sees(f"work is offline: {reason}")


async def test_a_refused_operation_says_what_to_do_and_can_be_tried_again_or_dropped() -> None:
    mail = letters(3)
    operation = Move(INBOX, frozenset({MessageKey(1)}), MailboxName("Old"))
    reason = SafeText("The mailbox is full.")
    entry = Entry(7, WORK, 1, operation, EntryState.PARKED, NOW, reason=reason)
    async with terminal(mail) as ui:
        mail.entries.append(entry)
        mail.tell(OperationParked(WORK, 7, reason))
        mail.tell(JournalChanged(WORK))
        await ui.sees("Refused: The mailbox is full. · g p retry or drop")
        await ui.sees("1 refused")
        await ui.press("g", "p")
        await ui.sees("Try again: Move 1 message to Old")
        await ui.press("enter")
        await ui.until(lambda: mail.submitted == [Retry(WORK, 7)])
        await ui.press("g", "p")
        await ui.sees("Give it up")
        await ui.press("down", "enter")
        await ui.until(lambda: Drop(WORK, 7) in mail.submitted)


async def test_long_work_is_a_bar_on_the_last_line() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(Progress(WORK, SafeText("Fetching INBOX"), 300, 1200))
        await ui.sees("Fetching INBOX  ━━━───────── 300/1,200")
        mail.tell(Progress(WORK, SafeText("Fetching INBOX"), 1200, 1200))
        await ui.loses("Fetching INBOX")


async def test_a_sync_that_was_asked_for_tells_its_end() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("dollar_sign")
        await ui.until(lambda: mail.submitted == [Sync()])
        mail.tell(SyncFinished(WORK, 0, new=3, pushed=2))
        await ui.sees("Up to date: 3 new, 2 sent")


async def test_a_dead_engine_is_told() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(EngineGone(SafeText("The engine died three times.")))
        await ui.sees("The engine died three times.")
        assert "engine gone" in ui.top


async def test_a_body_that_cannot_be_fetched_says_why() -> None:
    mail = letters(3)
    mail.missing.add(MessageKey(1))
    async with terminal(mail) as ui:
        await ui.press("enter")
        await ui.sees("Fetching the text")
        mail.tell(BodiesFailed(frozenset({MessageKey(1)}), SafeText("There is no network.")))
        await ui.sees("Not here yet: There is no network.")


async def test_a_password_is_asked_never_shown_and_handed_over() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(SecretNeeded(WORK))
        await ui.sees("Password for work:")
        await ui.type("geheim7")
        assert "geheim" not in ui.text
        assert "*******" in ui.bottom
        await ui.press("enter")
        await ui.until(lambda: mail.secrets == {WORK: "geheim7"})
        assert "***" not in ui.bottom


async def test_a_password_prompt_waits_for_typing_to_pause() -> None:
    mail = letters(30)
    async with terminal(mail) as ui:
        await ui.press("j")
        mail.tell(SecretNeeded(WORK))
        for _ in range(6):
            await ui.press("j")
            await ui.pilot.pause(0.2)
            assert "Password" not in ui.bottom
        await ui.sees("Password for work:")


async def test_a_question_that_is_open_is_not_replaced_by_a_password_prompt() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("slash")
        await ui.type("bud")
        mail.tell(SecretNeeded(WORK))
        await ui.pilot.pause(1.3)
        assert ui.bottom.startswith(" Search all mail: bud")
        await ui.press("escape")
        await ui.sees("Password for work:")


async def test_a_password_command_is_tried_first() -> None:
    mail = letters(3)
    asked: list[AccountName] = []

    async def find(account: AccountName, _: object) -> str | None:
        asked.append(account)
        return "from pass"

    async with terminal(mail, find_secret=find) as ui:
        mail.tell(SecretNeeded(WORK))
        await ui.until(lambda: mail.secrets == {WORK: "from pass"})
        assert asked == [WORK]
        assert "Password" not in ui.text


async def test_a_password_command_that_fails_is_told_and_the_user_asked() -> None:
    mail = letters(3)

    async def find(account: AccountName, _: object) -> str | None:
        raise CommandFailed(f"The password command of {account} failed.")

    async with terminal(mail, find_secret=find) as ui:
        mail.tell(SecretNeeded(WORK))
        await ui.sees("The password command of work failed.")
        await ui.sees("Password for work:")
        await ui.press("escape")
        await ui.sees("No password for work; $ asks again.")


async def test_nobody_is_asked_to_type_a_token() -> None:
    mail = letters(3)
    reason = SafeText("mx.example.org refused the access token")
    async with terminal(mail, (120, 24)) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.NEEDS_TOKEN, reason))
        mail.tell(SecretNeeded(WORK, reason, token=True))
        await ui.sees(f"work: {reason} · mend its token_command, then $")
        assert ui.top.endswith("needs token")
        await ui.press("j")
        await ui.pilot.pause(1.2)
        assert "assword" not in ui.text
        await ui.press("dollar_sign")
        await ui.until(lambda: mail.submitted == [Sync()])
        assert mail.reconnected == [{WORK}]
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.loses("token")


async def test_a_token_command_that_has_to_ask_is_given_the_terminal() -> None:
    mail = letters(3)

    async def find(_: AccountName, __: object) -> str | None:
        return "ya29"

    async with terminal(mail, find_secret=find) as ui:
        mail.tell(SecretNeeded(WORK, token=True))
        await ui.until(lambda: mail.secrets == {WORK: "ya29"})


async def test_a_token_command_that_fails_is_told_and_no_password_is_asked() -> None:
    mail = letters(3)

    async def find(account: AccountName, _: object) -> str | None:
        raise CommandFailed(f"the token command of {account} failed with exit status 1")

    async with terminal(mail, (120, 24), find_secret=find) as ui:
        reason = SafeText("the token command of work failed with exit status 1")
        mail.tell(SecretNeeded(WORK, reason, token=True))
        await ui.sees("the token command of work failed with exit status 1 · mend its token_comm")
        await ui.pilot.pause(1.2)
        assert "assword" not in ui.text
        mail.tell(SecretNeeded(WORK, reason, token=True))


async def test_a_password_that_was_refused_is_asked_for_again_by_a_sync() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.NEEDS_SECRET, SafeText("It was refused")))
        mail.tell(SecretNeeded(WORK, SafeText("It was refused")))
        await ui.sees("It was refused. Password for work:")
        await ui.press("escape")
        await ui.sees("No password for work; $ asks again.")
        await ui.press("dollar_sign")
        await ui.sees("It was refused. Password for work:")


async def test_names_from_servers_cannot_harm_the_screen() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        reason = SafeText("[/] [bold]no[/bold] {0} %s")
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, reason))
        await ui.sees("[/] [bold]no[/bold] {0} %s")


async def test_a_disk_that_fails_is_told_and_the_screen_lives_on() -> None:
    mail = letters(300)
    async with terminal(mail) as ui:
        mail.broken = "The disk is full."
        await ui.press("G", "enter", "q", "g", "p", "g", "t", "tab", "dollar_sign")
        mail.tell(INBOX_CHANGED)
        mail.tell(JournalChanged(WORK))
        await ui.sees("The disk is full.")
        mail.broken = None
        await ui.press("g", "i")
        await ui.sees("Letter 1 ")


async def test_a_store_that_cannot_be_read_at_the_start_is_told() -> None:
    mail = letters(3)
    mail.broken = "The index is damaged."
    async with terminal(mail) as ui:
        await ui.sees("The index is damaged.")


async def test_a_password_that_cannot_be_handed_over_says_why() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(SecretNeeded(WORK))
        await ui.sees("Password for work:")
        mail.broken = "There is no engine."
        await ui.press("x", "enter")
        await ui.sees("There is no engine.")


def offline(reason: str) -> ConnectionChanged:
    return ConnectionChanged(WORK, Connection.OFFLINE, SafeText(reason))


async def test_what_was_just_done_stays_when_the_line_drops_and_help_tells_why() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("a")
        await ui.sees("Archived 1")
        mail.tell(offline("localhost refused the connection"))
        await ui.sees("offline")
        assert "Archived 1 · u undo" in ui.bottom
        await ui.press("question_mark")
        await ui.sees("work is offline: localhost refused the connection")
        await ui.press("escape", "g", "p")
        await ui.sees("The servers have everything.  work is offline: localhost refused")


async def test_a_reason_is_told_once_however_often_the_line_is_tried() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        mail.tell(offline("localhost refused the connection"))
        await ui.sees("work: localhost refused the connection")
        await ui.press("Z")
        await ui.sees("Z does nothing here")
        mail.tell(ConnectionChanged(WORK, Connection.CONNECTING))
        await ui.sees("connecting")
        mail.tell(offline("localhost refused the connection"))
        await ui.sees("offline")
        assert "Z does nothing here" in ui.bottom


async def test_a_refused_mailbox_is_told_where_its_list_is_empty() -> None:
    mail = letters(0)
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE, SafeText("INBOX is locked")))
        await ui.until(lambda: "INBOX is locked" in "\n".join(ui.lines[:-1]))
        assert ui.top.endswith("partly online")
        await ui.press("question_mark")
        await ui.sees("work is partly online: INBOX is locked")
        await ui.press("escape")
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.until(lambda: "INBOX is locked" not in "\n".join(ui.lines[:-1]))
        assert not ui.top.endswith("partly online")


async def test_an_alert_of_a_server_is_told_once() -> None:
    mail = letters(3)
    alert = ServerAlert(WORK, SafeText("Quota is nearly full"))
    async with terminal(mail) as ui:
        mail.tell(alert)
        await ui.sees("work: the server says: Quota is nearly full")
        await ui.press("Z")
        await ui.sees("Z does nothing here")
        mail.tell(alert)
        mail.tell(ConnectionChanged(WORK, Connection.CONNECTING))
        await ui.sees("connecting")
        assert "Z does nothing here" in ui.bottom
