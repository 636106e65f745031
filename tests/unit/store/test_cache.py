"""The cache may go at any time; the journal is never thrown away (security.md I8, L1)."""

import os
import random
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ACCOUNT, World, delivery
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MessageKey, Order
from tuimail.model.operation import StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import Changes
from tuimail.store.store import AccountFolders, CacheLost, Store, StoreError

SEEN_ONLY = frozenset({SEEN})


def test_a_reader_makes_no_cache_and_answers_as_if_empty(tmp_path: Path) -> None:
    folders = AccountFolders(tmp_path / "data", tmp_path / "cache")
    with Store(ACCOUNT, folders, writer=False) as reader:
        assert list(reader.keys(INBOX, None, Order.NEWEST)) == []
        assert reader.mailboxes() == []
        assert reader.body(MessageKey(1)) == NotHere(MessageKey(1))
        assert reader.raw(MessageKey(1)) is None
        with pytest.raises(StoreError):
            reader.deliver(INBOX, [])
    assert not (tmp_path / "cache").exists()


def test_a_reader_sees_the_cache_come_go_and_come_again(world: World) -> None:
    shutil.rmtree(world.folders.cache)
    reader = world.open(writer=False)
    assert reader.mailboxes() == []
    world.list_mailboxes()
    world.hold([delivery(1)])
    assert len(reader.keys(INBOX, None, Order.NEWEST)) == 1
    shutil.rmtree(world.folders.cache)
    assert list(reader.keys(INBOX, None, Order.NEWEST)) == []
    world.list_mailboxes()
    world.hold([delivery(1), delivery(2)])
    assert len(reader.keys(INBOX, None, Order.NEWEST)) == 2
    reader.close()


def test_a_reader_needs_no_engine(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    world.store.keep_raw([(key, b"letter")])
    world.store.close()
    with world.open(writer=False) as reader:
        assert list(reader.keys(INBOX, None, Order.NEWEST)) == [key]
        assert reader.raw(key) == b"letter"
    world.store = world.open()


def changed_inbox(world: World) -> Changes:
    for _ in range(3):
        world.server.receive(INBOX)
    world.pull()
    world.server.receive(INBOX)
    return world.server.changes(INBOX, world.store.bookmark(INBOX), world.store.known(INBOX))


def test_changes_since_a_bookmark_of_a_lost_index_are_not_merged(world: World) -> None:
    changes = changed_inbox(world)
    generation = world.store.generation
    shutil.rmtree(world.folders.cache)
    world.store.bookmark(INBOX)
    with pytest.raises(CacheLost):
        world.store.merge(INBOX, changes)
    assert world.store.generation == generation + 1
    world.list_mailboxes()
    world.pull()
    assert world.counts(INBOX) == (4, 4)


@pytest.mark.parametrize("delivered", [False, True])
def test_a_pull_whose_index_was_lost_is_not_finished(world: World, delivered: bool) -> None:
    changes = changed_inbox(world)
    world.store.merge(INBOX, changes)
    shutil.rmtree(world.folders.cache)
    if delivered:
        world.store.bookmark(INBOX)
        world.store.deliver(INBOX, [world.server.delivery(INBOX, 4)])
    with pytest.raises(CacheLost):
        world.store.finish_pull(INBOX, changes.bookmark)
    assert world.store.bookmark(INBOX) is None
    world.list_mailboxes()
    world.pull()
    assert world.counts(INBOX) == (4, 4)


def test_lost_bodies_are_wanted_again_and_the_index_stays(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.store.keep_raw([(key, b"letter")])
    world.store.keep_bodies([(key, Body(lines=(SafeText("hello"),)))])
    (world.folders.cache / "bodies.db").unlink()
    assert [wanted.key for wanted in world.store.bodies_wanted(5, 10_000)] == [key]
    assert world.shown() == [key]
    assert world.store.body(key) == NotHere(key)


def test_bodies_of_another_index_are_not_shown(world: World) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.store.keep_raw([(key, b"letter")])
    world.store.close()
    (world.folders.cache / "index.db").unlink()
    world.store = world.open()
    assert world.store.raw(key) is None


def flip_bytes(path: Path, seed: int) -> None:
    content = bytearray(path.read_bytes())
    chance = random.Random(seed)
    for _ in range(1000):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_index_is_moved_aside_and_begun_anew(world: World, seed: int) -> None:
    keys = pulled(world, *[SEEN_ONLY] * 30)
    world.record(StoreFlags(INBOX, frozenset(keys), remove=SEEN_ONLY))
    world.store.close()
    flip_bytes(world.folders.cache / "index.db", seed)
    world.store = world.open()
    assert world.store.bookmark(INBOX) is None
    assert (world.folders.cache / "index.db.damaged").exists()
    world.list_mailboxes()
    world.pull()
    assert world.counts(INBOX) == (30, 30)
    assert sorted(world.shown()) == sorted(keys)


def test_an_index_that_is_no_database_is_moved_aside(world: World) -> None:
    world.store.close()
    (world.folders.cache / "index.db").write_bytes(b"not a database" * 1000)
    world.store = world.open()
    world.list_mailboxes()
    assert len(world.store.mailboxes()) == 3


def test_a_reader_shows_nothing_of_a_damaged_index(world: World) -> None:
    pulled(world, *[SEEN_ONLY] * 30)
    world.store.close()
    (world.folders.cache / "index.db").write_bytes(b"x" * 100_000)
    with world.open(writer=False) as reader:
        assert list(reader.keys(INBOX, None, Order.NEWEST)) == []
    world.store = world.open()


def test_a_damaged_journal_is_left_as_it_is(world: World) -> None:
    pulled(world, SEEN_ONLY)
    world.store.close()
    journal = world.folders.data / "journal.db"
    journal.write_bytes(b"x" * 5000)
    for writer in (True, False):
        with pytest.raises(StoreError, match=r"journal\.db is damaged"):
            world.open(writer=writer)
    assert journal.read_bytes() == b"x" * 5000
    shutil.rmtree(world.folders.data)
    shutil.rmtree(world.folders.cache)
    world.store = world.open()


@pytest.mark.parametrize("seed", range(4))
def test_a_journal_with_flipped_bytes_is_never_taken_for_good(world: World, seed: int) -> None:
    keys = pulled(world, *[SEEN_ONLY] * 30)
    world.record(StoreFlags(INBOX, frozenset(keys), remove=SEEN_ONLY))
    world.store.close()
    flip_bytes(world.folders.data / "journal.db", seed)
    flipped = (world.folders.data / "journal.db").read_bytes()
    with pytest.raises(StoreError, match=r"journal\.db"):
        world.open()
    assert (world.folders.data / "journal.db").read_bytes() == flipped
    shutil.rmtree(world.folders.data)
    shutil.rmtree(world.folders.cache)
    world.store = world.open()


def test_a_journal_that_is_removed_while_running_is_not_written_to_in_vain(world: World) -> None:
    (key,) = pulled(world, frozenset())
    (world.folders.data / "journal.db").unlink()
    with pytest.raises(StoreError, match="removed"):
        world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))


@pytest.mark.parametrize("name", ["data/work/journal.db", "cache/work/index.db"])
def test_files_of_a_newer_tuimail_are_left_alone(world: World, tmp_path: Path, name: str) -> None:
    world.store.close()
    before = set_version(tmp_path / name, 99)
    for writer in (True, False):
        with pytest.raises(StoreError, match="newer tuimail"):
            world.open(writer=writer).mailboxes()
    set_version(tmp_path / name, before)
    world.store = world.open()


def set_version(path: Path, version: int) -> int:
    connection = apsw.Connection(str(path))
    before = connection.pragma("user_version")
    connection.pragma("user_version", version)
    connection.close()
    return int(before)


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        world = World(tmp_path / "new" / "home")
        world.hold([delivery(1)])
        world.store.expire()
        found = list((tmp_path / "new").rglob("*"))
        assert {path.suffix for path in found if path.is_file()} >= {".db", ".db-wal", ".db-shm"}
        for path in found:
            expected = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == expected, path
        world.store.close()
    finally:
        os.umask(before)


def test_a_file_that_others_could_read_is_made_private(world: World) -> None:
    world.store.close()
    (world.folders.data / "journal.db").chmod(0o644)
    world.store = world.open()
    assert stat.S_IMODE((world.folders.data / "journal.db").stat().st_mode) == 0o600


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folders = AccountFolders(tmp_path / "data", tmp_path / "cache")
    folders.data.mkdir()
    (folders.data / "journal.db").symlink_to(victim)
    with pytest.raises(StoreError, match="not an ordinary file"):
        Store(ACCOUNT, folders, writer=True)
    assert victim.read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    folders = AccountFolders(tmp_path / "data" / "work", tmp_path / "cache")
    with pytest.raises(StoreError, match="cannot"):
        Store(ACCOUNT, folders, writer=True)


def test_a_full_disk_is_one_sentence_and_loses_nothing(world: World) -> None:
    keys = pulled(world, *[frozenset()] * 300)
    (first,) = world.record(StoreFlags(INBOX, frozenset(keys[:1]), SEEN_ONLY))
    limit = "PRAGMA main.max_page_count = 1"
    world.store._journal.run(limit)
    with pytest.raises(StoreError, match="disk is full"):
        world.record(StoreFlags(INBOX, frozenset(keys[1:]), SEEN_ONLY))
    assert [e.id for e in world.store.pending()] == [first.id]
    assert world.counts(INBOX) == (300, 299)
    world.store._journal.run("PRAGMA main.max_page_count = 1000000")
    assert world.record(StoreFlags(INBOX, frozenset(keys[1:]), SEEN_ONLY))


WRITES = """
import apsw, sys
connection = apsw.Connection(sys.argv[1])
try:
    connection.execute("BEGIN IMMEDIATE")
except apsw.BusyError:
    print("busy")
"""


def test_another_store_of_this_process_keeps_its_locks(world: World) -> None:
    """POSIX drops a process's locks on a file when any descriptor of it is closed."""
    journal = str(world.folders.data / "journal.db")
    with world.store._journal.writing():
        world.open(writer=False).close()
        command = [sys.executable, "-c", WRITES, journal]
        outside = subprocess.run(command, capture_output=True, text=True, check=True)
    assert outside.stdout == "busy\n"


def test_the_journal_is_written_through_to_the_disk_and_the_cache_is_not(world: World) -> None:
    assert world.store._cache
    modes = {
        database.path.name: (
            database.value("PRAGMA journal_mode"),
            database.value("PRAGMA main.synchronous"),
        )
        for database in (world.store._journal, world.store._cache.index, world.store._cache.bodies)
    }
    assert modes == {
        "journal.db": ("wal", 2),
        "index.db": ("wal", 1),
        "bodies.db": ("wal", 1),
    }


RECORDS = """
import sys
from pathlib import Path
from tests.unit.store.worlds import *
from tuimail.model.mail import FLAGGED
from tuimail.model.operation import StoreFlags
store = Store(ACCOUNT, AccountFolders(Path(sys.argv[1]), Path(sys.argv[2])), writer=False)
key = MessageKey(int(sys.argv[3]))
while True:
    (message,) = store.messages([key])
    change = "remove" if FLAGGED in message.flags else "add"
    flags = {change: frozenset({FLAGGED})}
    (entry,) = store.record([StoreFlags(INBOX, frozenset({key}), **flags)])
    print(entry.id, flush=True)
"""


def test_what_was_answered_for_survives_a_kill(world: World) -> None:
    (key,) = world.hold([delivery(1)])
    data, cache = str(world.folders.data), str(world.folders.cache)
    command = [sys.executable, "-c", RECORDS, data, cache, str(key)]
    for enough in (3, 40):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            told = [int(process.stdout.readline()) for _ in range(enough)]
            process.kill()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
        recorded = [entry.id for entry in world.store.pending()]
        assert set(told) <= set(recorded)
        assert len(recorded) == len(set(recorded))
        flagged = len(recorded) % 2 == 1
        assert (FLAGGED in world.message(key).flags) == flagged
