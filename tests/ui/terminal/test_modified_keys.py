"""A key with a modifier is that key or none, however a terminal was told to send it."""

from collections.abc import Iterator
from string import ascii_lowercase, printable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from textual import events

from tests.ui.terminal.test_keys_in import REPORTS, Sitting
from tuimail.ui.keymap import key_name

SIGNS = [character for character in printable if character.isprintable() and character != " "]
# What Ctrl makes of these is a key of its own on every terminal.
CONTROLS = {"Esc", "Tab", "Enter"}


def names(typed: bytes) -> list[str]:
    """As the key maps name what comes of it."""
    sitting = Sitting()
    sitting.type(typed)
    keys = [each for each in sitting.got if isinstance(each, events.Key)]
    return [key_name(key.key, key.character) for key in keys]


def encodings(character: str, modifiers: int) -> Iterator[bytes]:
    """A key by the numbers of xterm and of kitty, with all that kitty's flags add."""
    code, number = ord(character), modifiers + 1
    yield f"\x1b[27;{number};{code}~".encode()
    yield f"\x1b[{code};{number}u".encode()
    yield f"\x1b[{code};{number}:1u".encode()
    yield f"\x1b[{code};{number}:2u".encode()
    yield f"\x1b[{code}:{ord(character.upper())};{number}u".encode()
    yield f"\x1b[{code}::{code};{number}u".encode()
    yield f"\x1b[{code};{number};{code}u".encode()
    yield f"\u009b{code};{number}u".encode()
    if modifiers & 2:
        yield b"\x1b" + f"\x1b[{code};{(modifiers & ~2) + 1}u".encode()


@pytest.mark.parametrize("modifiers", [2, 4, 5, 6, 7, 8, 9, 12, 16, 32, 36, 68, 132, 196, 200])
def test_no_key_with_a_modifier_is_the_bare_key(modifiers: int) -> None:
    for character in SIGNS:
        for typed in encodings(character, modifiers):
            for name in names(typed):
                assert name.startswith(("C-", "M-")) or name in CONTROLS, typed


@pytest.mark.parametrize("letter", ascii_lowercase)
def test_a_letter_with_ctrl_is_the_same_key_in_every_encoding(letter: str) -> None:
    [plain] = names(bytes([ord(letter) & 0x1F]))
    wanted = {plain, "C-h"} if letter == "h" else {plain}
    for typed in encodings(letter, 4):
        assert set(names(typed)) <= wanted, typed
        assert names(typed), typed
    assert names(f"\x1b[27;5;{ord(letter.upper())}~".encode()) == names(
        f"\x1b[{ord(letter)};69u".encode()
    )


@pytest.mark.parametrize("letter", ascii_lowercase)
def test_a_letter_with_alt_is_the_same_key_in_every_encoding(letter: str) -> None:
    for typed in (b"\x1b" + letter.encode(), *encodings(letter, 2)):
        assert names(typed) == [f"M-{letter}"], typed


KEYS = {
    b"\x1b[27;5;100~": ["C-d"],
    b"\x1b[27;5;101~": ["C-e"],
    b"\x1b[27;5;99~": ["C-c"],
    b"\x1b[27;2;68~": ["D"],
    b"\x1b[27;1;100~": ["d"],
    b"\x1b[27;2;33~": ["!"],
    b"\x1b[27;6;95~": ["C-_"],
    b"\x1b[45;6u": ["C-_"],
    b"\x1b[47;5u": ["C-_"],
    b"\x1b[27;5;13~": ["C-Enter"],
    b"\x1b[27;2;9~": ["S-Tab"],
    b"\x1b[27;5;127~": ["C-Backspace"],
    b"\x1b[100;2u": ["D"],
    b"\x1b[100;65u": ["D"],
    b"\x1b[100;66u": ["d"],
    b"\x1b[49:33;2u": ["!"],
    b"\x1b[49;2u": [],
    b"\x1b[100;1:3u": [],
    b"\x1b[100;5:3u": [],
    b"\x1b[100;0u": [],
    b"\x1b[100;257u": [],
    b"\x1b[100;9u": [],
    b"\x1b[100;3;8706u": ["\u2202"],
    b"\x1b[0;;229u": ["å"],
    b"\x1b[97;;98:99u": ["b", "c"],
    b"\x1b[97;;10u": ["a"],
    b"\x1b[1074::100;5u": ["C-d"],
    b"\x1b[57399u": ["0"],
    b"\x1b[57399;5u": ["C-0"],
    b"\x1b[57413;5u": ["C-+"],
    b"\x1b[57414;5u": ["C-Enter"],
    b"\x1b[57426;3u": ["M-Del"],
    b"\x1b[57441;2u": [],
    b"\x1b[57358u": [],
    b"\x1b[57430u": [],
    b"\x1b[1;5D": ["C-Left"],
    b"\x1b[5D": ["C-Left"],
    b"\x1b[1;3:2A": ["M-Up"],
    b"\x1b[1;3:3A": [],
    b"\x1b[1;9A": [],
    b"\x1b[1;5P": ["C-F1"],
    b"\x1b[3;5~": ["C-Del"],
    b"\x1b[3;5:3~": [],
    b"\x1b[3;9~": [],
    b"\x1b[3^": ["C-Del"],
    b"\x1b[7^": ["C-Home"],
    b"\x1b[3$": ["S-Del"],
    b"\x1b[3@": ["C-S-Del"],
    b"\x1bOb": ["C-Down"],
    b"\x1b\x1b[3~": ["M-Del"],
    b"\x1b\x7f": ["M-Backspace"],
    b"\x1b\x04": ["M-C-d"],
    b"\x1b ": ["M-Space"],
    b"\x1b[27;5;100;1~": [],
    b"\x1b[27;5;4~": [],
    b"\x1b[27;5;1114112~": [],
    b"\x1b[27;5;99999999999999~": [],
    b"\x1b[;;;u": [],
    b"\x1b[;5~": [],
    b"\x1b[55296;5u": [],
    b"\x1b[27;5~": [],
    b"\x1b[27;;100~": ["d"],
}


@pytest.mark.parametrize(("typed", "wanted"), KEYS.items())
def test_keys_by_their_numbers(typed: bytes, wanted: list[str]) -> None:
    assert names(typed) == wanted


def test_no_character_comes_with_a_modified_key() -> None:
    for typed in (b"\x1bd", b"\x1b[27;5;100~", b"\x1b[100;3u", b"\x1b[27;3;100~"):
        sitting = Sitting()
        sitting.type(typed)
        [key] = sitting.got
        assert isinstance(key, events.Key)
        assert not key.is_printable


@example("2000000", "~")
@example("99999999999999", "u")
@given(
    st.lists(st.sampled_from([*"0123456789", ":", ";"]), max_size=14).map("".join),
    st.sampled_from("ABCDEFHPQSZu~^$@"),
)
def test_whatever_the_numbers_are_it_is_a_key_or_nothing(numbers: str, final: str) -> None:
    typed = f"\x1b[{numbers}{final}".encode()
    if typed not in REPORTS:
        assert all(names(typed))


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ctrl+backslash", "C-\\"),
        ("alt+ctrl+d", "M-C-d"),
        ("super+left", "super+left"),
        ("ctrl++", "C-+"),
        ("alt++", "M-+"),
        ("shift+f5", "S-F5"),
    ],
)
def test_names_of_modified_keys(key: str, name: str) -> None:
    assert key_name(key, None) == name
