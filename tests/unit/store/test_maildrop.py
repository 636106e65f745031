"""What the journal knows of a POP3 server: what is safe here, what stays, what could not be had."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tuimail.model.mail import AccountName
from tuimail.model.uid import uid_of
from tuimail.store.maildrop import REMEMBERED, Drop, MaildropRecord, copied, is_copied
from tuimail.store.maildrop_trouble import Trouble
from tuimail.store.store import AccountFolders, Store

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folders = AccountFolders(tmp_path / "data", tmp_path / "cache")
    with Store(AccountName("work"), folders, writer=True) as opened:
        yield opened


@pytest.fixture
def record(store: Store) -> MaildropRecord:
    return store.maildrop


def drop(uidl: str, days: int = 0) -> Drop:
    return Drop(uidl, uidl.encode(), f"P{uidl}.tuimail", 10, NOW + DAY * days)


def test_what_is_stored_is_told_as_it_was_oldest_first(record: MaildropRecord) -> None:
    full = Drop(
        "full",
        b"hash",
        "Pfull.tuimail",
        10,
        NOW,
        absent=NOW + DAY,
        deleted=NOW + 2 * DAY,
        kept=True,
        here=False,
        removed=NOW + 3 * DAY,
        core=b"core",
        head=b"head",
        unsteady=3,
        seen_at=timedelta(days=5, microseconds=1),
    )
    record.store([drop("late", 1), full, drop("early", -1)], [])
    assert record.drops() == [drop("early", -1), full, drop("late", 1)]


def test_what_is_not_listed_is_absent_and_long_after_forgotten(record: MaildropRecord) -> None:
    record.store([drop("a"), drop("b"), drop("c")], [])
    record.deleted(["c"], NOW - DAY)
    record.listed(["a"], NOW)
    assert [(each.uidl, each.absent) for each in record.drops()] == [
        ("a", None),
        ("b", NOW),
        ("c", NOW - DAY),
    ]
    assert [each.on_server for each in record.drops()] == [True, False, False]
    record.listed(["a"], NOW + REMEMBERED)
    assert [each.uidl for each in record.drops()] == ["a", "b"]
    record.listed(["a"], NOW + REMEMBERED + DAY)
    assert [each.uidl for each in record.drops()] == ["a"]
    assert record.drops()[0].absent is None


def test_a_new_name_takes_the_place_of_the_old_one(record: MaildropRecord) -> None:
    record.store([drop("a"), drop("b")], [])
    record.store([drop("c")], ["a"])
    assert [each.uidl for each in record.drops()] == ["b", "c"]


def test_messages_are_found_by_their_uid_as_long_as_they_are_there(store: Store) -> None:
    record = store.maildrop
    record.store([drop("a", 2), drop("b", 1), drop("c"), drop("d")], [])
    record.deleted(["c"], NOW)
    wanted = [uid_of(drop(uidl).name) for uidl in "abc"]
    assert [each.uidl for each in record.of_messages([*wanted, 7])] == ["b", "a"]
    store._journal.run("UPDATE maildrop SET uid = NULL")
    assert [each.uidl for each in record.of_messages(wanted)] == ["b", "a"]
    assert store._journal.value("SELECT count(*) FROM maildrop WHERE uid IS NULL") == 0
    record.listed(["b"], NOW)
    assert [each.uidl for each in record.of_messages(wanted)] == ["b"]


def test_no_more_is_read_than_is_asked_for(store: Store) -> None:
    plan = store._journal.rows(
        "EXPLAIN QUERY PLAN SELECT * FROM main.maildrop WHERE absent IS NULL"
        " AND uid IN (SELECT value FROM json_each('[1]'))"
    )
    assert any("maildrop_uid" in row[3] for row in plan)


def test_what_the_user_said_is_told_and_nothing_else(record: MaildropRecord) -> None:
    record.store([drop("a"), drop("b"), drop("c"), drop("d")], [])
    record.keep(["a", "d"], kept=True)
    record.keep(["d"], kept=False)
    record.removed(["b"], NOW)
    assert record.said() == {"a": (True, None), "b": (False, NOW)}
    record.removed(["b"], None)
    assert record.said() == {"a": (True, None)}


def test_beginning_anew_forgets_all_but_what_is_to_stay(store: Store) -> None:
    store.maildrop.store([drop("a"), drop("b")], [])
    store.maildrop.keep(["a"], kept=True)
    store.maildrop_trouble.note([trouble("x")])
    anew = [copied(1, b"a", "Pa.tuimail", 10, NOW), copied(2, b"b", "Pb.tuimail", 10, NOW)]
    store.maildrop.begin_anew(anew)
    found = store.maildrop.drops()
    assert [(each.uidl, each.kept) for each in found] == [("copied 1", True), ("copied 2", False)]
    assert all(map(is_copied, found))
    assert not is_copied(drop("a"))
    assert store.maildrop_trouble.troubles() == []


def trouble(name: str, days: int = 0) -> Trouble:
    since = NOW + DAY * days
    return Trouble(name, 2, since, since + DAY, 3, broke=True, reason="lost", next_try=NOW)


def test_what_could_not_be_had_is_told_until_it_is_over(store: Store) -> None:
    record = store.maildrop_trouble
    record.note([trouble("b", 1), trouble("a", 2), trouble("c")])
    assert record.troubles() == [trouble("c"), trouble("b", 1), trouble("a", 2)]
    record.note([trouble("a", -1)])
    record.over(["b", "nothing"])
    assert record.troubles() == [trouble("a", -1), trouble("c")]
    assert [each.given_up for each in record.troubles()] == [True, True]


def test_what_visits_remember_is_kept_by_name(store: Store) -> None:
    store.maildrop_trouble.remember({"breaks": 1, "peak": 5})
    store.maildrop_trouble.remember({"breaks": 2})
    assert store.maildrop_trouble.memory() == {"breaks": 2, "peak": 5}
