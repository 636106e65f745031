"""Typing, picking, and what was said and worked on."""

from tuimail.engine.events import (
    BodiesArrived,
    Connection,
    ConnectionChanged,
    JournalChanged,
    MailboxChanged,
    Progress,
)
from tuimail.model.mail import INBOX, AccountName, MailboxId, MessageKey
from tuimail.model.safe_text import SafeText
from tuimail.ui.bars import Standing, hint_spans, standing_line
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.digest import Digest
from tuimail.ui.folders import score
from tuimail.ui.line_edit import LineEdit
from tuimail.ui.progress import Work, work_spans
from tuimail.ui.rows import Span
from tuimail.ui.theme import UNICODE, Tone

WORK = AccountName("work")


def text(spans: list[Span]) -> str:
    return "".join(span.text for span in spans)


def typed(*keys: str, start: str = "") -> LineEdit:
    edit = LineEdit(start)
    for key in keys:
        edit.key(key)
    return edit


def test_a_line_is_edited_as_in_a_shell() -> None:
    assert typed("a", "Space", "b").text == "a b"
    assert typed("Left", "Left", "x", start="abc").text == "axbc"
    assert typed("C-w", start="one two").text == "one "
    assert typed("C-w", "C-w", start="one two").text == ""
    assert typed("Home", "Del", start="abc").text == "bc"
    assert typed("C-u", start="abc").text == ""
    assert typed("Backspace", start="日本").text == "日"


def test_a_paste_cannot_bring_control_characters_or_lines() -> None:
    edit = LineEdit()
    edit.insert("one\ntwo\x1b[201~\x07")
    assert edit.text == "onetwo[201~"


def test_a_secret_is_never_drawn() -> None:
    edit = LineEdit("hunter2", secret=True)
    assert "hunter2" not in text(edit.spans("Password:", 80))
    assert "*******" in text(edit.spans("Password:", 80))


def test_the_caret_stays_in_sight_of_a_long_text() -> None:
    spans = LineEdit("x" * 200 + "end").spans("Search:", 40)
    assert "end" in text(spans)
    assert len(text(spans)) <= 40
    assert [span.text for span in spans if span.tone is Tone.CARET] == [" "]


def choices(*words: str) -> Choices[str]:
    return Choices([Choice(word, word) for word in words])


def matching(offered: Choices[str], pattern: str) -> list[str]:
    offered.filter(pattern)
    return [choice.words for choice in offered.matching]


def test_a_few_letters_find_a_mailbox() -> None:
    offered = choices("Inbox", "Archive/2024", "Archive/2025", "Projects/Archaeology", "Trash")
    assert matching(offered, "arc")[0] == "Archive/2024"
    assert matching(offered, "a25") == ["Archive/2025"]
    assert matching(offered, "zzz") == []


def test_a_beginning_counts_more_than_a_middle() -> None:
    assert (score("sent", "Sent") or 0) > (score("sent", "Absent") or 0)


def test_headings_are_never_current_and_leave_when_something_is_typed() -> None:
    offered = Choices([Choice("Group", None, heading=True), Choice("One", "1"), Choice("Two", "2")])
    assert offered.current is not None
    assert offered.current.words == "One"
    offered.step(-1)
    assert offered.current.words == "One"
    offered.filter("o")
    assert not any(choice.heading for choice in offered.matching)


def test_many_events_become_one_digest() -> None:
    digest = Digest()
    for number in range(1000):
        digest.add(MailboxChanged(MailboxId(WORK, INBOX)))
        digest.add(BodiesArrived(frozenset({MessageKey(number)})))
    digest.add(JournalChanged(WORK))
    digest.add(ConnectionChanged(WORK, Connection.OFFLINE))
    digest.add(ConnectionChanged(WORK, Connection.ONLINE))
    assert digest.touches_lists
    assert len(digest.mailboxes) == 1
    assert len(digest.arrived) == 1000
    assert digest.connections[WORK].connection is Connection.ONLINE


def test_long_work_shows_bar_count_and_rate() -> None:
    work = Work(Progress(WORK, SafeText("Fetching INBOX"), 500, 1000), since=10, start=100)
    shown = text(work_spans(work, 12, 60, UNICODE))
    assert shown == "Fetching INBOX  ━━━━━━────── 500/1,000  200/s"
    assert text(work_spans(work, 12, 35, UNICODE)) == "━━━━━━────── 500/1,000  200/s"
    assert text(work_spans(work, 12, 5, UNICODE)) == ""


def test_the_first_line_gives_way_from_the_right() -> None:
    standing = Standing(
        "Inbox", 3, 256, 12, account="anna", marked=2, pending=3, connection="online"
    )
    assert text(standing_line(standing, 80)) == (
        " Inbox 3/256  12 unread                       2 marked  3 pending  anna  online "
    )
    assert "2 marked" in text(standing_line(standing, 40))
    assert len(text(standing_line(standing, 40))) == 40


def test_the_help_key_is_the_last_hint_to_go() -> None:
    hints = [("d", "del"), ("a", "arch"), ("?", "keys")]
    assert text(hint_spans(hints, 40)) == "  d del  a arch  ? keys"
    assert text(hint_spans(hints, 10)) == "  ? keys"
