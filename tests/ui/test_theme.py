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
        assert not looks.style(Tone.PLAIN, cursor=cursor).attributes & BOLD
    assert looks.style(Tone.STRONG).attributes & BOLD


# The eight colours as terminals come: xterm, PuTTY, the Linux console, Windows Terminal,
# Terminal of macOS, GNOME's and VS Code's; the ground is black or white.
PALETTES = [
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5",
    "000000 bb0000 00bb00 bbbb00 0000bb bb00bb 00bbbb bbbbbb",
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa",
    "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc",
    "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf",
    "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf",
    "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5",
]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.1 defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("ground", ["000000", "ffffff"])
def test_the_colours_of_a_terminal_can_be_read_on_black_and_on_white(
    palette: str, ground: str
) -> None:
    colours = palette.split()
    inks = [style.foreground for style in THEMES["ansi"].tones.values()]
    used = {colours[ink] for ink in inks if ink is not None}
    assert len(used) == len({"accent", "warn"})
    assert min(contrast(colour, ground) for colour in used) > 2.3


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


TRUE_COLOURS = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


@pytest.mark.parametrize(
    ("told", "theme"),
    [
        ("0;15", "paper"),
        ("0;default;15", "paper"),
        ("0;7", "paper"),
        ("15;0", "calm"),
        ("7;8", "calm"),
        ("15;default", "calm"),
        ("", "calm"),
        ("nonsense", "calm"),
    ],
)
def test_a_light_terminal_that_says_so_gets_the_light_theme(told: str, theme: str) -> None:
    looks = choose_looks("auto", {**TRUE_COLOURS, "COLORFGBG": told}, unicode=True)
    assert looks.theme.name == theme
    assert (
        choose_looks("calm", {**TRUE_COLOURS, "COLORFGBG": told}, unicode=True).theme.name == "calm"
    )
    far = {**TRUE_COLOURS, "COLORFGBG": told, "SSH_TTY": "/dev/pts/1"}
    assert choose_looks("auto", far, unicode=True).theme.name == "ansi"
