"""Encoded words, parameters and charsets: whatever they are, text comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime import bounds
from tuimail.mime.charset import codec_of, decode, decode_header
from tuimail.mime.transfer import decode_base64, decode_transfer, decoded_size
from tuimail.mime.words import decode_words, parameters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?UTF-8?B?R3LDvMOfZQ==?= and more", "Grüße and more"),
        ("=?utf-8?q?Gr=C3=BC=C3?= =?utf-8?q?=9Fe?=", "Grüße"),
        ("=?utf-8?q?a?=\t=?iso-8859-1?q?=E4?=", "aä"),
        ("=?utf-8*de?q?a_b?=", "a b"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-8?q?has spaces in it?=", "has spaces in it"),
        ("=?no-such-charset?q?caf=C3=A9?=", "café"),
        ("=?zlib_codec?b?eJw=?=", "xœ"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("=?utf-8?b?R3LDvMOfZQ?=", "Grüße"),
        ("=?utf-8?b?R?=", ""),
        ("=?=?=?", "=?=?=?"),
    ],
)
def test_encoded_words_are_decoded(text: str, expected: str) -> None:
    assert decode_words(text) == expected


def test_only_so_many_words_are_decoded() -> None:
    text = "=?utf-8?q?a?= x " * (bounds.ENCODED_WORDS + 5)
    assert decode_words(text).count("=?utf-8?q?a?=") == 5


@given(st.text())
def test_any_text_has_decoded_words(text: str) -> None:
    assert isinstance(decode_words(f"=?utf-8?q?{text}?= {text} =?{text}?b?{text}?="), str)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('text/plain; charset="utf-8"', ("text/plain", {"charset": "utf-8"})),
        ("Text/HTML;charset=utf-8 ; x=1", ("text/html", {"charset": "utf-8", "x": "1"})),
        (r'a/b; name="a \"b\"; c"', ("a/b", {"name": 'a "b"; c'})),
        ("a/b; name*=utf-8'de'%E2%82%AC%20x", ("a/b", {"name": "€ x"})),
        ("a/b; name*1*=%AC; name*0*=utf-8''%E2%82; name*2=y", ("a/b", {"name": "€y"})),
        ("a/b; name*0=long; name*1=er", ("a/b", {"name": "longer"})),
        ('a/b; name="=?utf-8?q?=E2=82=AC?="', ("a/b", {"name": "€"})),
        ('a/b; name="unclosed; x', ("a/b", {"name": "unclosed; x"})),
        ("a/b; name", ("a/b", {})),
        ("", ("", {})),
    ],
)
def test_parameters_are_put_together(field: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parameters(field) == expected


@given(st.text())
def test_any_field_has_parameters(text: str) -> None:
    assert isinstance(parameters(f"a/b; n*0*={text}; n*1={text}; {text}")[1], dict)


@pytest.mark.parametrize(
    "label",
    ["zlib_codec", "rot13", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7",
     "hex", "base64", "bz2", "undefined", "", "a" * 1000, "../x", "utf-8\x00", "Ⅷ"],
)  # fmt: skip
def test_codecs_that_do_more_than_decode_text_are_not_used(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"\x80uro", "€uro"),
        ("windows-874", b"\xa1", "ก"),
        ("x-mac-cyrillic", b"\x80", "А"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("ks_c_5601-1987", "똠".encode("cp949"), "똠"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ("us-ascii", "ä".encode(), "ä"),
        ("iso-8859-1", "äöü".encode(), "äöü"),
        ("unknown-8bit", "ä".encode("cp1252"), "ä"),
        ("", b"\xef\xbb\xbfx", "x"),
        ("utf-8", b"\xff", "\ufffd"),
    ],
)
def test_labels_mean_what_mailers_mean_by_them(label: str, data: bytes, text: str) -> None:
    assert decode_header(data, label).removeprefix("\ufeff") == text


def test_undeclared_text_is_guessed() -> None:
    russian = "Привет, это письмо без указания кодировки. Как твои дела сегодня?"
    assert decode(russian.encode("koi8-r")) == russian
    assert decode(russian.encode()) == russian


@given(st.binary(), st.sampled_from(["", "utf-8", "utf-16", "iso-2022-jp", "hz", "gb2312", "x"]))
def test_any_bytes_are_text(data: bytes, label: str) -> None:
    assert isinstance(decode_header(data, label), str)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"QUJD", b"ABC"),
        (b"QU\r\nJ D", b"ABC"),
        (b"QUI", b"AB"),
        (b"QUJDR", b"ABC"),
        (b"!QU!JD!", b"ABC"),
        (b"", b""),
        (b"=", b""),
    ],
)
def test_base64_gives_what_it_holds(data: bytes, expected: bytes) -> None:
    assert decode_base64(data) == expected


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "7bit", "x-uuencode", "?"]))
def test_any_transfer_encoding_gives_bytes(data: bytes, encoding: str) -> None:
    assert isinstance(decode_transfer(data, encoding), bytes)
    assert decoded_size(data, encoding) >= 0
