"""How results are printed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.cli.output import Output, columns, complain, cut, json_line

HARMFUL = "\x1b]0;x\x07 \x9b2J \u202egnp.exe\u2066 \x7f \u2028 \udc80"


def test_json_is_utf8_on_one_line_with_harmful_characters_escaped() -> None:
    line = json_line({"subject": "Józef 会議 " + HARMFUL})
    assert line.endswith(b"\n")
    assert "Józef 会議".encode() in line
    text = line.decode()[:-1]
    assert text.isprintable()
    assert r"\u001b]0;x\u0007 \u009b2J \u202egnp.exe\u2066" in text
    assert json.loads(line)["subject"] == "Józef 会議 " + HARMFUL


def test_json_escapes_what_cannot_be_seen_and_leaves_every_letter() -> None:
    line = json_line({"x": "👩\u200d🚀 \u00a0\u3000 \u0627\u200c \ue000 \U000e0041"}).decode()
    assert r"👩\u200d🚀" in line
    assert "\u00a0\u3000" in line
    assert r"\u200c \ue000 \udb40\udc41" in line


@given(st.text())
def test_what_json_says_is_what_was_meant(text: str) -> None:
    line = json_line({"text": text})
    assert json.loads(line) == {"text": text}
    assert line.count(b"\n") == 1


@given(st.text(), st.integers(1, 40))
def test_a_cut_text_takes_exactly_its_columns(text: str, width: int) -> None:
    safe = "".join(character for character in text if character.isalnum())
    assert columns(cut(safe, width)) == width


def test_a_table_is_aligned_whatever_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("NAME", "TOTAL"), [("INBOX", 7), ("会議", 1234)])
    assert capsys.readouterr().out == "NAME   TOTAL\nINBOX      7\n会議    1234\n"


def test_a_table_without_rows_is_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("NAME",), [])
    assert capsys.readouterr().out == ""


def test_a_table_makes_control_characters_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("NAME",), [("a\x1b[2J\nb",)])
    assert capsys.readouterr().out == "NAME\na␛[2J b\n"


def test_what_was_done_is_said_unless_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Output().say("Archived 3", count=3)
    Output(quiet=True).say("Archived 3", count=3)
    assert capsys.readouterr().out == "Archived 3\n"


def test_a_line_is_harmless_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Output().line("The server can: X=\x1b[31m" + 20_000 * "é")
    assert capsys.readouterr().out == "The server can: X=␛[31m" + 20_000 * "é" + "\n"


def test_a_complaint_is_one_harmless_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    complain("the server says \x1b[31mno\nreally")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "tuimail: the server says ␛[31mno really\n"
