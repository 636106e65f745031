"""Text in cells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcwidth

from tuimail.model.safe_text import safe_line
from tuimail.ui.cells import cut, fit, settle, width, wrap
from tuimail.ui.terminal.splitting import split
from tuimail.ui.terminal.widths import is_spacing_mark

settled = st.text(max_size=60).map(safe_line).map(settle)


@given(settled, st.integers(1, 40))
def test_fitted_text_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert len(split(fit(text, cells))) == cells


@given(settled, st.integers(2, 40))
def test_wrapped_rows_are_never_wider_and_lose_only_blanks(text: str, cells: int) -> None:
    rows = wrap(text, cells)
    assert all(width(row) <= cells for row in rows)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")


@given(st.text(max_size=60))
def test_settled_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not {unicodedata.category(character) for character in settle(text)} & {"Cc", "Cf", "Cs"}


def test_settled_characters_are_as_wide_for_us_as_for_terminals() -> None:
    for code in [*range(0x20, 0xD800), *range(0xE000, 0x20000)]:
        for character in settle(chr(code)):
            own = width(character) - is_spacing_mark(character)
            assert cell_len(character) == wcwidth(character) == own, hex(code)


@pytest.mark.parametrize(
    ("text", "settled_text"),
    [
        ("🇩🇪", "DE"),
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("\u0301a", "◌\u0301a"),
        ("\u093ea", "◌\u093ea"),
        ("a\x1b[31m", "a\ufffd[31m"),
    ],
)
def test_what_terminals_disagree_about_is_replaced(text: str, settled_text: str) -> None:
    assert settle(text) == settled_text


def test_a_cut_never_splits_a_wide_character() -> None:
    assert cut("日本語", 4) == "日…"
    assert fit("日本語", 4) == "日… "


def test_text_breaks_at_blanks_and_between_wide_characters() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("日本語の文", 4) == ["日本", "語の", "文"]
    assert wrap("https://example.org/long", 10) == ["https://ex", "ample.org/", "long"]


def test_wrapping_a_long_line_takes_time_in_proportion() -> None:
    assert len(wrap("x" * 100_000, 88)) == 1137
