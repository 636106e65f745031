"""What a journal knows of the messages that a POP3 session lists, and whose entry is whose."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tuimail.engine.same_letter import Print
from tuimail.engine.stock import (
    UNSTEADY,
    Sight,
    Stock,
    Uidls,
    recognised,
    take_stock,
    usable,
)
from tuimail.store.maildrop import Drop
from tuimail.wire.pop3_commands import Listed

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SIGHT = Sight(NOW, timedelta(days=5))
FIRST, SECOND = Print(b"whole 1", b"core 1", b"head 1"), Print(b"whole 2", b"core 2", b"head 2")
NOTED = replace(FIRST, whole=b"whole 1 with notes")


def drop(uidl: str, print_: Print = FIRST, size: int = 10) -> Drop:
    made = Drop(uidl, print_.whole, f"P{uidl}", size, NOW)
    return replace(made, core=print_.core, head=print_.head)


A, B = drop("a"), drop("b", SECOND)


def stock(*drops: Drop, listed: tuple[Listed, ...] = (), uidls: Uidls = Uidls.USABLE) -> Stock:
    return take_stock(listed, uidls, drops)


def core_of(known: Drop) -> bytes:
    return known.core


def numbers(listed: list[Listed]) -> list[int]:
    return [each.number for each in listed]


@pytest.mark.parametrize(
    ("uidls", "kept", "kind"),
    [
        (["a", "b"], ["a", "b"], Uidls.USABLE),
        ([], [], Uidls.USABLE),
        ([None, None], [None, None], Uidls.NONE),
        (["a", None], ["a", None], Uidls.LACKING),
        (["a", "a", "b"], [None, None, "b"], Uidls.SHARED),
        (["a", "a", None], [None, None, None], Uidls.SHARED),
    ],
)
def test_only_a_uidl_of_ones_own_can_be_used(
    uidls: list[str | None], kept: list[str | None], kind: Uidls
) -> None:
    listed = [Listed(number, 10, uidl) for number, uidl in enumerate(uidls, 1)]
    found, told = usable(listed)
    assert [each.uidl for each in found] == kept
    assert [(each.number, each.size) for each in found] == [(n, 10) for n, _ in enumerate(kept, 1)]
    assert told is kind
    assert Stock(found, told, {}).trusted is (kind is Uidls.USABLE)


@pytest.mark.parametrize(
    ("known", "size", "state"),
    [
        (A, 10, "safe"),
        (A, 11, "wanted"),
        (replace(A, unsteady=UNSTEADY - 1), 11, "wanted"),
        (replace(A, unsteady=UNSTEADY), 11, "doubtful"),
        (replace(A, unsteady=UNSTEADY), 10, "safe"),
        (replace(A, absent=NOW), 10, "wanted"),
        (replace(A, deleted=NOW), 10, "wanted"),
        (replace(A, here=False), 10, "wanted"),
        (B, 10, "wanted"),
    ],
)
def test_what_is_safe_here_is_not_fetched(known: Drop, size: int, state: str) -> None:
    found = stock(known, listed=(Listed(1, size, "a"),))
    assert numbers(found.wanted) == ([1] if state == "wanted" else [])
    assert found.safe == ({} if state == "wanted" else {1: known})
    assert found.doubtful == ({1} if state == "doubtful" else set())
    assert found.claimed == (set() if state == "wanted" else {"a"})
    assert not found.unstable
    assert not found.reused


def test_without_a_uidl_all_is_fetched() -> None:
    found = stock(A, listed=(Listed(1, 10),), uidls=Uidls.NONE)
    assert numbers(found.wanted) == [1]
    assert found.own(Listed(1, 10)) is None
    assert found.own(Listed(1, 10, "a")) == A


def claimed(
    found: Stock, uidl: str | None, print_: Print, core: Callable[[Drop], bytes] = core_of
) -> str | None:
    got = found.claim(Listed(1, 10, uidl), print_, core)
    return None if got is None else got.uidl


@pytest.mark.parametrize(
    ("uidl", "print_", "whose", "unstable", "reused"),
    [
        ("a", FIRST, "a", False, False),
        ("a", NOTED, "a", False, False),
        ("a", SECOND, "b", True, False),
        ("new", FIRST, "a", True, False),
        ("new", NOTED, "a", True, False),
        ("new", Print(b"3", b"3", b"3"), None, False, False),
        ("a", Print(b"3", b"3", b"3"), None, True, True),
        (None, FIRST, "a", False, False),
        (None, NOTED, "a", False, False),
        (None, Print(b"3", b"3", b"3"), None, False, False),
    ],
)
def test_a_message_is_who_its_content_says(
    uidl: str | None, print_: Print, whose: str | None, unstable: bool, reused: bool
) -> None:
    found = stock(A, B)
    assert claimed(found, uidl, print_) == whose
    assert found.claimed == ({whose} if whose else set())
    assert (found.unstable, found.reused) == (unstable, reused)


def test_its_own_entry_comes_before_a_twins() -> None:
    found = stock(A, drop("twin"), drop("last"))
    assert claimed(found, "twin", FIRST) == "twin"
    assert claimed(found, "last", NOTED) == "last"
    assert claimed(found, None, FIRST) == "a"
    assert claimed(found, None, FIRST) is None
    assert not found.unstable


def test_the_same_bytes_count_more_than_what_has_other_notes() -> None:
    found = stock(drop("noted", NOTED), A)
    assert claimed(found, "noted", FIRST) == "a"
    assert claimed(found, "a", FIRST) == "noted"


@pytest.mark.parametrize(
    "gone",
    [replace(A, absent=NOW), replace(A, deleted=NOW), replace(A, here=False)],
    ids=["absent", "deleted", "placeholder"],
)
def test_what_is_not_there_any_more_is_nobody_elses(gone: Drop) -> None:
    found = stock(gone)
    assert claimed(found, "new", FIRST) is None
    assert claimed(found, "a", SECOND) is None
    assert not found.reused


def test_what_came_back_under_its_uidl_is_known_if_it_was_here() -> None:
    assert claimed(stock(replace(A, absent=NOW)), "a", FIRST) == "a"
    assert claimed(stock(replace(A, here=False)), "a", FIRST) is None


def test_an_entry_without_a_core_is_compared_with_its_file() -> None:
    old = replace(A, core=b"")
    assert claimed(stock(old), "a", NOTED, lambda _: FIRST.core) == "a"
    assert claimed(stock(old), "a", NOTED, lambda _: b"") is None
    assert claimed(stock(old), "new", NOTED, lambda _: FIRST.core) is None


def test_what_no_uidl_leads_to_is_astray() -> None:
    gone = drop("gone")
    found = stock(A, B, replace(gone, uidl="c"), listed=(Listed(1, 10, "a"), Listed(2, 10, "x")))
    assert {each.uidl for each in found.astray()} == {"b", "c"}
    assert found.perhaps_there() == {"b", "c"}
    found.safe[2] = B
    assert found.perhaps_there() == set()
    found.left[2] = replace(B, size=10)
    assert found.perhaps_there() == {"b", "c"}
    found.left[2] = replace(B, size=11)
    assert found.perhaps_there() == set()
    found.claimed.add("b")
    assert {each.uidl for each in found.astray()} == {"c"}


def test_a_new_message_begins_now_and_has_no_name_yet() -> None:
    found = stock(A)
    made, known = recognised(Listed(3, 12, "new"), SECOND, found, SIGHT, core_of)
    assert known is None
    assert (made.uidl, made.size) == ("new", 12)
    # So that those that come at the same moment keep the order of the server.
    assert made.first_seen == NOW + timedelta(microseconds=3)
    assert (made.sha256, made.core, made.head) == (SECOND.whole, SECOND.core, SECOND.head)
    assert made.seen_at == timedelta(days=5)
    assert made.here
    assert made.on_server


@pytest.mark.parametrize(
    ("listed", "print_", "unsteady"),
    [
        (Listed(1, 10, "a"), FIRST, 0),
        (Listed(1, 11, "a"), FIRST, 1),
        (Listed(1, 10, "a"), NOTED, 1),
        (Listed(1, 11, "a"), NOTED, 1),
    ],
)
def test_what_is_known_again_keeps_its_days(listed: Listed, print_: Print, unsteady: int) -> None:
    before = replace(A, first_seen=NOW - timedelta(days=9), kept=True, absent=NOW, deleted=NOW)
    made, known = recognised(listed, print_, stock(before), SIGHT, core_of)
    assert known == before
    assert made == replace(
        before,
        sha256=print_.whole,
        size=listed.size,
        unsteady=unsteady,
        absent=None,
        deleted=None,
    )


def test_what_is_known_again_gets_the_name_that_the_server_gives_it() -> None:
    made, known = recognised(Listed(1, 10, "new"), FIRST, stock(A), SIGHT, core_of)
    assert known == A
    assert made.uidl == "new"
    unnamed, _ = recognised(Listed(1, 10), FIRST, stock(A), SIGHT, core_of)
    assert unnamed.uidl == "a"


def test_without_a_uidl_a_message_gets_a_name_that_no_other_has() -> None:
    found = stock(A)
    names = set()
    for content in (b"x", b"y", b"x"):
        made, known = recognised(
            Listed(1, 10), Print(content, content, content), found, SIGHT, core_of
        )
        assert known is None
        found.by_uidl[made.uidl] = made
        names.add(made.uidl)
    assert names == {"=78 0", "=79 0", "=78 1"}
