"""Lists of several accounts put together."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tuimail.engine.listing import _merged
from tuimail.store.shown import Ranked

lists = st.lists(st.integers(-50, 50), max_size=60).map(sorted)


@given(lists, lists)
def test_two_lists_are_merged_by_rank_and_lose_nothing(one: list[int], other: list[int]) -> None:
    first = Ranked(array("q", one), array("q", range(len(one))))
    second = Ranked(array("q", other), array("q", range(1000, 1000 + len(other))))
    whole = _merged(first, second)
    rank_of = dict(zip([*first.keys, *second.keys], [*one, *other], strict=True))
    assert [*whole.ranks] == sorted([*one, *other])
    assert [rank_of[key] for key in whole.keys] == [*whole.ranks]
    for own in (first, second):
        assert [key for key in whole.keys if key in {*own.keys}] == [*own.keys]
