"""What is told goes when it is over, and says what can be done."""

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import NOW, WORK, FakeMail, message
from tests.ui.test_composer import outgoing
from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    EngineGone,
    OperationParked,
    OutboxChanged,
    Progress,
    SyncFinished,
)
from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.operation import Append, Entry, EntryState
from tuimail.model.outbox import LetterState
from tuimail.model.safe_text import SafeText

REFUSED = SafeText("localhost refused the connection")
DIED = SafeText("The engine died three times within a minute and stays down; its log says more.")


def letters(count: int = 3) -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in range(1, count + 1)])


async def test_a_banner_goes_with_the_next_key_and_the_hints_are_back() -> None:
    banner = "Sample mail: nothing here is kept. ? shows the keys."
    async with terminal(letters(), notices=[banner]) as ui:
        await ui.sees(banner)
        await ui.press("j")
        await ui.loses(banner)
        assert "s move  r reply  / search" in ui.bottom


async def test_the_words_of_a_lost_line_go_when_it_is_back() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, REFUSED))
        await ui.sees("work: localhost refused the connection")
        mail.tell(ConnectionChanged(WORK, Connection.CONNECTING))
        await ui.sees("connecting")
        assert REFUSED in ui.bottom
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.sees("online")
        await ui.loses(REFUSED)


async def test_what_was_being_fetched_is_not_shown_any_more_once_the_line_is_lost() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(Progress(WORK, SafeText("messages"), 7, 0))
        await ui.until(lambda: "messages" in ui.bottom)
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, REFUSED))
        await ui.until(lambda: "messages" not in ui.bottom)
        assert "? keys" in ui.bottom


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_long_work_leaves_the_way_to_the_keys_in_sight(size: tuple[int, int]) -> None:
    mail = letters()
    async with terminal(mail, size) as ui:
        mail.tell(Progress(WORK, SafeText("headers"), 700, 100_000))
        await ui.until(lambda: "700/100,000" in ui.bottom)
        assert ui.bottom.endswith("? keys")


async def test_other_words_stay_when_a_line_is_back() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, REFUSED))
        await ui.sees("offline")
        await ui.press("a")
        await ui.sees("Archived 1 · u undo")
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.sees("online")
        assert "Archived 1 · u undo" in ui.bottom


async def test_what_went_wrong_goes_with_a_key_once_it_could_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE, REFUSED))
        await ui.sees(REFUSED)
        await ui.press("j")
        assert REFUSED in ui.bottom
        monkeypatch.setattr("tuimail.ui.widgets.status_line._TO_READ", 0.0)
        await ui.press("j")
        await ui.loses(REFUSED)


@pytest.mark.parametrize("width", [60, 80, 160])
async def test_an_engine_that_stays_down_says_why_and_names_a_key(width: int) -> None:
    mail = letters()
    async with terminal(mail, (width, 24)) as ui:
        mail.tell(EngineGone(DIED))
        await ui.sees("engine gone")
        assert "The engine died three times" in ui.bottom
        assert "· $ tries again" in ui.bottom


async def test_another_engine_brings_the_list_up_to_date() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(EngineGone(DIED))
        await ui.sees("engine gone")
        new = message(99, "Came meanwhile", received=NOW)
        mail.stored[new.key] = new
        mail.order.insert(0, new.key)
        mail.tell(ConnectionChanged(WORK, Connection.ONLINE))
        await ui.sees("Came meanwhile")
        assert "engine gone" not in ui.top
        assert "The engine died" not in ui.bottom


async def test_a_newer_version_is_no_matter_of_a_key() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.tell(EngineGone(SafeText("tuimail 9 took over: leave this one."), outdated=True))
        await ui.sees("tuimail 9 took over")
        assert "tries again" not in ui.bottom


SYNCS = [
    (SyncFinished(WORK, 0, new=2, pushed=1), "Up to date: 2 new, 1 sent"),
    (SyncFinished(WORK, 75, REFUSED), "Not up to date: work: localhost refused the connection"),
    (SyncFinished(WORK, 75), "Not up to date: work: it was not reached · $ tries again"),
    (SyncFinished(WORK, 1, SafeText("Bad cannot be read")), "Not up to date: work: Bad cannot"),
    (SyncFinished(WORK, 0, pending=1), "0 new, 0 sent, 1 still waiting · g p shows it"),
    (SyncFinished(WORK, 0, new=1, parked=2), "1 new, 0 sent, 2 still waiting"),
]


@pytest.mark.parametrize(("ending", "words"), SYNCS)
async def test_up_to_date_is_said_only_where_it_is_so(ending: SyncFinished, words: str) -> None:
    mail = letters()
    async with terminal(mail) as ui:
        await ui.press("dollar_sign")
        await ui.sees("Fetching and sending")
        mail.tell(ending)
        await ui.sees(words)


async def test_a_copy_that_sent_refused_is_named_with_the_remedy() -> None:
    mail = letters()
    sent = Append(MailboxName("Sent"), MessageKey(7), frozenset(), NOW, "7@example.org")
    mail.entries = [Entry(4, WORK, 4, sent, EntryState.PARKED, NOW)]
    async with terminal(mail) as ui:
        mail.tell(OperationParked(WORK, 4, SafeText("Quota exceeded")))
        await ui.sees("No copy of a letter in Sent: Quota exceeded · g p retry or drop")


async def test_a_letter_that_cannot_leave_is_told_at_once_and_once_for_a_reason() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.letters = [outgoing(LetterState.QUEUED)]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("1 pending")
        mail.letters = [outgoing(LetterState.QUEUED, "localhost refused the connection")]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("Not sent yet: localhost refused the connection · g p")
        await ui.press("Z")
        mail.tell(OutboxChanged(WORK))
        mail.letters = [outgoing(LetterState.QUEUED, "smtp.example.org is busy")]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("Not sent yet: smtp.example.org is busy · g p")
        mail.letters = [outgoing(LetterState.SENT)]
        mail.tell(OutboxChanged(WORK))
        await ui.sees("Sent: Figures")


async def test_a_letter_that_waits_since_earlier_is_told_when_the_screen_opens() -> None:
    mail = letters()
    mail.letters = [outgoing(LetterState.QUEUED, "localhost refused the connection")]
    async with terminal(mail) as ui:
        await ui.sees("Not sent yet: localhost refused the connection · g p")
