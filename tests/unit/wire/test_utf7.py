"""Mailbox names in modified UTF-7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.wire.utf7 import decode_utf7, encode_utf7

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("INBOX", b"INBOX"),
        ("A&B", b"A&-B"),
        ("Entwürfe", b"Entw&APw-rfe"),
        ("台北/日本語", b"&U,BTFw-/&ZeVnLIqe-"),
        ("🏮", b"&2Dzf7g-"),
        ("a\r\nb\x00", b"a&AA0ACg-b&AAA-"),
        ("", b""),
    ],
)
def test_names_are_spelt_as_rfc_3501_says(name: str, raw: bytes) -> None:
    assert encode_utf7(name) == raw
    assert decode_utf7(raw) == name


@given(NAMES)
def test_every_name_comes_back(name: str) -> None:
    raw = encode_utf7(name)
    assert decode_utf7(raw) == name
    assert all(0x20 <= byte <= 0x7E for byte in raw)


@pytest.mark.parametrize(
    "raw",
    [b"&", b"a&b", b"&AGE-", b"&!!-", b"&2Dw-", b"&AGE", b"&APw", b"&APx-", b"Entw&APw-&APw-"],
)
def test_a_malformed_name_is_read_as_it_stands_and_is_nobody_elses(raw: bytes) -> None:
    name = decode_utf7(raw)
    assert name == raw.decode().replace("&", "\ufffd")
    assert encode_utf7(name) != raw


def test_names_without_any_encoding_are_read() -> None:
    assert decode_utf7("Größe".encode()) == "Größe"
    assert decode_utf7(b"Gr\xf6\xdfe") == "Größe"


@given(st.binary(max_size=40))
def test_whatever_comes_is_some_text_that_a_database_takes(raw: bytes) -> None:
    decode_utf7(raw).encode()
