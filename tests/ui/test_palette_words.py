"""The palette finds an action by the words of five other clients, or nothing."""

import pytest

from tests.ui.driver import terminal
from tests.ui.fake_mail import FakeMail, message
from tuimail.ui.actions import ACTIONS, BY_ID, Context
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.synonyms import points

# What may be meant, best first; an empty list: tuimail has no such action, and says so.
MUTT = """
delete-message delete | undelete-message undo | save-message | copy-message copy | sync sync
flag-message flag | group-reply reply-all | list-reply reply-list | reply reply | limit limit
forward-message forward | bounce-message | resend-message edit-as-new | recall-message compose
tag-entry mark | tag-pattern mark-matching | change-folder go | check-new sync | mail compose
search search | next-undeleted | previous-entry previous | first-entry first
last-entry last | next-page page-down | half-down half-down | display-toggle-weed headers
toggle-new toggle-unread | quit quit | exit quit | help help | refresh sync | shell suspend
sort-mailbox | pipe-message | print-message | view-attachments | edit-label
delete-thread | break-thread | read-thread | create-alias | extract-keys | mark-as-new toggle-unread
collapse-thread | collapse-all
"""
AERC = """
archive archive | compose compose | cf go | mv move | cp copy | rm delete | reply reply
forward forward | recall compose | read open | unread toggle-unread | flag flag | unflag flag
filter limit | search search | clear | mark mark | close back | quit quit | check sync
toggle-headers headers | view open | next next | prev previous | suspend suspend | redraw redraw
undo undo | postpone go-drafts | pipe | save | sort | mkdir | rmdir | term | unsubscribe | attach
import-mbox | export-mbox | sign | encrypt | toggle-threads | fold | split preview
"""
ALPINE = """
compose compose | folder go | expunge | undelete undo | take | export | jump next-unread
select mark | apply | zoom | index back | address yank | full headers | bounce | prevpage
take-address | setup | print | whereis | goto go | tab
"""
THUNDERBIRD = """
star flag | starred flag | junk spam | trash go-trash | folders go | labels move | favourite flag
get-messages sync | new-message compose | write compose | draft compose | drafts go-drafts
sent go-sent | outbox pending | address-book | rule | rules | attachments | sort-by | threads
redo redo | again repeat | preview preview | theme theme | dark theme | shortcuts help
select-all mark-matching | seen mark-read | spam spam | inbox go-inbox | calendar | contacts
events | tasks | signature | template | offline pending | colour theme | keyboard keymap
"""
GMAIL = """
snooze | mute | label move | important | report-spam spam | archive archive | bin delete
respond reply | everyone reply-all | unseen toggle-unread | refresh sync | compose compose
conversation | block | vacation | translate | confidential | schedule | canned | undo undo
trash go-trash | move-to move | newer next-message | older next-message | link yank | url yank
home go-inbox | download bring-large | outgoing go-sent | cancel escape | gmail keymap | vim
"""
CLIENTS = {
    "mutt": MUTT,
    "aerc": AERC,
    "alpine": ALPINE,
    "Thunderbird": THUNDERBIRD,
    "Gmail": GMAIL,
}


def table() -> list[tuple[str, str, str]]:
    """Client, word, and what it means here, "" for nothing."""
    found = []
    for client, text in CLIENTS.items():
        for pair in " | ".join(text.split("\n")).split("|"):
            if pair.split():
                word, *action = pair.split()
                found.append((client, word, action[0] if action else ""))
    return found


def first(word: str) -> str:
    offered = [
        Choice(action.words, action, "   ".join(action.keys), action.id)
        for action in ACTIONS
        if action.contexts & {Context.LIST, Context.MESSAGE, Context.MAILBOXES}
    ]
    choices = Choices(
        offered, points=lambda text, each: points(text, each.words, each.detail, each.also)
    )
    choices.filter(word.replace("-", " "))
    current = choices.current
    return "" if current is None or current.value is None else current.value.id


def test_there_are_150_words_of_five_clients() -> None:
    assert len({word for _, word, _ in table()}) >= 150
    assert {action for _, _, action in table() if action} <= BY_ID.keys()


@pytest.mark.parametrize(("client", "word", "action"), table())
def test_a_word_finds_the_right_action_or_nothing(client: str, word: str, action: str) -> None:
    assert first(word) == action


@pytest.mark.parametrize("action", [each for each in ACTIONS if each.id not in {"up"}])
def test_an_action_is_found_by_its_own_words(action: object) -> None:
    assert isinstance(action, type(ACTIONS[0]))
    assert points(action.words, action.words, "", action.id) is not None
    assert points(action.id, action.words, "", action.id) is not None


def test_every_beginning_of_a_word_keeps_the_action_in_sight() -> None:
    for word in ("archive", "delete", "inbox", "fetch", "search", "mailbox"):
        for length in range(1, len(word) + 1):
            assert first(word[:length]) != "", word[:length]


def test_a_key_finds_its_action_before_all_words() -> None:
    assert first("d") == "delete"
    assert first("C-d") == ""
    assert first("$") == "sync"


async def test_what_is_not_there_is_said() -> None:
    async with terminal(FakeMail([message(1)])) as ui:
        await ui.press("colon")
        await ui.type("sort")
        await ui.sees("Nothing matches")
