"""The time grows no faster than the input, however the server words it."""

from collections.abc import Callable

import pytest

from tests.cost import assert_linear, within
from tuimail.wire.imap import ResponseReader
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.utf7 import decode_utf7

FLAG_ROWS = b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (n, n) for n in range(1, 8000))


def feed(data: bytes, segment: int = 1 << 16) -> None:
    reader = ResponseReader()
    try:
        for start in range(0, len(data), segment):
            for _ in reader.feed(data[start : start + segment]):
                pass
    except ProtocolError:
        pass


CASES: dict[str, Callable[[int], None]] = {
    "rows of flags": lambda n: feed(FLAG_ROWS * n),
    "plain lines before one literal": lambda n: feed(
        (b"* 1 EXISTS\r\n" * 4000 * n) + b"* LIST () NIL {1}\r\nx\r\n", 1 << 24
    ),
    "small literals": lambda n: feed(
        b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n" * 6000 * n, 1 << 24
    ),
    "one line in single bytes": lambda n: feed(b"a" * 90_000 * n, 1),
    "one literal in small segments": lambda n: feed(
        b"* 1 FETCH (BODY[] {%d}\r\n" % (4_000_000 * n) + b"x" * 4_000_000 * n, 512
    ),
    "opening braces": lambda n: feed(b"* LIST " + b"{" * 200_000 * n + b"}\r\n" * 2),
    "opening lists": lambda n: feed(b"* LIST " + b"(" * 200_000 * n + b"\r\n"),
    "an open string": lambda n: feed(b'* LIST () NIL "' + b"a\\" * 100_000 * n + b"\r\n"),
    "open sections": lambda n: feed(b"* 1 FETCH (" + b"BODY[" * 40_000 * n + b")\r\n"),
    "many words": lambda n: feed(b"* LIST (" + b"a " * 60_000 * n + b") NIL x\r\n"),
    "a long search": lambda n: feed(b"* SEARCH" + b" 12345" * 40_000 * n + b"\r\n"),
    "codes": lambda n: feed(b"* OK [" + b"A-" * 200_000 * n + b"\r\n"),
    "ampersands in a name": lambda n: feed_name(b"&" * 150_000 * n),
    "shifts in a name": lambda n: feed_name(b"&AOQ-" * 40_000 * n),
}


def feed_name(raw: bytes) -> None:
    decode_utf7(raw)


@pytest.mark.parametrize("case", CASES)
def test_the_time_grows_with_the_input_and_not_faster(case: str) -> None:
    assert_linear(CASES[case], int, 1)


def test_flags_of_100000_messages_are_read_in_a_second() -> None:
    rows = FLAG_ROWS * 13
    within(1.0, lambda: feed(rows))
