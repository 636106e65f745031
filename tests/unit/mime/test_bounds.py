"""The time grows no faster than the input (security.md M11, M12)."""

import pytest

from tests.cost import assert_linear, within
from tests.unit.mime.letters import html, message
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse


def field(name: str, value: str) -> bytes:
    return f"{name}: {value}\n\n".encode()


@pytest.mark.parametrize("name", ["Subject", "From", "Date", "References", "List-Id"])
@pytest.mark.parametrize(
    "piece",
    ["=?", "=?a?q?", "=?utf-8?q?a?= ", '"', '"\\', '"a",', "(", ")(", "<", "<>", " ", "a@", "a:;",
     ",", "\n ", "\r", "\\", "1 ", "Re: ", "@.", "\u0301", "\u202e"],
)  # fmt: skip
def test_no_header_field_is_quadratic(name: str, piece: str) -> None:
    assert_linear(envelope, lambda count: field(name, piece * count), 15_000 // len(piece))


@pytest.mark.parametrize(
    "piece", ["a=b; ", ';a="', "; ", '"', "a*1=b; ", ";a*=", "\\", '="', "; a", "=?a?q?"]
)
def test_no_parameter_is_quadratic(piece: str) -> None:
    def raw(count: int) -> bytes:
        return field("Content-Type", "text/plain; " + piece * count)

    assert_linear(parse, raw, 3_750 // len(piece))


@pytest.mark.parametrize(
    "piece",
    ["a@a", "http://", ">", "> ", "> a\n", "Re: ", "=?", "\r", "\n", "\t", " ", "-", "-- \n", "hi ",
     "On x\n", "[1: ", "\x1b[2J", "\u0301", "👍🏽", "\u200d", "\u202e", "a \n", "begin 644 x\n",
     "--b\n", "<http://a\n", "www.a ", "www.", "tel:1", "https://a.b/(", "https://a.b/)", "<URL:",
     "Content-Type: multipart/mixed; boundary=b\n\n--b\n"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["text/plain", "text/plain; format=flowed", "text/calendar"])
def test_no_text_is_quadratic(piece: str, kind: str) -> None:
    def raw(count: int) -> bytes:
        return message(piece * count, kind)

    assert_linear(parse, raw, 50_000 // len(piece.encode()))


@pytest.mark.parametrize(
    "piece",
    ["<div>", "</p>", "<p>x", "<b><p>", "<table><tr><td>", "<table><tr><td>x<td>y</table>",
     "<tr><td>a", "<td>x", "<ul><li>x", "<blockquote>x", "<br>", "<pre>x\n", "<", "<a href=x>",
     "<a href=http://a.b>www.x.com</a>", "<span style='font-size:1px'>x", "<img alt=x>", "&nbsp;",
     "&zwnj;", "<h1>x", "<select><option>x", "<style>{", "<!--", "<a b='", "<font size=1><p>",
     "<svg>", "<form><div>", "<button>", "<nobr>x", "<sup>x", "a<sup>b</sup>", "<q>x", "<s><p>x",
     "<ins>x</ins>", "<td rowspan=9>x", "<ol reversed><li>x", "<input value=x>", "<ruby>x<rt>y",
     "<a href=//[>x</a>", "<p style='white-space:pre'>\n", "<p style='color:#fff'>x",
     "<p hidden>x"],
)  # fmt: skip
def test_no_html_is_quadratic(piece: str) -> None:
    assert_linear(parse, lambda count: html(piece * count), 20_000 // len(piece))


@pytest.mark.parametrize(
    "style",
    ["{", "}", "/*", "/**", ".a{display:none}", "@media{", "a", ",", ".a,", "display:", ";"],
)
def test_no_style_sheet_is_quadratic(style: str) -> None:
    def raw(count: int) -> bytes:
        return html(f"<style>{style * count}</style><p style='{style * count}'>x")

    assert_linear(parse, raw, 50_000 // len(style))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("50,000 parts", b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000),
        ("20 MB of CR", b"Subject: x\r\rx" + b"\r" * 20_000_000),
        ("100,000 header lines", b"X: y\n" * 100_000),
        ("5 MB of =", b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 5_000_000),
        ("20 MB of junk", b"Content-Transfer-Encoding: base64\n\n" + b"!@#$\n" * 4_000_000),
        ("a line of 10 MB", message("x" * 10_000_000)),
        ("a million lines", message("x\n" * 1_000_000)),
        ("10,000 divs", html("<div>" * 10_000)),
        ("5 MB of CSS", html("<style>" + ".a{color:red}" * 400_000)),
        ("10,000 encoded words", b"Subject: " + b"=?utf-8?q?a?= " * 10_000),
        ("10,000 addresses", b"To: " + b"a@b.example, " * 10_000),
    ],
)
def test_a_bomb_is_read_in_less_than_two_seconds(name: str, raw: bytes) -> None:
    within(2, lambda: parse(raw), name)
