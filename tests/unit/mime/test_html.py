"""HTML as a reader would see it, without what a browser would not show or should not do."""

import socket

import pytest

from tests.unit.mime.letters import html, letter
from tuimail.mime.html import Rendered, render
from tuimail.mime.links import LinkList
from tuimail.mime.parse import parse


def show(text: str) -> list[str]:
    return list(render(text, LinkList()).lines)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("one  <b>two</b>\n three", ["one two three"]),
        ("<p>one<p>two", ["one", "", "two"]),
        ("<div>one</div><div>two</div>", ["one", "two"]),
        ("one<br>two<br><br>three", ["one", "two", "", "three"]),
        ("<h1>Title</h1>text<h3>Sub</h3>", ["# Title", "", "text", "", "### Sub"]),
        ("<ul><li>a<li>b</ul>", ["* a", "* b"]),
        ("<ol start=9><li>a<li>b</ol>", ["9. a", "10. b"]),
        ("<ul><li>a<ul><li>b</ul></ul>", ["* a", "  * b"]),
        ("<blockquote>a<br>b</blockquote>c", ["> a", "> b", "", "c"]),
        ("a<blockquote>b<blockquote>c", ["a", "", "> b", ">", "> > c"]),
        ("<pre>a  b\n  c\n\nd</pre>", ["a  b", "  c", "", "d"]),
        ("<dl><dt>a<dd>b</dl>", ["a", "  b"]),
        ("a<hr>b", ["a", "-" * 20, "b"]),
        ("x&nbsp;y &lt;b&gt; &#27;[2J", ["x y <b> ␛[2J"]),
        ("<title>t</title><style>s</style><script>j</script><svg><text>v</text></svg>x", ["x"]),
        ("<noscript>shown</noscript><template>not</template>", ["shown"]),
        ("<!-- c --><!--[if mso]>mso<![endif]-->x", ["x"]),
        ("<img src=x alt='A picture'> <img src=y>", ["A picture"]),
        ("plain text, no tags", ["plain text, no tags"]),
        ("", []),
    ],
)
def test_elements_become_lines(source: str, lines: list[str]) -> None:
    assert show(source) == lines


@pytest.mark.parametrize(
    "source",
    [
        "<p style='display:none'>no</p>",
        "<p style='DISPLAY : none !important'>no<b>no</b></p>",
        "<p hidden>no</p>",
        "<p style='visibility:hidden'>no</p>",
        "<p style='font-size:0'>no</p>",
        "<p style='font-size:1px;color:red'>no</p>",
        "<p style='opacity:0;'>no</p>",
        "<p style='max-height:0px;overflow:hidden'>no</p>",
        "<p style='overflow:hidden;height:0'>no</p>",
        "<p style='color:#fff;background-color:#FFF'>no</p>",
        "<p style='color:transparent'>no</p>",
        "<p style='position:absolute;left:-9999px'>no</p>",
        "<img width=1 height=1 alt=no>",
        "<style>.x{display:none}</style><p class='y x'>no</p>",
        "<style>/* c */ p.x, #z {color:red;display:none !important}</style><p id=z>no</p>",
        "<table><tr><td style='display:none'>no</td></tr></table>",
    ],
)
def test_what_a_browser_hides_is_hidden(source: str) -> None:
    assert show(source + "<p>yes") == ["yes"]


@pytest.mark.parametrize(
    "source",
    [
        "<p style='opacity:0.9'>yes</p>",
        "<p style='max-height:0.5em'>yes</p>",
        "<td style='font-size:0'><span style='font-size:14px'>yes</span></td>",
        "<style>@media (max-width:600px){.x{display:none}}</style><p class=x>yes</p>",
        "<p style='color:#fff;background-color:#000'>yes</p>",
        "<p style='height:0'>yes</p>",
        "<p style='font-size:'>yes</p>",
    ],
)
def test_what_a_browser_shows_is_shown(source: str) -> None:
    assert show(source) == ["yes"]


def test_a_table_of_data_is_aligned() -> None:
    lines = parse(letter("newsletter")).lines
    start = lines.index("Item           Pieces  Price")
    assert lines[start : start + 5] == (
        "Item           Pieces  Price",
        "-------------  ------  -----",
        "茶碗 tea bowl       2  19.90",
        "Spoon              10   5.00",
        "Sum                    24.90",
    )


def test_a_table_of_layout_becomes_lines() -> None:
    assert show("<table><tr><td><p>left</p></td><td><div>right</div></td></tr></table>") == [
        "left",
        "",
        "right",
    ]


def test_a_row_of_short_cells_is_one_line() -> None:
    assert show("<table><tr><td>Home<td>Shop<td>Help</table>") == ["Home  Shop  Help"]


def test_a_table_too_wide_to_align_becomes_lines() -> None:
    row = f"<tr><td>{'x' * 60}<td>{'y' * 60}"
    assert show(f"<table>{row}{row}</table>")[:2] == ["x" * 60, "y" * 60]


def test_a_newsletter_reads_well() -> None:
    body = parse(letter("newsletter"))
    shown = "\n".join(body.lines)
    for hidden in ("preheader", "Also", "tiny", "attribute", "White", "pixel", "script", "frame"):
        assert hidden not in shown
    assert "Visible again" in shown
    assert "Home [1]  Sale [2]" in body.lines
    assert "# Thank you, Anna!" in body.lines


def test_links_are_numbered_once_and_a_false_label_names_the_real_host() -> None:
    body = parse(letter("newsletter"))
    shown = "\n".join(body.lines)
    assert "Pay at www.paypal.com [3: evil.example] or here [4], never there." in shown
    assert "same link [4]" in shown
    assert [(link.number, link.host) for link in body.links] == [
        (1, "shop.example"),
        (2, "shop.example"),
        (3, "evil.example"),
        (4, "shop.example"),
        (5, "help@shop.example"),
        (6, "social.example"),
    ]
    assert body.links[2].claims == "www.paypal.com"


def test_a_link_around_a_block_is_numbered_at_its_end() -> None:
    assert show("<a href=http://x.org><div>one</div><div>two</div></a>three") == [
        "one",
        "two [1]",
        "three",
    ]


def test_hidden_text_cannot_lend_a_link_its_name() -> None:
    source = "<a href=http://evil.org><i style='display:none'>x</i>bank.com</a>"
    assert show(source) == ["bank.com [1: evil.org]"]


def test_a_picture_that_is_a_link_is_shown_by_its_host() -> None:
    assert show("<a href=http://x.org><img src=y></a>") == ["[1: x.org]"]
    assert show("<a href=http://x.org></a>y") == ["y"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (
            "<p>Pay nothing.</p><table><tr><td><a href=http://x.org><img src=y></a></table><p>z",
            ["Pay nothing.", "", "[1: x.org]", "", "z"],
        ),
        ("<p>a</p><a href=http://x.org><img src=y></a>", ["a", "", "[1: x.org]"]),
        ("<div>a</div><div><a href=http://x.org><img></a></div>", ["a", "[1: x.org]"]),
        ("a<br><a href=http://x.org><img src=y></a>", ["a", "[1: x.org]"]),
        ("a<a href=http://x.org><div><img src=y></div></a>", ["a", "[1: x.org]"]),
        ("a <a href=http://x.org><img src=y></a> b", ["a [1: x.org] b"]),
        (
            "<a href=http://x.org><img></a><a href=http://y.org><img></a>",
            ["[1: x.org] [2: y.org]"],
        ),
        ("<a href=http://x.org>one</a><a href=http://y.org>two</a>.", ["one [1] two [2]."]),
        ("<a href=http://x.org><p>one</p></a><p>two", ["one [1]", "", "two"]),
        ("<map><area href=http://x.org alt=North></map>", ["North [1]"]),
    ],
)
def test_a_link_s_number_stands_with_what_is_linked(source: str, lines: list[str]) -> None:
    assert show(source) == lines


@pytest.mark.parametrize(
    ("source", "count", "targets"),
    [
        ("<img src=https://a.example/1.png>", 1, ["https://a.example/1.png"]),
        ("<p>&nbsp;</p><img src=cid:1><img src=cid:2>", 2, []),
        ("<a href=http://x.org><img src=http://a.example/1></a>", 1,
         ["http://x.org", "http://a.example/1"]),
        ("<img src=http://a.example/1><img width=1 height=1 src=http://t.example>", 1,
         ["http://a.example/1"]),
        ("<table><tr><td><img src=//a.example/1><td><img src=/2></table>", 2,
         ["https://a.example/1"]),
        ("<p hidden>words</p><img src=http://a.example/1>", 1, ["http://a.example/1"]),
    ],
)  # fmt: skip
def test_a_letter_of_pictures_only_says_so_and_offers_them(
    source: str, count: int, targets: list[str]
) -> None:
    body = parse(html(source))
    assert f"Pictures only: {count}" in body.notes
    assert [link.target for link in body.links] == targets


def test_a_picture_with_a_name_is_words() -> None:
    body = parse(html("<img src=http://a.example/1 alt='Our garden'>"))
    assert body.lines == ("Our garden",)
    assert body.notes == ()


@pytest.mark.parametrize(
    "declared",
    [
        "<meta charset=utf-16>",
        "<meta charset='UTF-16LE'>",
        "<meta http-equiv=Content-Type content='text/html; charset=utf-16'>",
        "<meta http-equiv=Content-Type content='text/html; charset = unicode'>",
        "<meta charset=iso-10646-ucs-2>",
        "<?xml version='1.0' encoding='UTF-16'?>",
        "<meta charset=utf-8>",
    ],
)
def test_a_page_that_can_be_read_for_its_charset_is_not_utf_16(declared: str) -> None:
    raw = b"Content-Type: text/html\n\n" + declared.encode() + "<p>Größe 茶</p>".encode()
    assert parse(raw).lines == ("Größe 茶",)


def test_relative_links_follow_the_base_that_the_page_names() -> None:
    body = parse(html("<head><base href='https://shop.example/a/'></head><a href=b>x</a>"))
    assert [link.target for link in body.links] == ["https://shop.example/a/b"]


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_socket)
    url = "http://tracker.example/x"
    parse(
        html(
            f"<base href='{url}'><link rel=stylesheet href='{url}'><img src='{url}' srcset='{url}'>"
            f"<style>@import url({url})</style><iframe src='{url}' srcdoc='<img src={url}>'>"
            f"</iframe><meta http-equiv=refresh content='0;url={url}'><video poster='{url}'>"
            f"</video><object data='{url}'></object><svg><image href='{url}'/></svg>"
            f"<body background='{url}'>"
        )
    )


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 40_000 + "text",
        "".join(f"<font size={n}><p>" for n in range(2_000)) + "text",
        "<ul><li>" * 30_000 + "text",
        "<p>text</p><a " + " ".join(f"a{n}=1" for n in range(20_000)) + ">",
    ],
)
def test_a_tangle_is_shown_roughly_and_soon(source: str) -> None:
    assert "text" in " ".join(show(source))


def test_the_bare_text_of_a_tangle_has_no_style_sheet() -> None:
    source = "<style>p{color:red}</style><script>x()</script>Caf&eacute;" + "<div>" * 40_000
    assert "".join(show(source)).strip() == "Café"


def test_fifty_thousand_nested_tables_are_shown() -> None:
    rendered = render("<table><tr><td>" * 50_000 + "text", LinkList())
    assert isinstance(rendered, Rendered)
    assert rendered.cut or "text" in rendered.lines


def test_a_huge_style_sheet_costs_nothing() -> None:
    assert show("<style>" + ".a{color:red}" * 400_000 + "</style>") == []
