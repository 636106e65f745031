"""Widths are Rich's, whether Rich was asked or not."""

import sys

from rich.cells import cell_len, get_character_cell_size

from tuimail.ui.terminal.widths import character_width, is_plain, text_width

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


def test_what_is_plain_takes_one_cell() -> None:
    plain = [character for character in EVERY if is_plain(character)]
    assert len(plain) > 1_000
    assert {get_character_cell_size(character) for character in plain} == {1}


def test_every_character_is_as_wide_as_rich_says() -> None:
    assert [c for c in EVERY if character_width(c) != get_character_cell_size(c)] == []


def test_texts_are_as_wide_as_rich_says() -> None:
    texts = ["", "plain", "schön → weiter…", "日本語 text", "e\u0301", "👩\u200d🚀 ❤\ufe0f"]
    assert [text_width(text) for text in texts] == [cell_len(text) for text in texts]
