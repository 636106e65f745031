"""Encoded words and parameters: whatever they are, text comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mime import bounds
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
