"""What depends on the size of the journal: it must not be asked entry by entry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.mail import INBOX
from tuimail.model.operation import EntryState, Move
from tuimail.model.sync import NOWHERE, ServerId
from tuimail.store import store as store_module
from tuimail.store.database import Database


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    keys = world.hold([delivery(uid) for uid in range(1, 101)])
    for key in keys:
        world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    yield world
    world.store.close()


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that SQLite is asked."""
    questions: list[str] = []
    rows = Database.rows

    def counted(database: Database, sql: str, *values: Any) -> Any:
        questions.append(sql)
        return rows(database, sql, *values)

    monkeypatch.setattr(Database, "rows", counted)
    return questions


def test_due_entries_are_found_with_a_few_questions(world: World, asked: list[str]) -> None:
    assert len(world.store.due(world.now)) == 100
    assert len(asked) < 10


def test_unfinished_entries_are_found_with_a_few_questions(world: World, asked: list[str]) -> None:
    world.store.claim([entry.id for entry in world.store.due(world.now)], NOWHERE)
    asked.clear()
    assert len(world.store.unfinished()) == 100
    assert len(asked) < 10


def test_many_entries_are_settled_with_a_few_questions(world: World, asked: list[str]) -> None:
    claimed = world.store.claim([entry.id for entry in world.store.due(world.now)], NOWHERE)
    asked.clear()
    places = world.store.places(*claimed)
    world.store.settle_all(claimed, {key: ServerId(5, place.uid) for key, place in places.items()})
    assert len(asked) < 20
    assert world.store.pending() == []
    assert world.counts(ARCHIVE) == (100, 100)


def test_of_many_entries_each_is_settled_as_if_alone(world: World) -> None:
    claimed = world.store.claim([entry.id for entry in world.store.due(world.now)], NOWHERE)
    places = world.store.places(*claimed)
    gone, *there = places
    touched = world.store.settle_all(claimed, {key: ServerId(5, places[key].uid) for key in there})
    assert touched.mailboxes == {INBOX, ARCHIVE}
    history = {min(entry.operation.keys): entry for entry in world.store.history(100)}
    assert {entry.state for entry in history.values()} == {EntryState.SETTLED}
    assert history[gone].reason == "no longer on the server"
    assert {history[key].reason for key in there} == {""}
    assert sorted(world.shown(ARCHIVE)) == sorted(there)


def test_many_entries_settled_again_after_a_crash_between_the_files_change_nothing(
    world: World,
) -> None:
    claimed = world.store.claim([entry.id for entry in world.store.due(world.now)], NOWHERE)
    done = {key: ServerId(5, place.uid) for key, place in world.store.places(*claimed).items()}
    dies = mock.patch.object(store_module, "failpoint", side_effect=KeyboardInterrupt)
    with dies, pytest.raises(KeyboardInterrupt):
        world.store.settle_all(claimed, done)
    world.reopen()
    for _ in range(2):
        world.store.settle_all(claimed, done)
        assert world.store.pending() == []
        assert world.counts(ARCHIVE) == (100, 100)
        assert world.shown() == []
