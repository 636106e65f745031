"""Addresses that stand in a text as they are: each numbered, each whole."""

import pytest

from tests.unit.mime.letters import html, message
from tuimail.mime.parse import parse
from tuimail.mime.text_links import text_links

LONG = "https://accounts.example/reset?token=" + "0123456789" * 40 + "&next=%2Fhome"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Reset: {LONG}", [LONG]),
        ("<https://b.example/x>, (https://c.example/y_(z)).",
         ["https://b.example/x", "https://c.example/y_(z)"]),
        ("www.d.example/q, www.e.example.", ["www.d.example/q", "www.e.example"]),
        ("See https://a.example/b. Then", ["https://a.example/b"]),
        ("\"https://a.example/b\" 'https://a.example/c'",
         ["https://a.example/b", "https://a.example/c"]),
        ("[https://a.example/b] {https://a.example/c}",
         ["https://a.example/b", "https://a.example/c"]),
        ("> quoted https://a.example/b", ["https://a.example/b"]),
        ("mailto:anna@a.example tel:+4930123", ["mailto:anna@a.example", "tel:+4930123"]),
        ("HTTPS://A.EXAMPLE/B", ["HTTPS://A.EXAMPLE/B"]),
        ("https://a.example/wiki/Köln", ["https://a.example/wiki/Köln"]),
        ("https://a.example/?a=1;b=2!", ["https://a.example/?a=1;b=2"]),
        ("<https://a.example/one\n> two/three>.", ["https://a.example/onetwo/three"]),
        ("<URL:https://a.example/one\ntwo\nthree>", ["https://a.example/onetwothree"]),
        ("<https://a.example/one\nis not closed", ["https://a.example/one"]),
        ("<https://a.example/one", ["https://a.example/one"]),
        ("named [1]: https://a.example/b [1]", []),
        ("bob@www.a.example x.www.b.example /www.c", []),
        ("https:// http://. www.", []),
        ("http", []),
    ],
)  # fmt: skip
def test_addresses_are_found_whole(text: str, found: list[str]) -> None:
    assert list(text_links(text.splitlines())) == found


def test_a_letter_in_plain_text_numbers_its_links_once() -> None:
    body = parse(message(f"{LONG}\nwww.d.example and again {LONG}\n"))
    assert [(link.number, link.target) for link in body.links] == [
        (1, LONG),
        (2, "http://www.d.example"),
    ]
    assert body.lines[0] == LONG


def test_decomposed_letters_in_plain_text_keep_their_octets() -> None:
    body = parse(message("https://files.example/Cafe\u0301.pdf"))
    assert body.links[0].target == "https://files.example/Cafe%CC%81.pdf"


def test_a_bare_address_in_html_is_numbered_but_not_a_label() -> None:
    body = parse(html("<a href=https://t.example/1>https://a.example</a> https://b.example/x"))
    assert [link.target for link in body.links] == ["https://t.example/1", "https://b.example/x"]


def test_more_links_than_are_numbered_are_said() -> None:
    body = parse(message("\n".join(f"https://a.example/{number}" for number in range(2_100))))
    assert len(body.links) == 2_000
    assert body.notes == ("Only the first 2,000 links have a number.",)
