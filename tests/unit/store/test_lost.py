"""A journal that is gone or empty is damage where there was one, and a beginning where not."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ACCOUNT, World
from tuimail.model.mail import INBOX, SEEN
from tuimail.model.operation import StoreFlags
from tuimail.store.database import MIGRATIONS
from tuimail.store.first_look import FirstLook, first_look
from tuimail.store.lost import JournalBroken
from tuimail.store.store import AccountFolders, Store, StoreError

SEEN_ONLY = frozenset({SEEN})


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _one_byte(path: Path) -> None:
    path.write_bytes(b"\n")


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nothing")


def _to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(8192))


def _header_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _first_page_alone(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096])


def _no_tables(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA application_id = 0")
    connection.close()


def _anothers(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 5; CREATE TABLE t (c)")
    connection.close()


def _tables_alone(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    steps = sorted((MIGRATIONS / "journal").glob("*.sql"))
    for step in steps:
        connection.execute(step.read_text(encoding="utf-8"))
    connection.pragma("user_version", len(steps))
    connection.close()


def _log_alone(path: Path) -> None:
    path.replace(path.with_name("journal.db-wal"))


def _empty_with_log(path: Path) -> None:
    path.with_name("journal.db-wal").write_bytes(path.read_bytes())
    path.write_bytes(b"")


LOSSES = [
    Path.unlink,
    _empty,
    _one_byte,
    _a_folder,
    _dangling,
    _to_itself,
    _zeros,
    _header_alone,
    _first_page_alone,
    _no_tables,
    _anothers,
    _tables_alone,
    _log_alone,
    _empty_with_log,
]


def contents(folder: Path) -> dict[str, bytes]:
    """What is in it, but for SQLite's scratch files."""
    found = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    scratch = {name for name, content in found.items() if name.endswith("-wal") and not content}
    return {name: found[name] for name in found.keys() - scratch if not name.endswith("-shm")}


@pytest.mark.parametrize("writer", [True, False])
@pytest.mark.parametrize("lose", LOSSES)
def test_a_lost_journal_is_refused_and_left_as_it_is(
    world: World, lose: Callable[[Path], None], writer: bool
) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.record(StoreFlags(INBOX, frozenset({key}), remove=SEEN_ONLY))
    world.store.expire()
    world.store.close()
    lose(world.folders.data / "journal.db")
    before = contents(world.folders.data)
    # Only who may write reads the whole of it.
    if writer or lose is not _first_page_alone:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"journal\.db.*`tuimail doctor --restore` puts"):
                world.open(writer=writer)
    assert contents(world.folders.data) == before


def _of_cache(folders: AccountFolders) -> None:
    shutil.rmtree(folders.data)


def _of_bodies(folders: AccountFolders) -> None:
    shutil.rmtree(folders.data)
    (folders.cache / "index.db").unlink()


def _with(name: str) -> Callable[[AccountFolders], None]:
    def lose(folders: AccountFolders) -> None:
        shutil.rmtree(folders.data)
        shutil.rmtree(folders.cache)
        (folders.data / name).mkdir(parents=True)

    return lose


@pytest.mark.parametrize(
    "lose",
    [
        _of_cache,
        _of_bodies,
        _with("backups"),
        _with("outgoing"),
        _with("drafts/one"),
        _with("maildir-made"),
        _with("placeholders"),
        _with("journal.db.damaged-2"),
    ],
)
def test_whatever_is_left_shows_that_there_was_one(
    world: World, lose: Callable[[AccountFolders], None]
) -> None:
    (key,) = pulled(world, SEEN_ONLY)
    world.store.keep_raw([(key, b"Subject: one\r\n\r\none")])
    world.store.close()
    lose(world.folders)
    for writer in (True, False):
        with pytest.raises(JournalBroken, match=r"is missing .*shows that there was one"):
            world.open(writer=writer)
    assert not (world.folders.data / "journal.db").exists()
    with pytest.raises(JournalBroken):
        first_look(ACCOUNT, world.folders, 7)


def _nothing(_: AccountFolders) -> None:
    pass


def _an_empty_folder(folders: AccountFolders) -> None:
    (folders.data / "drafts").mkdir(parents=True)
    folders.cache.mkdir(parents=True)


def _begun_and_killed(folders: AccountFolders) -> None:
    folders.data.mkdir(parents=True)
    (folders.data / "journal.db").touch()


def _choices(folders: AccountFolders) -> None:
    """What the set-up writes before there is any mail."""
    folders.data.mkdir(parents=True)
    (folders.data / "token").write_text("x")
    (folders.data / "choices.toml").write_text("")


def _an_index_without_rows(folders: AccountFolders) -> None:
    """As a version left it that made the index first, and was killed then."""
    Store(ACCOUNT, folders, writer=True).close()
    shutil.rmtree(folders.data)


@pytest.mark.parametrize(
    "before", [_nothing, _an_empty_folder, _begun_and_killed, _choices, _an_index_without_rows]
)
@pytest.mark.parametrize("writer", [True, False])
def test_a_new_account_begins_without_a_question(
    tmp_path: Path, before: Callable[[AccountFolders], None], writer: bool
) -> None:
    folders = AccountFolders(tmp_path / "data", tmp_path / "cache")
    before(folders)
    assert first_look(ACCOUNT, folders, 7) == FirstLook([], [])
    for _ in range(2):
        with Store(ACCOUNT, folders, writer=writer) as store:
            assert store.history(9) == []


def test_a_journal_that_is_emptied_under_us_is_told(world: World) -> None:
    pulled(world, SEEN_ONLY)
    (world.folders.data / "journal.db").write_bytes(b"")
    with pytest.raises(JournalBroken, match="was emptied"):
        world.store.mailboxes()
    with pytest.raises(JournalBroken, match="is empty"):
        world.open(writer=False)


def test_a_deleted_cache_is_no_loss(world: World) -> None:
    pulled(world, SEEN_ONLY)
    world.store.close()
    shutil.rmtree(world.folders.cache)
    world.store = world.open()


@pytest.mark.parametrize("writers", [(False, False, False), (True, False, False)])
def test_a_new_account_may_be_opened_by_several_at_once(
    tmp_path: Path, writers: tuple[bool, ...]
) -> None:
    def open_and_close(writer: bool, folders: AccountFolders) -> None:
        Store(ACCOUNT, folders, writer=writer).close()

    with ThreadPoolExecutor(len(writers)) as threads:
        for number in range(20):
            folders = AccountFolders(tmp_path / f"data{number}", tmp_path / f"cache{number}")
            opened = [threads.submit(open_and_close, writer, folders) for writer in writers]
            for each in opened:
                each.result()


def test_damage_that_shows_later_is_told_with_the_way_back(world: World) -> None:
    keys = pulled(world, *[SEEN_ONLY] * 50)
    for key in keys:
        world.record(StoreFlags(INBOX, frozenset({key}), remove=SEEN_ONLY))
    world.store.expire()
    journal = world.store._journal
    journal.run("PRAGMA main.wal_checkpoint(TRUNCATE)")
    # Closing it here would take SQLite's locks from this process.
    descriptor = os.open(journal.path, os.O_WRONLY)
    os.pwrite(descriptor, b"\xaa" * (journal.path.stat().st_size - 4096), 4096)
    journal.run("PRAGMA shrink_memory; PRAGMA cache_size = 0")
    with pytest.raises(JournalBroken, match="`tuimail doctor --restore` puts back"):
        world.store.mailboxes()
    os.close(descriptor)
