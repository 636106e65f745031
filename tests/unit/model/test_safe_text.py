"""Whatever a stranger writes, the terminal gets printable text of a certain width."""

import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from tests.cost import assert_linear
from tuimail.model.cleaning import MARKS_IN_A_CLUSTER
from tuimail.model.safe_text import SafeText, safe_line, safe_prose

BIDI = {chr(c) for c in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
ALWAYS_UNSAFE = (
    {chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))}
    | BIDI
    | {chr(c) for c in range(0xE0000, 0xE0080)}
    | {"\u200b", "\u200c", "\u200d", "\u2028", "\u2029", "\u2060", "\ufeff", "\u2800", "\u3164"}
)
Cleaner = Callable[..., SafeText]
both = pytest.mark.parametrize("clean", [safe_line, safe_prose])


@both
def test_every_dangerous_character_is_gone(clean: Cleaner) -> None:
    for character in ALWAYS_UNSAFE:
        assert not ALWAYS_UNSAFE & set(clean(f"a{character}b")), hex(ord(character))


@both
def test_no_character_of_unicode_survives_that_cannot_be_printed(clean: Cleaner) -> None:
    unassigned_emoji = range(0x1F900, 0x1FB00)
    for start in range(0, sys.maxunicode, 0x400):
        block = "".join(chr(c) for c in range(start, start + 0x400) if c not in unassigned_emoji)
        assert clean(block).isprintable(), hex(start)


@both
@given(st.text())
def test_a_second_pass_changes_nothing(clean: Cleaner, text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_what_is_a_safe_line_is_safe_prose_as_it_is(text: str) -> None:
    assert safe_prose(safe_line(text)) == safe_line(text)


@both
def test_clusters_are_as_wide_as_their_characters(clean: Cleaner) -> None:
    shown = clean("👨‍👩‍👧 👍🏽 ☎️ 1️⃣ 🇩🇪🇫🇷 你好 e\u0301 한 \u1112\u1161\u11ab \u3000x")
    assert wcswidth(shown) == sum(wcwidth(character) for character in shown)


def test_controls_become_their_pictures() -> None:
    assert safe_line("a\x1b[2Jb\x07\x00\x7f") == "a␛[2Jb␇␀␡"
    assert safe_line("a\x9b2J\x85") == "a\ufffd2J\ufffd"


def test_line_ends_and_tabs_become_spaces() -> None:
    assert safe_line("evil\rgood\tb\r\nc") == "evil good b  c"


def test_ordinary_text_in_any_script_stays_as_it_is() -> None:
    for text in (
        "Grüße",
        "Привет",
        "你好，世界",
        "שלום",
        "مرحبا",
        "สวัสดี",
        "नमस्ते",
        "Ελλάδα",
        "한국어",
    ):
        assert safe_line(text) == text
        assert safe_prose(text) == text


def test_a_bidi_override_in_a_file_name_is_shown() -> None:
    assert safe_line("abc\u202egnp.exe") == "abc\ufffdgnp.exe"


def test_zero_width_characters_are_shown_in_names_and_left_out_of_prose() -> None:
    assert safe_line("pay\u200bpal") == "pay\ufffdpal"
    assert safe_prose("pay\u200bpal\u00ad") == "paypal"


def test_an_override_is_shown_in_prose_too() -> None:
    assert safe_prose("a\u202eb") == "a\ufffdb"


def test_braille_blanks_do_not_make_an_empty_name() -> None:
    assert safe_line("\u2800\u2800") == "\ufffd\ufffd"


def test_a_thousand_marks_on_one_letter_are_cut() -> None:
    shown = safe_line("a" + "\u0301" * 1000 + "b")
    assert sum(unicodedata.combining(c) > 0 for c in shown) <= MARKS_IN_A_CLUSTER
    assert shown.endswith("b")


def test_a_mark_cannot_sit_on_what_is_drawn_before_the_line() -> None:
    assert safe_line("\u0301x").startswith("◌")


def test_every_mark_of_unicode_is_capped() -> None:
    for point in range(sys.maxunicode + 1):
        mark = chr(point)
        if unicodedata.category(mark) in ("Mn", "Me"):
            shown = safe_line("a" + mark * 50)
            marks = [c for c in shown if unicodedata.category(c) in ("Mn", "Me")]
            assert len(marks) <= 2 * MARKS_IN_A_CLUSTER, hex(point)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("👨‍👩‍👧", "👨👩👧"),
        ("👍🏽", "👍"),
        ("☎️", "☎"),
        ("1️⃣", "1"),
        ("🇩🇪", "DE"),
        ("می‌خواهم", "میخواهم"),
    ],
)
def test_clusters_that_terminals_draw_in_different_widths_become_plain(
    sent: str, shown: str
) -> None:
    assert safe_line(sent) == shown
    assert safe_prose(sent) == shown


def test_spaces_of_all_kinds_become_ordinary_ones() -> None:
    assert safe_line("a\u00a0b\u2003c\u3000d") == "a b c  d"


def test_a_long_line_is_cut_to_its_limit() -> None:
    assert safe_line("x" * 100, 10) == "x" * 9 + "…"


@both
@pytest.mark.parametrize("piece", ["👍🏽", "\u200d", "\u0301", "\u202e", "क्", "\ud800", "🇩"])
def test_the_cost_grows_no_faster_than_the_text(clean: Cleaner, piece: str) -> None:
    assert_linear(lambda text: clean(text, limit=10_000_000), lambda n: piece * n, 20_000)
