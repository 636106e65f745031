"""What `g p` offers for entries of the journal, as far as they are stuck."""

from datetime import UTC, datetime

import pytest

from tuimail.engine.commands import Drop, Retry
from tuimail.model.mail import INBOX, AccountName, MailboxName, MessageKey
from tuimail.model.operation import Entry, EntryState, Move
from tuimail.model.safe_text import SafeText
from tuimail.ui.parts.waiting import entry_choices

WORK = AccountName("work")
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)
MOVE = Move(INBOX, frozenset({MessageKey(1)}), MailboxName("Archive"))


def entry(state: EntryState, tries: int = 0) -> Entry:
    return Entry(7, WORK, 1, MOVE, state, NOON, reason=SafeText("It is broken."), tries=tries)


@pytest.mark.parametrize(
    ("state", "tries"),
    [(EntryState.PARKED, 0), (EntryState.RECORDED, 1), (EntryState.CLAIMED, 2)],
)
def test_what_is_stuck_says_why_and_can_be_tried_again_or_given_up(
    state: EntryState, tries: int
) -> None:
    again, give_up = entry_choices(entry(state, tries))
    assert (again.value, give_up.value) == (Retry(WORK, 7), Drop(WORK, 7))
    assert again.detail == give_up.detail == "It is broken."


@pytest.mark.parametrize("state", [EntryState.RECORDED, EntryState.CLAIMED])
def test_what_is_only_on_its_way_is_left_alone(state: EntryState) -> None:
    (only,) = entry_choices(entry(state))
    assert only.value is None
