"""How long an entry waits, and in which pieces it goes when the line breaks at it."""

from datetime import UTC, datetime, timedelta

import pytest

from tuimail.engine.postponing import (
    goes_by_pieces,
    pause_after,
    pause_after_break,
    pieces_of,
)
from tuimail.model.mail import INBOX, AccountName, MailboxName, MessageKey
from tuimail.model.operation import Copy, Entry, EntryState, Move

ARCHIVE = MailboxName("Archive")
NOON = datetime(2024, 5, 17, 12, tzinfo=UTC)


def move(count: int) -> Move:
    return Move(INBOX, frozenset(map(MessageKey, range(count))), ARCHIVE)


def entry(count: int, tries: int) -> Entry:
    state = EntryState.CLAIMED
    return Entry(1, AccountName("work"), 1, move(count), state, NOON, tries=tries)


def test_pauses_grow_and_end_at_a_quarter_of_an_hour() -> None:
    pauses = [pause_after(tries).total_seconds() for tries in range(1, 8)]
    assert pauses == [5, 20, 60, 300, 900, 900, 900]


def test_a_line_that_broke_once_is_no_reason_to_wait() -> None:
    assert [pause_after_break(tries) for tries in (1, 2, 3)] == [
        timedelta(0),
        timedelta(seconds=5),
        timedelta(seconds=20),
    ]


@pytest.mark.parametrize(
    ("count", "tries", "by_pieces"),
    [(2, 1, False), (2, 2, True), (1, 2, False), (1, 3, False), (9, 3, True)],
)
def test_the_third_try_goes_by_pieces(count: int, tries: int, by_pieces: bool) -> None:
    assert goes_by_pieces(entry(count, tries)) is by_pieces


@pytest.mark.parametrize(
    ("count", "pieces", "largest"), [(1, 1, 1), (2, 2, 1), (16, 16, 1), (40, 20, 2), (320, 16, 20)]
)
def test_pieces_are_a_sixteenth_and_name_every_message_once(
    count: int, pieces: int, largest: int
) -> None:
    found = list(pieces_of(move(count), {}))
    assert (len(found), max(map(len, found))) == (pieces, largest)
    assert sorted(key for piece in found for key in piece) == list(range(count))


def test_those_that_look_the_same_go_together() -> None:
    looks = {MessageKey(number): "twin" if number in (0, 5) else number for number in range(8)}
    found = list(pieces_of(move(8), looks))
    assert frozenset({0, 5}) in found
    assert len(found) == 7


def test_copies_go_by_the_looks_of_what_they_are_copies_of() -> None:
    sources = tuple(map(MessageKey, (1, 2, 3)))
    copies = tuple(map(MessageKey, (7, 8, 9)))
    looks = {MessageKey(1): "twin", MessageKey(2): "other", MessageKey(3): "twin"}
    found = list(pieces_of(Copy(INBOX, sources, copies, ARCHIVE), looks))
    assert found == [{7, 9}, {8}]
