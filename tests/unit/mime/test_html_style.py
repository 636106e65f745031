"""Nothing that a browser shows is left out, and what is left out is counted."""

import pytest

from tests.unit.mime.letters import html
from tuimail.mime.html import render
from tuimail.mime.html_colour import CLEAR, Colour, parse_colour
from tuimail.mime.links import LinkList
from tuimail.mime.parse import parse


def show(text: str, *, everything: bool = False) -> list[str]:
    return list(render(text, LinkList(), everything=everything).lines)


def hidden(text: str) -> int:
    return render(text, LinkList()).hidden_words


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#FFF", Colour(255, 255, 255)),
        ("#ffff", Colour(255, 255, 255)),
        ("ffffff", Colour(255, 255, 255)),
        ("#ff000080", Colour(255, 0, 0, 128)),
        ("White", Colour(255, 255, 255)),
        ("rebeccapurple", Colour(102, 51, 153)),
        ("rgb(34, 34, 34)", Colour(34, 34, 34)),
        ("rgb(100%,0%,0%)", Colour(255, 0, 0)),
        ("RGBA(0,0,0,.5)", Colour(0, 0, 0, 128)),
        ("rgb(255 255 255 / 0%)", Colour(255, 255, 255, 0)),
        ("hsl(120, 100%, 50%)", Colour(0, 255, 0)),
        ("hsla(0deg 0% 100% / 1)", Colour(255, 255, 255)),
        ("rgb(999,-5,0)", Colour(255, 0, 0)),
        ("transparent", CLEAR),
        ("var(--ink)", None),
        ("color-mix(in srgb, red, blue)", None),
        ("inherit", None),
        ("currentcolor", None),
        ("windowtext", None),
        ("rgb(1,2)", None),
        ("rgb(a,b,c)", None),
        ("#12345", None),
        ("", None),
        ("x" * 5_000, None),
    ],
)
def test_colours_are_read_as_css_writes_them(text: str, colour: Colour | None) -> None:
    assert parse_colour(text) == colour


@pytest.mark.parametrize(
    "source",
    [
        "<p style='color: rgb(34, 34, 34); background-color: rgb(255, 255, 255)'>yes</p>",
        "<p style='color:rgba(0,0,0,.87);background-color:rgba(0,0,0,.04)'>yes</p>",
        "<p style='color:hsl(0,0%,10%);background:hsl(0,0%,90%)'>yes</p>",
        "<p style='color:var(--a);background-color:var(--a)'>yes</p>",
        "<p style='color:inherit;background:inherit'>yes</p>",
        "<p style='color:initial;background:initial'>yes</p>",
        "<p style='color:windowtext;background:windowtext'>yes</p>",
        "<p style='color:#fff;background:#fff url(x.png)'>yes</p>",
        "<p style='color:#fff;background:linear-gradient(#fff,#000)'>yes</p>",
        "<table bgcolor=#ffffff><tr><td background=x.png><font color=#ffffff>yes</font></table>",
        "<table style='background-color:#000;color:#000'><tr><td><div style='color:#fff'>yes",
        "<table bgcolor=black><tr><td style='color:black'><font color=white>yes</font></table>",
        "<div style='background:#fff'><b style='background:#00f;color:#fff'>yes</b></div>",
        "<div style='background:#fff'><div style='position:absolute;color:#fff'>yes</div></div>",
        "<p style='color:#fffffe;background:#ffffff'>yes</p>",
        "<p style='color:rgba(255,255,255,1);background:rgba(255,255,255,.1)'>yes</p>",
        "<style>.x{color:#fff}.y .x{color:#000}</style><p class=x style='background:#fff'>yes</p>",
        "<p style='max-height:0'>yes</p>",
        "<span style='max-height:0;overflow:hidden'>yes</span>",
        "<table><tr><td style='width:0;max-width:0;overflow:hidden'>yes</td></tr></table>",
        "<div style='width:1px;min-width:100%;overflow:hidden'>yes</div>",
        "<p style='left:-9999px'>yes</p>",
        "<p hidden style='display:block'>yes</p>",
        "<p style='visibility:hidden'><b style='visibility:visible'>yes</b></p>",
        "<style>.x{display:none}@media screen{.x{display:block}}</style><p class=x>yes</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>yes</p>",
        "<style>p.x{display:none}.a>.x{display:block}</style><p class=x>yes</p>",
        "<style>#a .x{display:none}</style><p class=x>yes</p>",
        "<style>p:hover{display:none}</style><p>yes</p>",
        "<style>@media print{p{display:none}}</style><p>yes</p>",
        "<style media='(max-width: 500px)'>p{display:none}</style><p>yes</p>",
        "<style>@supports (x:y){p{display:none}}</style><p>yes</p>",
        "<p style='font-size:0'><b style='font-size:1rem'>yes</b></p>",
        "<div style='font-size:0'><table><tr><td>yes</table></div>",
        "<body style='color:#fff;background:#fff'><table><tr><td>yes</table>",
        "<p style='color:#fff;background:#fff'><a name=x>yes</a></p>",
        "<p style='color:#fff;background:#fff'><mark>yes</mark></p>",
        "<p style='color:#fff;background:#fff'><button>yes</button></p>",
        "<p style='font:700 14px/0 Arial'>yes</p>",
        "<p style='opacity:0.5;background:url(\"a;display:none\")'>yes</p>",
    ],
)
def test_what_is_not_surely_hidden_is_shown(source: str) -> None:
    assert show(source) == ["yes"]
    assert hidden(source) == 0


@pytest.mark.parametrize(
    "source",
    [
        "<p style='color:rgb(255,255,255);background-color:#fff'>two words</p>",
        "<p style='color:white;background:rgb(100%, 100%, 100%) none'>two words</p>",
        "<p style='color:rgba(9,9,9,0)'>two words</p>",
        "<table bgcolor=#fff><tr><td><font color=white>two words</font></td></tr></table>",
        "<body bgcolor=#000000 text=#000000>two words",
        "<p style='color:black;background:black'>two <b>words</b></p>",
        "<style>u{display:none}</style><u>two words</u>",
        "<style>u.x{width:0;overflow:hidden;display:inline-block}</style><u class=x>two words</u>",
        "<style>@media screen and (min-width:300px){.x{display:none}}</style><p class=x>two words",
        "<style>.x{display:none!important}</style><p class=x style='display:block'>two words",
        "<style>*{visibility:hidden}</style><p>two words",
        "<p style='font-size:0'>two <b style='font-size:100%'>words</b></p>",
        "<p style='font:0/0 a'>two words</p>",
        "<p style='font-size:0.00000000000000000000000000097vw'>two words</p>",
        "<p style='position:absolute;clip:rect(0 0 0 0)'>two words</p>",
        "<p style='position:absolute;width:1px;height:1px;overflow:hidden'>two words</p>",
        "<p style='DISPLAY:/* x */none'>two words &nbsp; &zwnj;</p>",
        "<svg><text>two words</text></svg>",
        "<table><tr style='display:none'><td>two<td>words<tr><td>&nbsp;<td>&nbsp;</table>",
    ],
)
def test_what_is_hidden_is_counted_and_can_be_seen(source: str) -> None:
    assert show(source) == []
    assert hidden(source) == 2
    assert "".join(show(source, everything=True)).split() in (["two", "words"], ["twowords"])


def test_a_note_says_how_many_words_are_hidden_and_how_to_see_them() -> None:
    body = parse(html("<p style='display:none'>Save now, today only!</p><p>Hello"))
    assert body.lines == ("Hello",)
    note = "Hidden by its style: 4 words; `tuimail show --hidden ID` shows all."
    assert body.notes == (note,)
    one = parse(html("<i hidden>x</i>Hello"))
    assert one.notes == (note.replace("4 words", "1 word"),)


def test_all_of_a_letter_is_shown_on_demand() -> None:
    raw = html("<p style='display:none'>secret</p><p style='color:#fff;background:#fff'>x</p>")
    body = parse(raw, everything=True)
    assert body.lines == ("secret", "", "x")
    assert body.notes == ()


def test_a_link_whose_text_is_transparent_is_shown_by_its_host() -> None:
    source = "<a href=http://x.org style='color:transparent;background:url(i.png)'>Shop</a>"
    assert show(source) == ["[1: x.org]"]


def test_text_of_the_ground_s_colour_leaves_a_gap() -> None:
    source = "<div style='background:#fff'>two<b style='color:#fff'>i</b>words"
    assert show(source) == ["two words"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<a style='display:block'>Home</a><a style='display:block'>Shop</a>", ["Home", "Shop"]),
        ("<b style='float:left'>one</b><b style='float:right'>two</b>", ["one", "two"]),
        ("<b style='display:inline-block;padding:0 9px'>one</b><b>two</b>", ["one two"]),
        ("<b style='display:table-cell'>one</b><b style='display:table-cell'>two", ["one two"]),
        ("<p style='display:inline'>one</p><p style='display:inline'> two</p>", ["one two"]),
        (
            "<div style='display:inline-block'>one</div><div style='display:inline-block'>two",
            ["one two"],
        ),
        ("<b style='display:inline-block;width:50%'>one</b><b>two</b>", ["one two"]),
        ("on<span style='display:inline-block'>e</span>", ["one"]),
        ("<button>one</button><button>two</button>", ["one two"]),
    ],
)
def test_boxes_stand_where_their_style_puts_them(source: str, lines: list[str]) -> None:
    assert show(source) == lines


@pytest.mark.parametrize(
    "sheet",
    ["*{display:none}", "u{color:#fff}" * 4_000, ".a,.b,.c{color:#fff}" * 4_000, "a b c d{x:y}"],
)
def test_a_sheet_of_many_rules_takes_bounded_time(sheet: str) -> None:
    names = "".join(f"<u class='a b c x{number}'>x</u>" for number in range(5_000))
    assert render(f"<style>{sheet}</style>{names}", LinkList()).cut is False
