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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("undisclosed-recipients:;", [("undisclosed-recipients:;", "")]),
        ("undisclosed-recipients: ;", [("undisclosed-recipients:;", "")]),
        ("=?utf-8?q?Empf=C3=A4nger?=:;", [("Empfänger:;", "")]),
        ("Us: a@x.org, B <b@x.org>;", [("Us:", ""), ("", "a@x.org"), ("B", "b@x.org")]),
        ('"Us, all": a@x.org;, c@x.org', [("Us, all:", ""), ("", "a@x.org"), ("", "c@x.org")]),
        ("A: a@x.org; B:;", [("A:", ""), ("", "a@x.org"), ("B:;", "")]),
    ],
)
def test_groups_are_named(text: str, expected: list[tuple[str, str]]) -> None:
    found = [(str(each.name), str(each.address)) for each in addresses(text, groups=True)]
    assert found == expected
    assert all(each.address for each in addresses(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<"john doe"@example.org>', ("", '"john doe"@example.org')),
        ('John < "a b" @x.org >', ("John", '"a b"@x.org')),
        ('"john doe"@example.org', ("", '"john doe"@example.org')),
        ('J <"a\\"b c"@x.org>', ("J", '"a\\"b c"@x.org')),
        ("=?utf-8?B?QW5uYSA8YW5uYUBleGFtcGxlLm9yZz4=?=", ("Anna", "anna@example.org")),
        ("=?utf-8?Q?anna=40example=2Eorg?=", ("", "anna@example.org")),
        ("=?utf-8?Q?J=C3=BCrg?= =?utf-8?Q?_=3Cj=40x.org=3E?=", ("Jürg", "j@x.org")),
        ("=?utf-8?Q?=22A=2C_B=22_=3Ca=40x.org=3E?=", ("A, B", "a@x.org")),
    ],
)
def test_quoted_local_parts_and_a_field_encoded_as_a_whole(
    text: str, expected: tuple[str, str]
) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?Q?a=40x.org=00?=",
        "=?utf-8?Q?a=40x.org=2C_b=40y.org?=",
        "=?utf-8?Q?j=C3=B6rg=40x.org?=",
        "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3D40x.org=3F=3D?=",
    ],
)
def test_what_is_decoded_into_no_plain_address_stays_as_it_is(text: str) -> None:
    assert read(text) == [("", text)]


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
