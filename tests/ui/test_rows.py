"""A message as one row."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.ui.fake_mail import NOW, message
from tuimail.model.mail import ANSWERED, FLAGGED, SEEN, Message
from tuimail.ui.dates import short_date
from tuimail.ui.rows import RowState, divide, row
from tuimail.ui.theme import ASCII, UNICODE, Tone


def drawn(letter: Message, cells: int = 80, **state: object) -> str:
    spans = row(letter, divide(cells), RowState(**state), UNICODE, NOW)  # type: ignore[arg-type]  # a RowState's own fields
    return "".join(span.text for span in spans)


def test_a_row_says_who_what_and_when() -> None:
    letter = message(1, "Budget for Q3", flags=[FLAGGED], snippet="the figures", attachments=["a"])
    assert drawn(letter) == (
        " • Anna Meyer            Budget for Q3 · the figures                !@    11:53 "
    )


def test_the_cursor_and_a_mark_stand_in_the_first_cell() -> None:
    assert drawn(message(1), cursor=True).startswith(">")
    assert drawn(message(1), cursor=True, marked=True).startswith("x")


def test_unread_is_said_by_weight_and_a_dot() -> None:
    unread = row(message(1), divide(80), RowState(), UNICODE, NOW)
    read = row(message(1, flags=[SEEN]), divide(80), RowState(), UNICODE, NOW)
    assert [span.tone for span in unread if "Anna" in span.text] == [Tone.STRONG]
    assert [span.tone for span in read if "Anna" in span.text] == [Tone.PLAIN]


def test_an_answered_message_shows_it() -> None:
    assert drawn(message(1, flags=[SEEN, ANSWERED]))[1] == "↩"


def test_a_name_that_pretends_to_be_an_address_gives_way_to_the_real_one() -> None:
    letter = message(1, sender="billing@bank.example", address="x@evil.example")
    assert drawn(letter, 120).startswith(' ? x@evil.example "billing@ban…')


def test_a_name_that_is_its_own_address_is_not_doubtful() -> None:
    letter = message(1, sender="anna@example.org", address="anna@example.org")
    assert drawn(letter).startswith(" • anna@example.org ")


def test_mail_of_mine_shows_to_whom_it_went() -> None:
    letter = message(1)
    assert "Anna Meyer" in drawn(letter, outgoing=True)


def test_a_brief_row_has_no_beginning_of_the_text() -> None:
    letter = message(1, "Budget", snippet="the figures you asked for")
    columns = divide(80, brief=True)
    spans = row(letter, columns, RowState(), UNICODE, NOW)
    text = "".join(span.text for span in spans)
    assert "Budget" in text
    assert "figures" not in text
    assert len(text) == 80


def test_a_message_without_subject_says_so() -> None:
    assert "(no subject)" in drawn(message(1, ""))


def test_every_glyph_is_one_cell_wide() -> None:
    for glyphs in (UNICODE, ASCII):
        for name in glyphs._fields:
            assert cell_len(getattr(glyphs, name)) == 1, name
    assert all(getattr(ASCII, name).isascii() for name in ASCII._fields)


hostile = [
    "山田太郎" * 9,
    "👩‍💻🇩🇪❤️" * 9,
    "[/] [@click=app.quit]x[/] [/",
    "\x1b[2J\u202e",
    "a" + "\u0301" * 99,
]
names = st.text(max_size=80) | st.sampled_from(hostile)


@given(names, names, names, st.integers(24, 200), st.booleans())
def test_any_message_takes_exactly_the_width(
    subject: str, sender: str, snippet: str, cells: int, places: bool
) -> None:
    letter = message(1, subject, sender, snippet=snippet)
    spans = row(letter, divide(cells, places=places), RowState(place="山"), UNICODE, NOW)
    assert sum(cell_len(span.text) for span in spans) == cells


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        (timedelta(minutes=26), "12:04"),
        (timedelta(days=1), "Tue"),
        (timedelta(days=6), "Thu"),
        (timedelta(days=7), "11 Mar"),
        (timedelta(days=74), "3 Jan"),
        (timedelta(days=500), "2024"),
        (timedelta(days=-2), "20 Mar"),
    ],
)
def test_dates_are_as_long_as_they_need_to_be(age: timedelta, shown: str) -> None:
    assert short_date(datetime(2026, 3, 18, 12, 30, tzinfo=UTC) - age, NOW) == shown
