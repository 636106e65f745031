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
