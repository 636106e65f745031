"""A full disk is named as one, whatever SQLite was doing when it noticed."""

import os
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from tests.unit.store.worlds import World, delivery
from tuimail.model.mail import INBOX
from tuimail.store import database
from tuimail.store.store import StoreError

FULL = SimpleNamespace(f_bavail=2, f_frsize=4096, f_files=100, f_favail=50)
NO_INODES = SimpleNamespace(f_bavail=1 << 20, f_frsize=4096, f_files=100, f_favail=0)
ROOMY = SimpleNamespace(f_bavail=1 << 20, f_frsize=4096, f_files=0, f_favail=0)
FAULTS = [apsw.IOError("disk I/O error"), apsw.CantOpenError("unable to open database file")]


@pytest.mark.parametrize("fault", [*FAULTS, apsw.FullError("full")])
@pytest.mark.parametrize("disk", [FULL, NO_INODES])
def test_it_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: apsw.Error, disk: object
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    told = str(database._sentence(tmp_path / "bodies.db", fault))
    assert told == f"the disk is full: {tmp_path / 'bodies.db'} could not be written"


@pytest.mark.parametrize("fault", FAULTS)
def test_other_faults_are_not_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: apsw.Error
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: ROOMY)
    assert "full" not in str(database._sentence(tmp_path / "bodies.db", fault))
    assert "full" not in str(database._sentence(tmp_path / "gone" / "bodies.db", fault))


def test_a_log_index_that_cannot_grow_is_told_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a small file system: SQLite says "disk I/O error" there."""
    keys = world.hold([delivery(uid) for uid in range(1, 4)])
    index = world.store._cache.index  # type: ignore[union-attr]

    def failing(*_: object) -> None:
        raise apsw.IOError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda _: FULL)
        patch.setattr(index, "_execute", failing)
        with pytest.raises(StoreError, match=r"the disk is full: .*index"):
            world.hold([delivery(9)])
    assert set(world.shown(INBOX)) == set(keys)
