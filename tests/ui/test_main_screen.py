"""Keys in, screen out."""

import pytest
from textual import events

from tests.ui.driver import Terminal, terminal
from tests.ui.fake_mail import ARCHIVE, TRASH, WORK, FakeMail, message
from tuimail.engine.commands import Archive, Delete, Fetch, Mark, Move, Sync
from tuimail.engine.events import BodiesArrived
from tuimail.model.body import Body
from tuimail.model.mail import FLAGGED, SEEN, MailboxId, MailboxName, MessageKey
from tuimail.model.safe_text import SafeText

SIZES = [(80, 24), (160, 50), (40, 12)]


def letters(count: int) -> FakeMail:
    """Unread letters "Letter 1" … in the inbox."""
    return FakeMail([message(number, f"Letter {number}") for number in range(1, count + 1)])


def keys(*numbers: int) -> frozenset[MessageKey]:
    return frozenset(map(MessageKey, numbers))


async def opened(ui: Terminal, mail: FakeMail, number: int) -> None:
    """Wait until the letter is shown and counted as read."""
    await ui.sees(f"Text of message {number}.")
    await ui.until(lambda: SEEN in mail.stored[MessageKey(number)].flags)


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_list_and_message_without_a_hole(size: tuple[int, int]) -> None:
    async with terminal(letters(200), size) as ui:
        assert len(ui.lines) == size[1]
        assert ui.top.startswith(" Inbox 1/200")
        assert ui.lines[1].lstrip("> ").count("Letter 1") >= size[0] // 80 or "•" in ui.text
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        await ui.press("q")
        await ui.loses("Text of message 1.")


async def test_a_small_screen_shows_the_message_in_place_of_the_list() -> None:
    async with terminal(letters(5)) as ui:
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        assert "Letter 2" not in ui.text
        assert "Anna Meyer <anna@example.org>" in ui.text


@pytest.mark.parametrize("size", SIZES)
async def test_every_message_opened_from_the_list_has_the_whole_width(
    size: tuple[int, int],
) -> None:
    async with terminal(letters(3), size) as ui:
        for number in (1, 2, 3):
            await ui.press("enter")
            await ui.sees(f"Text of message {number}.")
            await ui.press("q", "j")


async def test_a_high_screen_shows_the_message_below_the_list() -> None:
    async with terminal(letters(5), (100, 45)) as ui:
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        assert "Letter 2" in ui.text


async def test_a_wide_screen_shows_the_mailboxes_beside_the_list() -> None:
    async with terminal(letters(5), (130, 24)) as ui:
        assert "Projects/Ålesund" in ui.text
    async with terminal(letters(5)) as ui:
        assert "Projects/Ålesund" not in ui.text


async def test_the_cursor_moves_and_pages_at_the_edge() -> None:
    async with terminal(letters(100)) as ui:
        await ui.press("j", "j")
        assert "Letter 3 " in ui.current
        await ui.press("k")
        assert "Letter 2 " in ui.current
        await ui.press("pagedown")
        assert "Letter 24 " in ui.current
        await ui.press("G")
        await ui.until(lambda: "Letter 100 " in ui.current)
        await ui.press("g", "g")
        await ui.until(lambda: "Letter 1 " in ui.current)


@pytest.mark.parametrize(("key", "command"), [("d", Delete), ("a", Archive), ("e", Archive)])
async def test_what_is_acted_on_leaves_at_once_and_the_cursor_goes_on(
    key: str, command: type[Delete] | type[Archive]
) -> None:
    mail = letters(5)
    async with terminal(mail) as ui:
        mail.latency = 0.2
        await ui.press("j", key)
        assert "Letter 2" not in ui.text
        assert "Letter 3" in ui.current
        await ui.until(lambda: mail.submitted == [command(keys(2))])
        await ui.sees("u undo")


async def test_keys_typed_fast_act_in_their_order() -> None:
    mail = letters(9)
    async with terminal(mail) as ui:
        mail.latency = 0.05
        await ui.press("d", "a", "d", "u")
        await ui.until(lambda: len(mail.submitted) == 4)
        assert mail.submitted[:3] == [Delete(keys(1)), Archive(keys(2)), Delete(keys(3))]
        await ui.until(lambda: "Letter 3" in ui.current)


async def test_undo_brings_the_message_back_under_the_cursor() -> None:
    async with terminal(letters(30)) as ui:
        await ui.press("j", "j", "d", "j", "j", "j")
        await ui.sees("Deleted 1")
        await ui.press("u")
        await ui.until(lambda: "Letter 3" in ui.current)
        await ui.press("U")
        await ui.loses("Letter 3 ")


async def test_a_command_that_fails_brings_the_message_back_with_the_reason() -> None:
    mail = letters(5)
    async with terminal(mail) as ui:
        mail.refuses = "There is no archive mailbox."
        await ui.press("a")
        await ui.sees("There is no archive mailbox.")
        await ui.sees("Letter 1")


async def test_actions_apply_to_the_marked() -> None:
    mail = letters(9)
    async with terminal(mail) as ui:
        await ui.press("space", "space", "j", "space")
        assert "3 marked" in ui.top
        await ui.press("d")
        await ui.until(lambda: mail.submitted == [Delete(keys(1, 2, 4))])
        assert "marked" not in ui.top
        assert "Letter 5" in ui.current


async def test_a_range_is_marked_with_two_keys() -> None:
    mail = letters(9)
    async with terminal(mail) as ui:
        await ui.press("V", "j", "j")
        assert "3 marked" in ui.top
        await ui.press("a")
        await ui.until(lambda: mail.submitted == [Archive(keys(1, 2, 3))])


async def test_messages_are_marked_by_a_query() -> None:
    mail = letters(30)
    async with terminal(mail) as ui:
        await ui.press("T")
        await ui.type("Letter2")
        await ui.press("enter")
        await ui.sees("Marked 0")
        await ui.press("T")
        await ui.type("2")
        await ui.press("enter")
        await ui.sees("12 marked")
        await ui.press("escape")
        assert "marked" not in ui.top


async def test_flags_and_unread_toggle() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("F")
        await ui.until(lambda: FLAGGED in mail.stored[MessageKey(1)].flags)
        assert "!" in ui.current
        await ui.press("F")
        await ui.until(lambda: FLAGGED not in mail.stored[MessageKey(1)].flags)
        await ui.press("N")
        await ui.until(lambda: SEEN in mail.stored[MessageKey(1)].flags)
        await ui.press("N")
        await ui.until(lambda: SEEN not in mail.stored[MessageKey(1)].flags)
        await ui.press("I")
        await ui.until(lambda: SEEN in mail.stored[MessageKey(1)].flags)


async def test_a_few_letters_move_a_message_and_the_target_is_remembered() -> None:
    mail = letters(5)
    async with terminal(mail) as ui:
        await ui.press("s")
        await ui.type("pyth")
        await ui.sees("Lists/python")
        await ui.press("enter")
        target = MailboxId(WORK, MailboxName("Lists/python"))
        await ui.until(lambda: mail.submitted == [Move(keys(1), target)])
        await ui.press("s")
        assert "Lists/python" in ui.lines[ui.lines.index(_title(ui)) + 1]
        await ui.press("escape", "full_stop")
        await ui.until(lambda: mail.submitted[1:] == [Move(keys(2), target)])


def _title(ui: Terminal) -> str:
    return next(line for line in ui.lines if line.startswith("──"))


async def test_nothing_is_moved_into_the_mailbox_where_it_is() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("c")
        await ui.type("Inbox")
        await ui.press("enter", "s")
        await ui.type("Inbox")
        await ui.press("enter")
        await ui.sees("already")
        assert mail.submitted == []


async def test_deleting_for_good_is_asked_once() -> None:
    mail = FakeMail([message(number, f"Old {number}", mailbox=TRASH) for number in (1, 2)])
    async with terminal(mail) as ui:
        await ui.press("g", "t")
        await ui.sees("Old 1")
        await ui.press("d")
        assert "Delete this message for good?" in ui.bottom
        await ui.press("n")
        assert mail.submitted == []
        await ui.press("d", "y")
        await ui.until(lambda: mail.submitted == [Delete(keys(1))])
        await ui.loses("Old 1")


async def test_opening_marks_read_at_once() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("enter")
        await opened(ui, mail, 1)
        assert mail.submitted == [Mark(keys(1), frozenset({SEEN}), by_itself=True)]


async def test_a_preview_follows_the_cursor_after_a_rest_and_marks_nothing_at_once() -> None:
    mail = letters(9)
    async with terminal(mail, (80, 45)) as ui:
        await ui.press("p")
        await ui.sees("Text of message 1.")
        await ui.press("j", "j", "j")
        assert "Text of message 4." not in ui.text
        await ui.sees("Text of message 4.")
        assert mail.submitted == []
        await ui.press("p")
        await ui.loses("Text of message 4.")


async def test_a_preview_looked_at_for_two_seconds_counts_as_read() -> None:
    mail = letters(3)
    async with terminal(mail, (80, 45)) as ui:
        await ui.press("p")
        await ui.until(lambda: SEEN in mail.stored[MessageKey(1)].flags)


async def test_reading_goes_from_message_to_message() -> None:
    mail = letters(5)
    async with terminal(mail) as ui:
        await ui.press("enter")
        await opened(ui, mail, 1)
        await ui.press("J")
        await opened(ui, mail, 2)
        await ui.press("K")
        await ui.sees("Text of message 1.")
        await ui.press("d")
        await ui.sees("Text of message 2.")


async def test_space_pages_and_then_goes_to_the_next_unread() -> None:
    mail = FakeMail(
        [message(n, f"Letter {n}", flags=[SEEN] if n in {2, 3} else []) for n in range(1, 6)]
    )
    mail.bodies[MessageKey(1)] = Body(lines=tuple(SafeText(f"line {n}") for n in range(40)))
    async with terminal(mail) as ui:
        await ui.press("enter")
        await ui.sees("line 0")
        await ui.press("space")
        await ui.sees("line 20")
        await ui.press("space")
        await ui.sees("line 39")
        await ui.press("space")
        await ui.sees("Text of message 4.")


async def test_the_next_unread_message_is_found_far_away() -> None:
    mail = FakeMail(
        [message(n, f"Letter {n}", flags=[SEEN] if n != 900 else []) for n in range(1, 1001)]
    )
    async with terminal(mail) as ui:
        await ui.press("tab")
        await ui.until(lambda: "Letter 900" in ui.current)
        await ui.press("tab")
        await ui.sees("nothing unread after this")


async def test_a_body_that_is_not_here_is_fetched_and_shown_when_it_comes() -> None:
    mail = letters(3)
    mail.missing.add(MessageKey(1))
    async with terminal(mail) as ui:
        await ui.press("enter")
        await ui.sees("Fetching the text")
        await ui.until(lambda: Fetch(keys(1)) in mail.submitted)
        mail.missing.clear()
        mail.tell(BodiesArrived(keys(1)))
        await ui.sees("Text of message 1.")


async def test_all_fields_of_the_header_are_shown_while_they_are_asked_for() -> None:
    mail = letters(2)
    mail.header_fields = [
        (SafeText("Received"), SafeText("from mx.example.org")),
        (SafeText("List-Id"), SafeText("<dev.example.org>")),
    ]
    async with terminal(mail) as ui:
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        assert "List-Id" not in ui.text
        await ui.press("H")
        await ui.sees("│ List-Id: <dev.example.org>")
        await ui.press("J")
        await ui.sees("Text of message 2.")
        assert ui.text.count("List-Id") == 1
        await ui.press("H")
        await ui.loses("List-Id")
        assert " Date " in ui.text


async def test_a_limit_narrows_the_list_and_back_returns_to_the_message() -> None:
    async with terminal(letters(30)) as ui:
        await ui.press("j", "j", "j", "backslash")
        await ui.type("2")
        await ui.press("enter")
        await ui.until(lambda: "/12" in ui.top)
        assert "Letter 1 " not in ui.text
        await ui.press("q")
        await ui.until(lambda: "Letter 4" in ui.current)


async def test_a_search_spans_all_mailboxes_and_names_them() -> None:
    mail = FakeMail([message(1, "Budget"), message(2, "Budget old", mailbox=ARCHIVE)])
    async with terminal(mail) as ui:
        assert "old" not in ui.text
        await ui.press("slash")
        await ui.type("budget")
        await ui.press("enter")
        await ui.sees("Budget old")
        assert "Archive" in ui.text
        assert ui.top.startswith(" Search 1/2")


async def test_an_impossible_query_marks_the_place() -> None:
    async with terminal(letters(3)) as ui:
        await ui.press("backslash")
        await ui.type("larger:x")
        await ui.press("enter")
        await ui.sees(">>")
        assert "Letter 1" in ui.text


@pytest.mark.parametrize("key", ["backslash", "slash"])
async def test_a_search_says_of_how_many_messages_no_text_is_here(key: str) -> None:
    mail = letters(3)
    mail.missing = set(keys(2, 3))
    async with terminal(mail, (100, 24)) as ui:
        await ui.press(key)
        await ui.type("letter")
        await ui.press("enter")
        await ui.sees("Of 2 of 3 messages only headers were searched")


@pytest.mark.parametrize("key", ["backslash", "slash", "T"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("account:wrok", "there is work"),
        ("in:Archiv", "the nearest is Archive"),
        ("x -in:aalesund", "Projects/"),
        ("~x", "there are ~f ~s"),
    ],
)
async def test_a_name_that_there_is_not_is_told_wherever_a_query_is_typed(
    key: str, query: str, said: str
) -> None:
    async with terminal(letters(3), (120, 24)) as ui:
        await ui.press(key)
        for character in query:
            await ui.press("tilde" if character == "~" else character)
        await ui.press("enter")
        await ui.until(lambda: said in ui.bottom)
        assert ">>" in ui.bottom
        assert "Letter 1" in ui.text
        assert "Marked" not in ui.text


async def test_mailboxes_opened_and_walked_in_one_go_begin_with_the_first() -> None:
    async with terminal(FakeMail([message(1)]), (80, 24)) as ui:
        for key in ("B", "j"):
            ui.app.post_message(events.Key(key, key))
        await ui.until(lambda: ui.screen.boxes.active and "Drafts" in ui.text)
        assert "Inbox" in ui.lines[1]
        assert "Drafts" in ui.lines[2]


async def test_mailboxes_are_gone_to_by_list_picker_and_sequence() -> None:
    mail = FakeMail([message(1, "Here"), message(2, "There", mailbox=ARCHIVE)])
    async with terminal(mail) as ui:
        await ui.press("B")
        await ui.sees("Projects/Ålesund")
        await ui.press("j", "j", "j", "enter")
        await ui.sees("There")
        await ui.press("c")
        await ui.type("inb")
        await ui.press("enter")
        await ui.sees("Here")
        await ui.press("g")
        assert "a archive" in ui.bottom
        await ui.press("a")
        await ui.sees("There")


async def test_the_help_shows_the_living_keys_and_is_searched_by_typing() -> None:
    async with terminal(letters(3)) as ui:
        await ui.press("question_mark")
        assert "Keys in the list" in ui.text
        await ui.type("undo")
        assert ui.lines[2].split() == ["Undo", "u"]
        await ui.press("escape")
        assert "Letter 1" in ui.text


async def test_the_palette_does_any_action_by_name() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("colon")
        await ui.type("fetch")
        await ui.press("enter")
        await ui.until(lambda: Sync() in mail.submitted)


async def test_an_unknown_key_says_where_the_keys_are() -> None:
    async with terminal(letters(3)) as ui:
        await ui.press("Z")
        assert "Z does nothing here; ? shows the keys." in ui.bottom


async def test_quitting_never_asks() -> None:
    async with terminal(letters(3)) as ui:
        await ui.press("q")
        assert ui.app._exit


async def test_an_empty_mailbox_says_so_and_no_key_harms() -> None:
    mail = FakeMail([])
    async with terminal(mail) as ui:
        await ui.sees("No messages here.")
        await ui.press(*"djkaFNIVG", "enter", "space", "tab", "pagedown", "u")
        assert "No messages here." in ui.text


async def test_resizing_keeps_the_cursor_in_sight() -> None:
    async with terminal(letters(100)) as ui:
        await ui.press("pagedown")
        current = ui.current
        assert "Letter" in current
        for size in [(40, 12), (160, 50), (20, 5), (80, 24)]:
            await ui.pilot.resize_terminal(*size)
            await ui.pilot.pause(0.05)
        await ui.until(lambda: ui.current.split() == current.split())


async def test_ctrl_c_and_escape_close_what_is_open_and_do_not_quit() -> None:
    async with terminal(letters(3)) as ui:
        await ui.press("slash")
        await ui.press("ctrl+c")
        assert "Search all mail" not in ui.text
        await ui.press("enter")
        await ui.sees("Text of message 1.")
        await ui.press("escape")
        await ui.loses("Text of message 1.")
        await ui.press("escape", "ctrl+c")
        assert not ui.app._exit


async def test_notices_stand_on_the_last_line() -> None:
    async with terminal(letters(3), notices=["Sample mail."]) as ui:
        assert "Sample mail." in ui.bottom


async def test_the_inbox_tells_how_much_is_unread() -> None:
    mail = FakeMail([message(1), message(2, flags=[SEEN]), message(3)])
    async with terminal(mail) as ui:
        assert "2 unread" in ui.top
        await ui.press("I")
        await ui.sees("1 unread")


async def test_a_number_before_a_key_counts() -> None:
    mail = letters(300)
    async with terminal(mail) as ui:
        await ui.press("1", "0", "j")
        await ui.until(lambda: "Letter 11 " in ui.current)
        await ui.press("2", "0", "0", "G")
        await ui.until(lambda: "Letter 200 " in ui.current)
        await ui.press("3")
        assert ui.bottom == " 3"
        await ui.press("d")
        await ui.until(lambda: mail.submitted == [Delete(keys(200, 201, 202))])
        await ui.until(lambda: "Letter 203 " in ui.current)
        await ui.press("2", "escape", "a")
        await ui.until(lambda: mail.submitted[1:] == [Archive(keys(203))])


async def test_mail_is_moved_to_a_mailbox_that_is_made_for_it() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("s")
        await ui.type("Tax 2026")
        await ui.sees('create "Tax 2026"')
        await ui.press("enter")
        made = MailboxId(WORK, MailboxName("Tax 2026"))
        await ui.until(lambda: mail.submitted == [Move(keys(1), made)])


async def test_a_mailbox_that_is_there_comes_before_a_new_one_and_is_not_made_twice() -> None:
    mail = letters(3)
    async with terminal(mail) as ui:
        await ui.press("s")
        await ui.type("Arch")
        await ui.sees('create "Arch"')
        await ui.type("ive")
        await ui.loses("create")
        await ui.press("enter")
        await ui.until(lambda: mail.submitted == [Move(keys(1), MailboxId(WORK, ARCHIVE))])
