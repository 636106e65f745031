"""Flat settings files are read as TOML says, or not at all."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.config.plain import plain_file, plain_table

PIECES = st.sampled_from(
    [
        *"=\"'[],#\\\n\r\t .x1",
        "key",
        "true",
        "false",
        ' = "ansi"',
        "\nother = ",
        "é",
        "\x01",
        "\u2028",
    ]
)


def test_a_usual_file_is_understood() -> None:
    text = '# mine\ntheme = "paper" # light\r\n\n unicode=false\nkeys = ["d", "g i",]\nnone = [ ]\n'
    expected = {"theme": "paper", "unicode": False, "keys": ["d", "g i"], "none": []}
    assert plain_table(text) == expected == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '[table]\na = "b"',
        'a = "\\u0041"',
        'a = """b"""',
        'a = "b"\na = "c"',
        "a = 'b'",
        'a.b = "c"',
        'a = ["b",\n"c"]',
        "a = 1",
        "# \x01",
        'a = "b\rc"',
        "\r",
        'a = "b" # c\r',
    ],
)
def test_what_takes_a_parser_is_left_to_one(text: str) -> None:
    assert plain_table(text) is None


@given(st.lists(PIECES, max_size=40).map("".join))
def test_what_is_understood_is_what_toml_says(text: str) -> None:
    table = plain_table(text)
    if table is not None:
        assert tomllib.loads(text) == table


def test_a_file_that_is_not_there_says_nothing_and_one_of_other_bytes_is_not_plain(
    tmp_path: Path,
) -> None:
    assert plain_file(tmp_path / "none") == {}
    (tmp_path / "latin").write_bytes(b'a = "\xe9"')
    assert plain_file(tmp_path / "latin") is None
    assert plain_file(tmp_path) is None
