"""Once a day: the journal is copied; after 30 days what ended is forgotten."""

from datetime import timedelta

import apsw
import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ARCHIVE, World, delivery
from tuimail.model.mail import INBOX, SEEN
from tuimail.model.operation import EntryState, Move, StoreFlags
from tuimail.model.safe_text import SafeText
from tuimail.store.store import CacheLost

SEEN_ONLY = frozenset({SEEN})
MONTH = timedelta(days=31)


def test_what_was_settled_is_forgotten_after_thirty_days(world: World) -> None:
    moved, waits = pulled(world, SEEN_ONLY, frozenset())
    before = world.message(moved).id
    world.record(Move(INBOX, frozenset({moved}), ARCHIVE))
    world.push()
    world.record(StoreFlags(INBOX, frozenset({waits}), SEEN_ONLY))
    world.now += timedelta(days=29)
    world.store.expire()
    assert len(world.store.history(9)) == 2
    assert world.store.resolve(before) == moved
    world.now += timedelta(days=2)
    world.store.expire()
    assert [e.state for e in world.store.history(9)] == [EntryState.RECORDED]
    assert world.store.resolve(before) is None
    places = world.store._journal.rows("SELECT key FROM place")
    assert places == [(waits,)]


def test_what_waits_or_is_parked_is_never_forgotten(world: World) -> None:
    first, second = pulled(world, SEEN_ONLY, SEEN_ONLY)
    (parked,) = world.record(Move(INBOX, frozenset({first}), ARCHIVE))
    world.store.park(parked, SafeText("no"))
    world.record(Move(INBOX, frozenset({second}), ARCHIVE))
    world.now += 10 * MONTH
    world.store.expire()
    assert len(world.store.pending()) == 2
    assert world.shown(ARCHIVE) == [second]


def test_the_journal_is_copied_once_a_day_and_three_copies_are_kept(world: World) -> None:
    (key,) = pulled(world, frozenset())
    folder = world.folders.data / "backups"
    for _ in range(5):
        world.store.expire()
        world.store.expire()
        world.now += timedelta(days=1)
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    world.store.expire()
    copies = sorted(folder.iterdir())
    assert len(copies) == 3
    assert copies[-1].name == f"journal-{world.now:%Y-%m-%d}.db"
    copy = apsw.Connection(str(copies[-1]))
    assert list(copy.execute("SELECT count(*) FROM entry")) == [(1,)]
    copy.close()


def test_an_older_copy_of_the_journal_allots_no_key_twice(world: World) -> None:
    world.store.expire()
    keys = world.hold([delivery(uid) for uid in range(1, 800)])
    world.store.close()
    (copy,) = (world.folders.data / "backups").iterdir()
    copy.replace(world.folders.data / "journal.db")
    world.store = world.open()
    assert world.store.allot_keys(1)[0] > max(keys)


def test_a_store_in_order_has_no_faults(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.record(StoreFlags(INBOX, frozenset({key}), SEEN_ONLY))
    assert world.store.check() == []


def test_a_mailbox_that_differs_from_its_server_is_named(world: World) -> None:
    (key,) = pulled(world, frozenset())
    world.store.merge(INBOX, world.server.changes(INBOX, world.store.bookmark(INBOX), [1]))
    with world.store._cache.index.writing():  # type: ignore[union-attr]
        world.store._cache.index.run("DELETE FROM message WHERE key = ?", (key,))  # type: ignore[union-attr]
    assert world.store.check() == ["'INBOX': 0 messages are here, 1 on the server"]


def test_damage_that_shows_while_running_begins_a_new_index(world: World) -> None:
    pulled(world, *[frozenset()] * 200)
    cache = world.store._cache
    assert cache
    cache.index.run("PRAGMA wal_checkpoint(TRUNCATE)")
    path = cache.index.path
    content = bytearray(path.read_bytes())
    for at in range(4096 * 2, len(content)):
        content[at] = 0xAA
    with path.open("r+b") as file:
        file.write(content)
    cache.index.run("PRAGMA shrink_memory; PRAGMA cache_size = 0")
    generation = world.store.generation
    with pytest.raises(CacheLost):
        world.pull()
    assert world.store.generation == generation + 1
    world.list_mailboxes()
    world.pull()
    assert world.counts(INBOX) == (200, 200)
