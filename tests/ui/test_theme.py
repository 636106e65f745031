"""Which looks a terminal gets."""

import ast
import os
from pathlib import Path

import pytest

import tuimail.ui
from tests.ui.driver import terminal
from tests.ui.fake_mail import FakeMail, message
from tuimail.ui.terminal.style import BOLD
from tuimail.ui.theme import ASCII, THEMES, UNICODE, Tone, UnknownTheme, choose_looks


@pytest.mark.parametrize(
    ("name", "environ", "theme"),
    [
        ("auto", {}, "ansi"),
        ("auto", {"COLORTERM": "truecolor"}, "calm"),
        ("auto", {"COLORTERM": "truecolor", "SSH_CONNECTION": "1 2 3 4"}, "ansi"),
        ("paper", {"SSH_CONNECTION": "1 2 3 4"}, "paper"),
        ("calm", {"NO_COLOR": "1"}, "plain"),
    ],
)
def test_the_terminal_keeps_its_colours_unless_more_was_promised_or_asked(
    name: str, environ: dict[str, str], theme: str
) -> None:
    assert choose_looks(name, environ, unicode=True).theme.name == theme


@pytest.mark.parametrize(
    ("environ", "unicode", "glyphs"),
    [
        ({"LANG": "de_DE.UTF-8"}, True, UNICODE),
        ({}, True, UNICODE),
        ({"LANG": "de_DE.ISO-8859-1"}, True, ASCII),
        ({"LC_ALL": "C.UTF-8", "LANG": "de_DE.ISO-8859-1"}, True, UNICODE),
        ({"TERM": "linux"}, True, ASCII),
        ({"LANG": "de_DE.UTF-8"}, False, ASCII),
    ],
)
def test_glyphs_are_those_the_terminal_has(
    environ: dict[str, str], unicode: bool, glyphs: object
) -> None:
    assert choose_looks("auto", environ, unicode=unicode).glyphs is glyphs


def test_an_unknown_theme_is_named_in_a_sentence() -> None:
    with pytest.raises(UnknownTheme, match='no theme "neon"; there are auto, ansi, calm, paper'):
        choose_looks("neon", {}, unicode=True)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_a_theme_has_every_tone_and_unread_is_said_by_weight(theme: object) -> None:
    looks = choose_looks(theme.name, {}, unicode=True)  # type: ignore[attr-defined]  # a Theme
    for cursor in (False, True):
        assert all(looks.style(tone, cursor=cursor) is not None for tone in Tone)
        assert looks.style(Tone.STRONG, cursor=cursor).attributes & BOLD
        assert not looks.style(Tone.PLAIN, cursor=cursor).attributes & BOLD


def test_without_colours_there_are_none() -> None:
    looks = choose_looks("auto", {"NO_COLOR": ""}, unicode=True)
    for tone in Tone:
        for cursor in (False, True):
            foreground, background, _, _ = looks.style(tone, cursor=cursor)
            assert foreground is None
            assert background is None


@pytest.mark.parametrize("no_color", [True, False])
async def test_the_screen_obeys_no_color(no_color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    looks = choose_looks("ansi", os.environ, unicode=True)
    async with terminal(FakeMail([message(1), message(2)]), looks=looks) as ui:
        strips = ui.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        coloured = [s for s in styles if s.color is not None and not s.color.is_default]
        assert bool(coloured) is not no_color


def test_our_own_words_and_signs_need_no_unicode() -> None:
    """What is drawn besides mail comes from the glyphs, which have an ASCII set."""
    here = Path(tuimail.ui.__file__).parent
    for path in here.rglob("*.py"):
        if path.name in {"theme.py", "cells.py", "splitting.py"}:
            continue
        strings = [
            node.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert [text for text in strings if not text.isascii() and "\n" not in text] == [], path


@pytest.mark.parametrize(("cursor", "arrow"), [("bar", False), ("arrow", True)])
def test_the_cursor_is_a_bar_or_an_arrow(cursor: str, arrow: bool) -> None:
    assert choose_looks("auto", {}, unicode=True, cursor=cursor).arrow is arrow


async def test_with_an_arrow_no_row_is_drawn_in_reverse_and_a_mark_under_it_is_seen() -> None:
    looks = choose_looks("ansi", {"TERM": "xterm"}, unicode=True, cursor="arrow")
    async with terminal(FakeMail([message(1), message(2)]), looks=looks) as ui:

        def reversed_text() -> str:
            strips = ui.app.screen._compositor.render_strips()
            segments = [segment for strip in strips for segment in strip]
            return "".join(s.text for s in segments if s.style is not None and s.style.reverse)

        assert ui.current.startswith("> • Anna") or ui.current.startswith(">• Anna")
        assert reversed_text() == ""
        await ui.press("space", "k")
        assert reversed_text() == "x"
