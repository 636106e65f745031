"""Small things that every day has."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import ARCHIVE, WORK, FakeMail, message
from tuimail.engine.commands import Move
from tuimail.engine.events import Connection, ConnectionChanged
from tuimail.model.mail import FLAGGED, INBOX, AccountName, Mailbox, MailboxId, MessageKey, Role
from tuimail.model.operation import Entry, EntryState, StoreFlags
from tuimail.ui.choices import Choice, Choices, place_points
from tuimail.ui.dates import sent_date
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.parts.waiting import entry_words


def letters(count: int = 3) -> FakeMail:
    return FakeMail([message(number, f"Letter {number}") for number in range(1, count + 1)])


async def test_a_page_down_in_the_help_is_a_page_each_time() -> None:
    async with terminal(letters()) as ui:
        await ui.press("question_mark")
        await ui.sees("Keys in the list")
        before = ui.lines[1:-1]
        await ui.press("pagedown")
        after = ui.lines[1:-1]
        assert after[1] == before[-1]
        await ui.press("pageup")
        assert ui.lines[1:-1] == before


@pytest.mark.parametrize(("count", "height"), [(3, 10), (10, 10), (11, 10), (40, 10), (40, 1)])
def test_paging_reaches_both_ends_and_never_leaves_the_choice(count: int, height: int) -> None:
    choices = Choices([Choice(f"{number}", number) for number in range(count)])
    choices.resize(height)
    for direction in (1, -1):
        for _ in range(count):
            choices.page(direction)
            assert choices.top <= choices.index < choices.top + height
        assert choices.index == (count - 1 if direction == 1 else 0)


@pytest.mark.parametrize("keys", [["x"], ["backspace"], ["delete"]])
async def test_the_old_limit_goes_with_the_first_letter(keys: list[str]) -> None:
    async with terminal(letters(12)) as ui:
        await ui.press("backslash")
        await ui.type("letter")
        await ui.press("enter")
        await ui.until(lambda: "letter" in ui.top)
        await ui.press("backslash")
        await ui.until(lambda: "Show only: letter" in ui.bottom)
        await ui.press(*keys)
        typed = "x" if keys == ["x"] else ""
        await ui.until(lambda: ui.bottom.strip() == f"Show only: {typed}".strip())


def test_a_limit_can_be_edited_once_the_caret_was_moved() -> None:
    edit = LineEdit("from:anna", chosen=True)
    edit.key("End")
    edit.key("x")
    assert edit.text == "from:annax"


async def test_marks_stay_where_a_move_was_refused() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        await ui.press("space", "space")
        await ui.sees("2 marked")
        mail.refuses = "That cannot be done yet."
        await ui.press("a")
        await ui.sees("That cannot be done yet.")
        await ui.sees("2 marked")
        await ui.sees("Letter 1")
        mail.refuses = None
        await ui.press("a")
        await ui.sees("Archived 2")
        assert mail.stored[MessageKey(1)].mailbox == ARCHIVE


async def test_a_refused_act_on_the_current_message_marks_nothing() -> None:
    mail = letters()
    async with terminal(mail) as ui:
        mail.refuses = "That cannot be done yet."
        await ui.press("d")
        await ui.sees("That cannot be done yet.")
        await ui.sees("Letter 1")
        assert "marked" not in ui.top
        assert not any(isinstance(each, Move) for each in mail.submitted)


PLACES = [
    Choice("Inbox", MailboxId(AccountName("home"), INBOX), "home"),
    Choice("Inbox", MailboxId(WORK, INBOX), "work"),
    Choice("Invoices", MailboxId(WORK, ARCHIVE), "work"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("work in", 1), ("inbox work", 1), ("work/in", 1), ("home inbox", 0), ("work invo", 2)],
)
def test_a_mailbox_is_found_by_its_account_too(typed: str, found: int) -> None:
    choices = Choices(PLACES, points=place_points)
    choices.filter(typed)
    assert choices.current == PLACES[found]


NEW_YORK = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (datetime(2026, 11, 30, 1, 41, tzinfo=timezone(timedelta(hours=9))), "(01:41 +0900 there)"),
        (datetime(2026, 11, 29, 16, 41, tzinfo=UTC), "(16:41 +0000 there)"),
    ],
)
def test_a_date_is_the_readers_and_the_senders(sent: datetime, words: str) -> None:
    assert sent_date(sent, NEW_YORK) == f"Sun 29 Nov 2026 11:41 {words}"


def test_a_date_of_the_same_zone_is_told_once() -> None:
    sent = datetime(2026, 11, 29, 16, 41, tzinfo=NEW_YORK)
    assert sent_date(sent, NEW_YORK) == "Sun 29 Nov 2026 16:41"


def test_what_waits_is_told_in_words() -> None:
    flagged = StoreFlags(INBOX, frozenset({MessageKey(1)}), frozenset({FLAGGED}))
    entry = Entry(1, WORK, 1, flagged, EntryState.PARKED, datetime(2026, 3, 1, tzinfo=UTC))
    assert entry_words(entry) == "Flag 1 message"


async def test_an_account_is_named_once() -> None:
    home = AccountName("home")

    class Two(FakeMail):
        async def mailboxes(self) -> list[Mailbox]:
            return [*await super().mailboxes(), Mailbox(home, INBOX, Role.INBOX, 0, 0, on_server=0)]

        async def accounts(self) -> list[AccountName]:
            return [WORK, home]

    mail = Two([message(1)])
    async with terminal(mail, (100, 24)) as ui:
        await ui.press("g", "a")
        await ui.until(lambda: ui.top.startswith(" Archive"))
        mail.tell(ConnectionChanged(WORK, Connection.OFFLINE))
        mail.tell(ConnectionChanged(home, Connection.ONLINE))
        await ui.sees("offline")
        assert ui.top.count("work") == 1
