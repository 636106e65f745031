"""What depends on the size of the journal: it must not be asked entry by entry."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.mail import INBOX
from tuimail.model.operation import Move
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
    world.store.claim([entry.id for entry in world.store.due(world.now)], 1)
    asked.clear()
    assert len(world.store.unfinished()) == 100
    assert len(asked) < 10
