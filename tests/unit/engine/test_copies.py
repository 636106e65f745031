"""Messages are paired by content, one to one: true twins count."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from tuimail.engine.copies import Held, match
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag

NOON = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)
NOTHING: frozenset[Flag] = frozenset()


def held(
    uid: int, content: bytes = b"a", *, minutes: int = 0, flags: frozenset[Flag] = NOTHING
) -> Held:
    return Held(INBOX, uid, content, 1, "", NOON + timedelta(minutes=minutes), flags)


@some.composite
def mailboxes(draw: some.DrawFn) -> list[Held]:
    contents = draw(some.lists(some.sampled_from([b"a", b"b", b"c"]), max_size=8))
    flags = some.frozensets(some.sampled_from([SEEN, FLAGGED]))
    return [
        held(uid, content, minutes=draw(some.integers(0, 2)), flags=draw(flags))
        for uid, content in enumerate(contents, 1)
    ]


def contents(messages: list[Held]) -> Counter[bytes]:
    return Counter(each.sha256 for each in messages)


@given(mailboxes(), mailboxes())
def test_what_is_missing_is_the_difference_of_the_multisets(
    source: list[Held], target: list[Held]
) -> None:
    found = match(source, target)
    assert contents(found.missing) == contents(source) - contents(target)
    assert contents(found.surplus) == contents(target) - contents(source)
    assert all(mine.sha256 == theirs.sha256 for mine, theirs in found.pairs)
    assert Counter([mine for mine, _ in found.pairs] + found.missing) == Counter(source)
    assert Counter([theirs for _, theirs in found.pairs] + found.surplus) == Counter(target)


def test_of_twins_the_one_that_is_missing_is_the_one_of_the_other_time() -> None:
    found = match([held(1, minutes=5), held(2)], [held(9)])
    assert [each.uid for each in found.missing] == [1]


def test_of_twins_the_ones_with_equal_flags_are_paired() -> None:
    read = frozenset({SEEN})
    found = match([held(1), held(2, flags=read)], [held(8, flags=read), held(9)])
    assert {(mine.uid, theirs.uid) for mine, theirs in found.pairs} == {(1, 9), (2, 8)}


def test_a_server_that_keeps_whole_seconds_only_has_the_same_time() -> None:
    precise = Held(INBOX, 1, b"a", 1, "", NOON + timedelta(milliseconds=750), NOTHING)
    found = match([held(2, minutes=1), precise], [held(9)])
    assert [each.uid for each in found.missing] == [2]
