"""Where a link leads, whatever it says (security.md M3, M4)."""

import pytest

from tuimail.mime.links import (
    LinkList,
    ascii_host,
    claimed_host,
    host_of,
    mixes_scripts,
    safe_target,
)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://example.org/a?b#c", "example.org"),
        ("HTTP://EXAMPLE.org:8080", "example.org"),
        ("http://bank.example@evil.example/", "evil.example"),
        ("http://bank.example:443@evil.example:80/", "evil.example"),
        ("http://evil.example\\@bank.example/", "evil.example"),
        ("http://bank.example%40evil.example/", ""),
        ("http://exa%6Dple.org/", "example.org"),
        ("http://exämple.org/", "xn--exmple-cua.org"),
        ("http://bank。example/", "bank.example"),
        ("http://ｂａｎｋ.example/", "bank.example"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("mailto:anna@example.org?subject=x", "anna@example.org"),
        ("tel:+49-30-1234;ext=5", "+49-30-1234"),
        ("tel:(030) 12 34", "(030) 12 34"),
        ("sms:12345?body=x", "12345"),
        ("tel:", ""),
        ("tel:javascript", ""),
        ("http://", ""),
        ("http://a b/", ""),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("//example.org", ""),
    ],
)
def test_the_real_host_is_named(target: str, host: str) -> None:
    assert host_of(target) == host


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "\\\\server\\share",
        "/relative",
        "",
        "ftp://example.org",
        "http://example.org/\x1b[2J",
        "http://example.org/\u202e",
        "http://example.org/" + "x" * 9_000,
        "http://",
    ],
)
def test_other_targets_are_no_links(href: str) -> None:
    assert safe_target(href) is None


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("www.shop.example/x", "http://www.shop.example/x"),
        ("WWW.shop.example", "http://WWW.shop.example"),
        ("//cdn.example/y", "https://cdn.example/y"),
        ("tel:+4930123456", "tel:+4930123456"),
        ("TEL:+49 30 123", "TEL:+49%2030%20123"),
        ("http:/shop.example/x", "http://shop.example/x"),
        ("https:\\\\shop.example\\x", "https://shop.example\\x"),
        ("HTTPS:///shop.example", "HTTPS://shop.example"),
        ("https://files.example/Cafe\u0301.pdf", "https://files.example/Cafe%CC%81.pdf"),
        ("https://a.example/\u200bx", "https://a.example/%E2%80%8Bx"),
        ("https://a.example/می\u200cخواهم", "https://a.example/"
         "%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85"),
        ("https://b.example/ z", "https://b.example/%20z"),
        ("https://u@exa\u0301mple.org:80/e\u0301", "https://u@xn--exmple-qta.org:80/e%CC%81"),
        ("https://a.example/👨\u200d👩", "https://a.example/%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9"),
        ("https://a.example/Köln", "https://a.example/Köln"),
    ],
)  # fmt: skip
def test_what_browsers_would_open_is_a_link(href: str, target: str) -> None:
    assert safe_target(href) == target


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("b/c", "https://shop.example/a/b/c"),
        ("/b", "https://shop.example/b"),
        ("?x=1", "https://shop.example/a/?x=1"),
        ("//other.example/", "https://other.example/"),
        ("https://other.example/", "https://other.example/"),
        ("#top", None),
        ("javascript:x", None),
        ("\\\\server\\share", None),
    ],
)
def test_relative_targets_follow_the_base(href: str, target: str | None) -> None:
    assert safe_target(href, "https://shop.example/a/") == target
    assert safe_target("b", "file:///etc/") is None


def test_line_ends_in_a_target_are_ignored_as_browsers_do() -> None:
    assert safe_target(" http://exam\nple.org/\t ") == "http://example.org/"


@pytest.mark.parametrize(
    ("text", "host", "claim"),
    [
        ("www.paypal.com", "evil.example", "www.paypal.com"),
        ("https://paypal.com/login", "evil.example", "paypal.com"),
        ("paypal.com: log in", "evil.example", "paypal.com"),
        ("paypal.com", "www.paypal.com", ""),
        ("paypal.com", "login.paypal.com", ""),
        ("www.paypal.com", "paypal.com", ""),
        ("paypal.com", "paypal.com.evil.example", "paypal.com"),
        ("Click here", "evil.example", ""),
        ("report.pdf", "files.example", ""),
        ("setup.py", "files.example", ""),
        ("e.g. this", "files.example", ""),
        ("", "evil.example", ""),
    ],
)
def test_a_label_that_names_another_host_is_noticed(text: str, host: str, claim: str) -> None:
    assert claimed_host(text, host) == claim


def test_a_target_has_one_number() -> None:
    links = LinkList()
    first, again = links.add("http://a.org/", "one"), links.add("http://a.org/", "two")
    assert first is again
    assert len(links.links) == 1


def test_look_alike_letters_are_noticed() -> None:
    assert mixes_scripts("pаypal.example")
    assert mixes_scripts(ascii_host("pаypal.example"))
    assert not mixes_scripts("пример.example")
    assert not mixes_scripts("日本語かな.example")
    assert not mixes_scripts("xn--\x80.example")
