"""Values of a response: atoms, strings, lists."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_tokens import MAX_DEPTH, Value, parse_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"", []),
        (b"  ", []),
        (b"a B 3", ["a", "B", "3"]),
        (b'NIL "NIL" ""', [None, b"NIL", b""]),
        (rb'"a \"b\" \\ c"', [rb'a "b" \ c']),
        (rb"(\Seen $Junk) ()", [["\\Seen", "$Junk"], []]),
        (b"((a) (b (c)))", [[["a"], ["b", ["c"]]]]),
        (b'(a "(" b)', [["a", b"(", "b"]]),
        (b"[Gmail]/Trash a}", ["[Gmail]/Trash", "a}"]),
        (
            b'BODY[HEADER.FIELDS (FROM "X-(Y")]<0> "x"',
            ['BODY[HEADER.FIELDS (FROM "X-(Y")]<0>', b"x"],
        ),
        (b"ALL 1:3,5", ["ALL", "1:3,5"]),
        ("Größe".encode(), ["Größe"]),
    ],
)
def test_values_are_read(text: bytes, values: list[Value]) -> None:
    assert parse_values(text) == values


def test_literals_stand_where_they_were_announced() -> None:
    frame = (b"* LIST () {3}", b"a)b", b" (c ~{2}", b"\x00(", b" d)")
    assert parse_values(frame, 7) == [[], b"a)b", ["c", b"\x00(", "d"]]


@pytest.mark.parametrize(
    "text", [b"(", b")", b"(a", b'"a', b'"a\\', b"a {3} b", b"\x01", b"a\x00", b"(a))", b'a"b']
)
def test_what_makes_no_sense_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_values(text)


def test_nesting_has_a_bound() -> None:
    parse_values(b"(" * MAX_DEPTH + b")" * MAX_DEPTH)
    with pytest.raises(ProtocolError):
        parse_values(b"(" * 100_000)


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(text: bytes) -> None:
    with suppress(ProtocolError):
        parse_values(text)
