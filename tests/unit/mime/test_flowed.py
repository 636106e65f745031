"""format=flowed is read back as it was written (RFC 3676)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime.flowed import WIDTH, flowed
from tuimail.mime.parse import parse

HEAD = b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n"


def read_back(text: str) -> list[str]:
    return list(parse(HEAD + flowed(text).encode()).lines)


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "From here",
        " indented",
        "> quoted",
        ">> twice quoted",
        "a\n\nb",
        "-- \nAnna",
        "1\n2\n3",
    ],
)
def test_lines_stay_lines(text: str) -> None:
    shown = [line.rstrip() for line in read_back(text)]
    assert [line.replace("> >", ">>") for line in shown] == [
        line.rstrip() for line in text.split("\n")
    ]


def test_a_paragraph_is_one_line_again() -> None:
    paragraph = " ".join(["word"] * 100)
    assert read_back(paragraph) == [paragraph]
    assert max(map(len, flowed(paragraph).splitlines())) <= WIDTH


def test_a_long_quote_keeps_its_marks() -> None:
    lines = flowed("> " + " ".join(["word"] * 40)).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("> word") for line in lines)


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_words_are_neither_lost_nor_changed(text: str) -> None:
    written = flowed(text)
    assert written.replace(">", " ").split() == text.replace(">", " ").split()
