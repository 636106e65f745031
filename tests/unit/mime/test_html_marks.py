"""What a page says by raising, striking out, numbering or spacing is said in plain text too."""

import pytest

from tuimail.mime.html import render
from tuimail.mime.html_list import numeral
from tuimail.mime.links import LinkList


def show(text: str) -> list[str]:
    return list(render(text, LinkList()).lines)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("10<sup>6</sup>", "10^6"),
        ("10<sup>-6</sup> m<sup>2</sup>", "10^-6 m^2"),
        ("10<sup>6</sup>5", "10^(6)5"),
        ("e<sup>n+1</sup>", "e^(n+1)"),
        ("2<sup>10 000</sup>", "2^(10 000)"),
        ("10<span style='vertical-align:super;font-size:8px'>6</span>", "10^6"),
        ("x<sup><sup>2</sup></sup>", "x^2"),
        ("f(x)<sup>2</sup>", "f(x)^2"),
        ("word<sup>1</sup>", "word^1"),
        ("word<sup>[1]</sup>", "word[1]"),
        ("word<sup><a href=http://x.org>1</a></sup> on", "word^1 [1] on"),
        ("$5<sup>99</sup>", "$5.99"),
        ("$1,299<sup>00</sup> now", "$1,299.00 now"),
        ("<sup>$</sup>5<sup>99</sup>", "$5.99"),
        ("5<sup>99</sup> €", "5.99 €"),
        ("5<sup>,99</sup> €", "5,99 €"),
        ("CHF 12<sup>50</sup>", "CHF 12.50"),
        ("$5.00<sup>12</sup>", "$5.00^12"),
        ("1<sup>st</sup> and 22<sup>nd</sup>", "1st and 22nd"),
        ("XX<sup>e</sup> siècle", "XXe siècle"),
        ("Brand<sup>®</sup>, Name<sup>TM</sup>*", "Brand®, NameTM*"),
        ("<sup>1</sup> See below", "1 See below"),
        ("19<sup>99€</sup>", "19.99€"),
        ("H<sub>2</sub>O", "H_2O"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO_4^(2-)"),
        (
            "<ruby>字<rt>じ</rt></ruby> <ruby>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>",
            "字(じ) 字(じ)",
        ),
        ("x<sub>1</sub>2", "x_(1)2"),
        ("log<sub>10</sub> x", "log_10 x"),
        ("a<sub>i,j</sub>", "a_(i,j)"),
        ("<sub>You get this because you are subscribed.</sub>", None),
        ("x<sup><img src=y></sup>", "x"),
        ("x<sup></sup>y", "xy"),
    ],
)
def test_what_stands_higher_or_lower_keeps_its_meaning(source: str, line: str | None) -> None:
    assert show(source) == [line or "You get this because you are subscribed."]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<s>$99</s> $49", ["~~$99~~ $49"]),
        ("<strike> $99 </strike>$49", ["~~$99~~ $49"]),
        ("Not <del>tomorrow</del> <ins>Friday</ins>", ["Not ~~tomorrow~~ ++Friday++"]),
        ("<span style='text-decoration:line-through'>a b</span> c", ["~~a b~~ c"]),
        ("<b style='text-decoration: line-through red'>a</b>b", ["~~a~~b"]),
        ("<s><del>a</del></s>", ["~~a~~"]),
        ("<del><p>a</p><p>b</p></del>c", ["~~a", "", "b~~", "", "c"]),
        ("<s><img src=x></s>a", ["a"]),
        ("<s></s>a<ins> </ins>", ["a"]),
        ("<style>.old{text-decoration:line-through}</style><i class=old>a</i>", ["~~a~~"]),
        ("He said <q>yes <q>no</q></q>.", ["He said “yes ‘no’”."]),
        ("<q></q>a", ["a"]),
        ("<table><tr><td><s>1</s><td>2<tr><td>3<td>4</table>", ["~~1~~  2", "    3  4"]),
    ],
)
def test_what_is_struck_inserted_or_quoted_is_marked(source: str, lines: list[str]) -> None:
    assert show(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<ol><li>a<li value=7>b<li>c</ol>", ["1. a", "7. b", "8. c"]),
        ("<ol start=-1><li>a<li>b<li>c</ol>", ["-1. a", "0. b", "1. c"]),
        ("<ol type=a start=26><li>x<li>y</ol>", ["z. x", "aa. y"]),
        ("<ol type=A><li>x</ol>", ["A. x"]),
        ("<ol type=i start=4><li>x<li>y</ol>", ["iv. x", "v. y"]),
        ("<ol type=I start=1999><li>x</ol>", ["MCMXCIX. x"]),
        ("<ol style='list-style-type:lower-roman'><li>x</ol>", ["i. x"]),
        ("<ol style='list-style: upper-alpha inside'><li>x</ol>", ["A. x"]),
        ("<ol><li type=a>x<li>y</ol>", ["a. x", "2. y"]),
        ("<ol reversed><li>x<li>y</ol>", ["2. x", "1. y"]),
        ("<ol reversed start=9><li>x<li>y</ol>", ["9. x", "8. y"]),
        ("<ol start=junk><li value=''>x</ol>", ["1. x"]),
        ("<ol start=99999999999><li>x</ol>", ["1. x"]),
        ("<ul style='list-style:none'><li>x<li>y</ul>", ["x", "y"]),
        ("<ul><li>a<ol><li>b</ol><li>c</ul>", ["* a", "  1. b", "* c"]),
        ("<ul type=circle><li value=3>a</ul>", ["* a"]),
        ("<li>a", ["* a"]),
        ("<ul><li style='display:inline'>a</li><li style='display:inline'>b</ul>", ["a b"]),
    ],
)
def test_lists_are_numbered_as_they_say(source: str, lines: list[str]) -> None:
    assert show(source) == lines


def test_numbers_that_letters_cannot_say_are_arabic() -> None:
    assert numeral(0, "a") == "0"
    assert numeral(4_000, "i") == "4000"
    assert numeral(-3, "I") == "-3"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<div style='white-space: pre-wrap'>a\n  b\n\nc</div>", ["a", "  b", "", "c"]),
        ("<div style='white-space:pre'>a\n  b</div>", ["a", "  b"]),
        ("<p style='white-space:break-spaces'>a\n b</p>", ["a", " b"]),
        ("<p style='white-space:pre-line'>a   b\n   c</p>", ["a b", "c"]),
        ("<style>.x{white-space:pre-wrap}</style><p class=x>a\nb</p>", ["a", "b"]),
        ("<div style='white-space:pre'><p>a\nb</p></div>", ["a", "b"]),
        ("<pre style='white-space:normal'>a\n  b</pre>", ["a b"]),
        ("<pre>a\n<span style='white-space:normal'>b\nc</span></pre>", ["a", "b c"]),
        ("<div style='white-space:nowrap'>a\n b</div>", ["a b"]),
        ("<span style='white-space:pre'>a\tb</span> c", ["a       b c"]),
        ("<div style='white-space:pre-wrap'>a\r\nb</div>", ["a", "b"]),
        ("<div style='white-space:inherit'>a\nb</div>", ["a b"]),
    ],
)
def test_white_space_counts_where_the_style_says_so(source: str, lines: list[str]) -> None:
    assert show(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("<input type=submit value=Approve>", ["[Approve]"]),
        ("<input type=checkbox checked> Yes <input type=radio> No", ["[x] Yes [ ] No"]),
        ("<input type=hidden value=no>yes", ["yes"]),
        ("<input value=Anna>", ["Anna"]),
        ("<textarea>Dear\nall</textarea>", ["Dear all"]),
        ("<select><option>Mon<option selected>Tue</select>", ["[Tue]"]),
        ("<object><p>See it online</p></object>", ["See it online"]),
        ("<applet><param name=x>See it online</applet>", ["See it online"]),
        ("<video><a href=http://x.org>Watch</a></video>", ["Watch [1]"]),
    ],
)
def test_what_a_form_or_a_film_shows_is_shown(source: str, lines: list[str]) -> None:
    assert show(source) == lines
