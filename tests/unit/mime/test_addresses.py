"""Addresses as strangers write them (security.md M2)."""

import pytest

from tuimail.mime import bounds
from tuimail.mime.addresses import addresses


def read(text: str) -> list[tuple[str, str]]:
    return [(address.name, address.address) for address in addresses(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.org", [("", "anna@example.org")]),
        ("<anna@example.org>", [("", "anna@example.org")]),
        ("Anna Meyer <anna@example.org>", [("Anna Meyer", "anna@example.org")]),
        ('"Meyer, Anna" <anna@example.org>', [("Meyer, Anna", "anna@example.org")]),
        (r'"An \"x\" na" <anna@example.org>', [('An "x" na', "anna@example.org")]),
        ("'Anna' <anna@example.org>", [("Anna", "anna@example.org")]),
        ("anna@example.org (Anna (the one))", [("Anna (the one)", "anna@example.org")]),
        ("anna@example.org <anna@example.org>", [("", "anna@example.org")]),
        ("=?utf-8?q?J=C3=B6rg=2C?= <j@example.org>", [("Jörg,", "j@example.org")]),
        ("=?utf-8?q?a;b,c?= <j@example.org>", [("a;b,c", "j@example.org")]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@example.org>', [("Jörg", "j@example.org")]),
        ("a@x.org, b@x.org;c@x.org", [("", "a@x.org"), ("", "b@x.org"), ("", "c@x.org")]),
        ("Us: a@x.org, B <b@x.org>; c@x.org", [("", "a@x.org"), ("B", "b@x.org"), ("", "c@x.org")]),
        ("undisclosed-recipients:;", []),
        ("<@relay.org,@other.org:anna@example.org>", [("", "anna@example.org")]),
        ("<mailto:anna@example.org>", [("", "anna@example.org")]),
        ("anna @ example . org", [("", "anna@example.org")]),
        ('"anna meyer"@example.org', [("", '"anna meyer"@example.org')]),
        ("Anna Meyer anna@example.org", [("Anna Meyer", "anna@example.org")]),
        ("Anna Meyer", [("Anna Meyer", "")]),
        ("root", [("", "root")]),
        ("Anna <anna@example.org", [("Anna", "anna@example.org")]),
        ('"Anna <anna@example.org>', [("Anna", "anna@example.org")]),
        ("Anna (Meyer <anna@example.org>", [("Anna (Meyer", "anna@example.org")]),
        ("", []),
        (" , ;, ", []),
    ],
)
def test_addresses_are_found_as_they_were_meant(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


def test_the_last_angle_brackets_hold_the_address_and_hide_nothing() -> None:
    assert read("a@b.example <evil@x.example>") == [("a@b.example", "evil@x.example")]
    assert read("<a@b.example> <evil@x.example>") == [("<a@b.example>", "evil@x.example")]


def test_an_address_is_never_decoded() -> None:
    spec = "=?utf-8?b?YW5uYUBleGFtcGxlLm9yZwA=?=@evil.example"
    assert read(spec) == [("", spec)]
    assert read(f"Anna <{spec}>") == [("Anna", spec)]


def test_a_name_decoded_into_an_address_stays_a_name() -> None:
    name = "=?utf-8?q?boss=40corp=2Eexample_=3Cboss=40corp=2Eexample=3E?="
    assert read(f"{name} <evil@x.example>") == [
        ("boss@corp.example <boss@corp.example>", "evil@x.example")
    ]


def test_a_long_name_is_cut_and_the_address_is_not() -> None:
    name, address = read("x" * 2_000 + " <" + "a" * 300 + "@example.org>")[0]
    assert len(name) == bounds.NAME_CHARACTERS
    assert address == "a" * 300 + "@example.org"


def test_more_addresses_than_anyone_reads_are_left_out() -> None:
    assert len(read("a@b.example, " * 10_000)) == bounds.ADDRESSES
