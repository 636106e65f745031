"""Widths are Rich's, whether Rich was asked or not; but for spacing marks."""

import subprocess
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from tuimail.ui.terminal.splitting import split
from tuimail.ui.terminal.widths import character_width, is_plain, text_width

EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


def test_what_is_plain_takes_one_cell() -> None:
    plain = [character for character in EVERY if is_plain(character)]
    assert len(plain) > 1_000
    assert {get_character_cell_size(character) for character in plain} == {1}


def test_every_character_is_as_wide_as_rich_says_but_spacing_marks() -> None:
    others = [c for c in EVERY if character_width(c) != get_character_cell_size(c)]
    assert {unicodedata.category(character) for character in others} == {"Mc"}
    assert {character_width(character) for character in others} == {1}


def test_the_vowels_of_indic_scripts_have_their_cells() -> None:
    assert text_width("शादी का निमंत्रण") == 14
    assert split("शादी") == ("शा", "", "दी", "")
    assert split("नमंत्र") == ("न", "मं", "त्", "र")
    assert split("ကော") == ("ကော", "", "")
    assert split("ाa ि") == ("\ufffd", "a", " ", "\ufffd")


def test_texts_are_as_wide_as_rich_says() -> None:
    texts = [
        "👍🏽 \U0001f1e9\U0001f1ea ☺\ufe0f ✅\ufe0e",
        "✅ 完成",
        "会\u3099",
        "",
        "plain",
        "schön → weiter…",
        "日本語 text",
        "e\u0301",
        "👩\u200d🚀 ❤\ufe0f",
    ]
    assert [text_width(text) for text in texts] == [cell_len(text) for text in texts]


@given(st.text(st.sampled_from("aé日한✅🎉\u0301\u200d\ufe0f\U0001f3fd❤👩☺\u3099"), max_size=8))
def test_any_mixture_is_as_wide_as_rich_says(text: str) -> None:
    assert text_width(text) == cell_len(text)


def test_the_usual_characters_of_the_world_do_not_load_rich() -> None:
    code = (
        "import sys; from tuimail.ui.terminal.widths import text_width;"
        "print(text_width('schön 日本語 한국어 Привет ✅🎉 …'), 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["33", "False"]
