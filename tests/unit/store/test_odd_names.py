"""A store lives in a folder of any name that a file system allows."""

import os
from pathlib import Path

import pytest

from tests.unit.store.test_restoring import begun, lose, restored
from tests.unit.store.worlds import World
from tuimail.model.mail import INBOX
from tuimail.store.updating import is_older, update


@pytest.mark.parametrize(
    "name",
    [
        b"\xff\xfe bad",
        b"M\xfcller",
        b"50% #1?mode=memory&cache=shared",
        b"two\nlines 'and' \"quotes\"",
        "Größe 日本".encode(),
        b":memory:",
    ],
)
def test_it_is_read_written_copied_and_restored_there(tmp_path: Path, name: bytes) -> None:
    world = World(tmp_path / os.fsdecode(name))
    begun(world)
    assert world.counts(INBOX)[0] == 3
    lose(world)
    assert restored(world).copy is not None
    world.store.close()
    assert not is_older(world.folders)
    update(world.folders)
    assert [path.name for path in tmp_path.iterdir()] == [os.fsdecode(name)]
