"""Sets of UIDs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.uid_set import MAX_UID, count, expand, parse_uid_set, ranges_of, uid_sets

UIDS = st.lists(st.integers(1, MAX_UID) | st.integers(1, 300), max_size=200)


def test_neighbours_are_merged_and_repeats_dropped() -> None:
    assert list(uid_sets([5, 3, 1, 2, 3, 9, MAX_UID])) == [f"1:3,5,9,{MAX_UID}"]
    assert list(uid_sets([])) == []


@given(UIDS, st.integers(25, 200))
def test_sets_hold_every_uid_once_and_keep_to_their_length(uids: list[int], limit: int) -> None:
    pieces = list(uid_sets(uids, limit))
    assert all(len(piece) <= limit for piece in pieces)
    told = [uid for piece in pieces for uid in expand(parse_uid_set(piece), 1000)]
    assert told == sorted(set(uids))


@given(UIDS)
def test_ranges_are_apart(uids: list[int]) -> None:
    ranges = ranges_of(uids)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))
    assert count(ranges) == len(set(uids))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "1:0",
        "a",
        "1,",
        "1:*",
        "-1",
        str(1 << 63),
        "1:2:3",
        "1,,2",
        "1, 2",
        "²",
        "9" * 5000,
    ],
)
def test_impossible_sets_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_uid_set(text)


def test_a_range_may_be_written_backwards() -> None:
    assert parse_uid_set("5:3,1") == [(3, 5), (1, 1)]


def test_a_huge_range_is_not_expanded() -> None:
    ranges = parse_uid_set(f"1:{MAX_UID}")
    assert count(ranges) == MAX_UID
    with pytest.raises(ProtocolError):
        expand(ranges, 1000)
