"""Bytes into frames: any cut of the stream, every bound."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_frames import MAX_LINE, MAX_LIST, Frame, Framer

ROW = b"* 1 FETCH (UID 7 RFC822.SIZE 11 BODY[] {11}\r\n{3}\r\nA1 OK\r)\r\n"
MESSAGE = b'* 1 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE "x" RFC822.SIZE 3 BODY[] {%d}\r\n'
STREAM = (
    b"* OK hello {5}\r\n"
    b'* LIST () "/" {6}\r\na\r\nb\r\n\r\n'
    b"* 2 EXISTS\r\n" + ROW + MESSAGE % 3 + b"abc)\r\n" + MESSAGE % 0 + b" X 1)\r\n"
    b"* 1 FETCH (X ~{0}\r\n Y {2}\r\nab)\r\nA1 NO not {1}\r\n+ go {2}\r\n"
)
FRAMES: list[Frame] = [
    b"* OK hello {5}",
    (b'* LIST () "/" {6}', b"a\r\nb\r\n", b""),
    b"* 2 EXISTS",
    (b"* 1 FETCH (UID 7 RFC822.SIZE 11 BODY[] {11}", b"{3}\r\nA1 OK\r", b")"),
    ((MESSAGE % 3)[:-2], b"abc", b")"),
    ((MESSAGE % 0)[:-2], b"", b" X 1)"),
    (b"* 1 FETCH (X ~{0}", b"", b" Y {2}", b"ab", b")"),
    b"A1 NO not {1}",
    b"+ go {2}",
]


def frames_of(*pieces: bytes, limit: int = 50 << 20) -> list[Frame]:
    framer = Framer(limit)
    return [frame for piece in pieces for frame in framer.feed(piece)]


def test_lines_and_literals_are_told_apart() -> None:
    assert frames_of(STREAM) == FRAMES


def test_single_bytes_make_the_same_frames() -> None:
    assert frames_of(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == FRAMES


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_cut_makes_the_same_frames(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert frames_of(*pieces) == FRAMES


def test_a_frame_that_is_not_complete_is_held() -> None:
    framer = Framer()
    assert framer.empty
    for piece in (b"* OK hal", b"f\r", b"\n* 1 FETCH (BODY[] {4}\r\n", b"abcd"):
        list(framer.feed(piece))
        assert framer.empty == (piece == b"\n")
    assert list(framer.feed(b")\r\n")) == [(b"* 1 FETCH (BODY[] {4}", b"abcd", b")")]
    assert framer.empty


@pytest.mark.parametrize(
    "line",
    [
        b"* 1 FETCH (BODY[] {-1}",
        b"* 1 FETCH (BODY[] {4294967296}",
        b"* 1 FETCH (BODY[] {99999999999}",
        b"* 1 FETCH (BODY[] {2+}",
        b"* 1 FETCH (BODY[] {}",
        b"* 1 FETCH (BODY[] {" + b"9" * 5000 + b"}",
        b'* LIST () "/" {2000000}',
        b"* 1 FETCH (BODY[] {4294967285}",
        b"* 1 FETCH (RFC822.SIZE 10 BODY[] {60000000}",
        b"*  1  fetch  (RFC822.SIZE 10 BODY[] {60000000}",
        b"* SEARCH {3} {60000000}",
    ],
)
def test_a_literal_of_an_impossible_size_ends_the_stream(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        frames_of(line + b"\r\n")


BARE = b"* OK a\nb\r\n\r\n\n* 1 EXISTS\n" + ROW + b"* 2 EXISTS\n* 3 EXISTS\r\n"
BARE_FRAMES = [
    *(b"* OK a", b"b", b"", b"", b"* 1 EXISTS"),
    (b"* 1 FETCH (UID 7 RFC822.SIZE 11 BODY[] {11}", b"{3}\r\nA1 OK\r", b")"),
    *(b"* 2 EXISTS", b"* 3 EXISTS"),
]


@given(st.lists(st.integers(0, len(BARE)), max_size=8))
def test_a_line_may_end_in_lf_alone(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(BARE)]
    framer, told = Framer(), []
    for start, end in pairwise(edges):
        told += [(frame, framer.follows_bare_lf) for frame in framer.feed(BARE[start:end])]
    assert [frame for frame, _ in told] == BARE_FRAMES
    assert [follows for _, follows in told] == [False, True, False, False, True, False, False, True]


@pytest.mark.parametrize(
    "line", [b"BODY[] {3}\nabc)\r\n", b"BODY[] {3} \r\nabc)\r\n", b"BODY[] {3}\r\r\nabc)\r\n"]
)
def test_where_a_literal_begins_is_never_in_doubt(line: bytes) -> None:
    for data in (b"* 1 FETCH (" + line, b"* OK\r\n* 1 FETCH (" + line):
        with pytest.raises(ProtocolError):
            frames_of(data)
        with pytest.raises(ProtocolError):
            frames_of(*(data[at : at + 1] for at in range(len(data))))


@pytest.mark.parametrize("word", [b"SEARCH", b"ESEARCH", b"Vanished"])
def test_a_list_of_uids_may_be_as_long_as_there_are_messages(word: bytes) -> None:
    line = b"*  " + word + b" " + b"1234567890," * 200_000
    for expected, allowed in ((0, False), (200_000, True), (10**30, True)):
        framer = Framer()
        framer.expect(expected)
        try:
            frames = list(framer.feed(line + b"\r\n* OK\r\n"))
        except ProtocolError:
            frames = []
        assert frames == ([line, b"* OK"] if allowed else [])
    framer = Framer()
    framer.expect(10**30)
    with pytest.raises(ProtocolError):
        list(framer.feed(b"* SEARCH " + b"1" * MAX_LIST))
    with pytest.raises(ProtocolError):
        list(framer.feed(b"* OK " + b"1" * MAX_LINE))


@pytest.mark.parametrize("segment", [1000, 1 << 16, 1 << 22])
def test_a_line_without_end_ends_the_stream_at_its_bound(segment: int) -> None:
    segments = [b"a" * segment] * ((MAX_LINE * 2) // segment + 2)
    with pytest.raises(ProtocolError):
        frames_of(*segments)


def test_a_line_at_the_bound_is_read() -> None:
    line = b"* OK " + b"a" * (MAX_LINE - 5)
    assert frames_of(line, b"\r\n") == [line]
    assert frames_of(line + b"\r\n" + line + b"\r\n") == [line, line]
    with pytest.raises(ProtocolError):
        frames_of(line + b"a\r\n" + line + b"\r\n")


def test_literals_in_one_response_are_counted_and_summed() -> None:
    with pytest.raises(ProtocolError):
        frames_of(b"* LIST " + b"{1}\r\nx " * 300 + b"\r\n")
    with pytest.raises(ProtocolError):
        frames_of(b"* LIST {600000}\r\n" + b"x" * 600_000 + b" {600000}\r\n")


def test_an_announced_message_above_the_limit_is_read_past() -> None:
    size = 2 * MAX_LINE
    row = b"* 1 FETCH (UID 1 RFC822.SIZE %d BODY[] {%d}\r\n" % (size, size)
    frames = frames_of(row, *[b"x" * 65536] * (size // 65536), b")\r\n* OK\r\n", limit=MAX_LINE)
    assert frames == [(row[:-2], b"", b")"), b"* OK"]


@pytest.mark.parametrize("segment", [1, 1000, 1 << 20])
def test_a_whole_message_far_larger_than_announced_ends_the_stream(segment: int) -> None:
    larger = MESSAGE % 100_000 + b"x" * 100_000 + b")\r\n"
    pieces = (larger[at : at + segment] for at in range(0, len(larger), segment))
    with pytest.raises(ProtocolError, match="larger than announced"):
        frames_of(*pieces, limit=90_000)


@pytest.mark.parametrize("announced", [b"0", b"1", b"50000", b"99971", b"200000", b"1099511627776"])
def test_an_announced_size_is_a_hint(announced: bytes) -> None:
    row = b"* 1 FETCH (UID 1 RFC822.SIZE " + announced + b" BODY[] {100000}\r\n"
    frames = frames_of(row, b"x" * 100_000 + b")\r\n")
    assert frames == [(row[:-2], b"x" * 100_000, b")")]


def test_a_large_literal_in_pieces_is_whole() -> None:
    content = bytes(range(256)) * 8000
    row = b"* 1 FETCH (BODY[] {%d}\r\n" % len(content)
    pieces = [content[i : i + 9999] for i in range(0, len(content), 9999)]
    assert frames_of(row, *pieces, b")\r\n") == [(row[:-2], content, b")")]


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_comes_is_framed_or_refused(pieces: list[bytes]) -> None:
    try:
        for frame in frames_of(*pieces):
            assert isinstance(frame, bytes) or len(frame) % 2 == 1
    except ProtocolError:
        pass
