"""Twice the input takes about twice the time, however the server words it."""

import time
from collections.abc import Callable

import pytest

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


def shortest(run: Callable[[], None]) -> float:
    """The least CPU time of a few runs: other programs share this machine."""
    times = []
    for _ in range(4):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("case", CASES)
def test_the_time_grows_with_the_input_and_not_faster(case: str) -> None:
    run = CASES[case]
    little = much = float("inf")
    # What grows faster does so every time; what other programs do to the caches, they do not.
    for _ in range(12):
        little = min(little, shortest(lambda: run(1)))
        much = min(much, shortest(lambda: run(4)))
        if much < 4 * 2 * little + 0.02:
            return
    pytest.fail(f"{little:.3f} s, and {much:.3f} s for four times as much")


def test_flags_of_100000_messages_are_read_in_a_second() -> None:
    assert shortest(lambda: feed(FLAG_ROWS * 13)) < 1.0
