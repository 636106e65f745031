"""A lost journal is made again from what there is, and nothing leaves by itself afterwards."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.store.test_undoing import pulled
from tests.unit.store.worlds import ACCOUNT, ARCHIVE, World, delivery
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MessageKey, first_key
from tuimail.model.operation import EntryState, Move, StoreFlags
from tuimail.model.outbox import LetterState, Posting
from tuimail.model.safe_text import SafeText
from tuimail.store.database import Database
from tuimail.store.lost import JournalBroken
from tuimail.store.restoring import Restored, restore, what_is_broken

FLAGGED_ONLY = frozenset({FLAGGED})
DAY = timedelta(days=1)
MILLION = 1_000_000
FROM_COPY = "from a copy of 2024-05-17"


def posting(words: str) -> Posting:
    content = f"Subject: {words}\r\n\r\n".encode()
    return Posting("me@example.org", ("you@example.org",), words, SafeText(words), content)


def read_letter(content: bytes) -> Posting:
    return posting(content.decode().partition(": ")[2].strip())


def begun(world: World) -> list[MessageKey]:
    """Something of everything, then the daily copy."""
    keys = pulled(world, *[frozenset({SEEN})] * 5)
    world.record(Move(INBOX, frozenset({keys[0]}), ARCHIVE))
    world.push()
    (claimed,) = world.record(Move(INBOX, frozenset({keys[1]}), ARCHIVE))
    world.claim(claimed)
    world.record(StoreFlags(INBOX, frozenset({keys[2]}), FLAGGED_ONLY))
    for words in ("queued", "sending", "data-sent", "unknown", "cancelled"):
        world.store.outbox.queue(posting(words), world.now + DAY * (words == "queued"))
    for _ in range(4):
        assert world.store.outbox.claim()
    world.store.outbox.data_sent(3)
    world.store.outbox.data_sent(4)
    world.store.outbox.doubt(4, SafeText("No answer."))
    world.store.outbox.refuse(5, SafeText("No."))
    world.store.expire()
    return keys


def restored(world: World) -> Restored:
    assert what_is_broken(world.folders) is not None
    done = restore(ACCOUNT, world.folders, read_letter, world.now)
    assert what_is_broken(world.folders) is None
    world.store = world.open()
    return done


def lose(world: World, content: bytes = b"") -> None:
    world.store.close()
    (world.folders.data / "journal.db").write_bytes(content)


def letters(world: World) -> list[tuple[str, str]]:
    return [(each.subject, each.state) for each in world.store.outbox.letters()]


def test_what_the_copy_takes_for_unfinished_waits_for_the_user(world: World) -> None:
    begun(world)
    lose(world)
    done = restored(world)
    assert (done.letters, done.parked) == (3, 2)
    assert done.copy == world.folders.data / "backups" / "journal-2024-05-17.db"
    assert [each.state for each in world.store.pending()] == [EntryState.PARKED] * 2
    assert {each.reason for each in world.store.pending()} == {FROM_COPY}
    assert letters(world) == [
        ("queued", LetterState.UNKNOWN),
        ("sending", LetterState.UNKNOWN),
        ("data-sent", LetterState.UNKNOWN),
        ("unknown", LetterState.UNKNOWN),
        ("cancelled", LetterState.REFUSED),
    ]
    assert all(FROM_COPY in each.reason for each in world.store.outbox.letters()[:3])


def test_nothing_leaves_by_itself(world: World) -> None:
    begun(world)
    world.store.outbox.queue(posting("after the copy"), world.now)
    lose(world)
    restored(world)
    world.now += 10 * DAY
    world.store.outbox.recover()
    world.store.outbox.hurry()
    assert world.store.outbox.claim() is None
    assert world.store.due(world.now) == []
    assert world.store.unfinished() == []
    assert not world.store.outbox.has_open()
    assert all(not message.pending for message in world.messages())


def test_what_waits_can_be_tried_again(world: World) -> None:
    keys = begun(world)
    lose(world)
    restored(world)
    for entry in world.store.pending():
        assert world.store.retry(entry.id)
    world.push()
    assert FLAGGED in world.message(keys[2]).flags
    assert world.message(keys[1]).mailbox == ARCHIVE
    assert world.store.outbox.resend(1)
    going = world.store.outbox.claim()
    assert going is not None
    assert going.content == posting("queued").content


def test_a_letter_of_after_the_copy_is_unknown_and_keeps_its_bytes(world: World) -> None:
    begun(world)
    world.store.outbox.queue(posting("after the copy"), world.now)
    lose(world)
    assert restored(world).letters == 4
    *_, added = world.store.outbox.letters()
    assert (added.subject, added.state) == ("after the copy", LetterState.UNKNOWN)
    assert added.recipients == ("you@example.org",)
    assert world.store.outbox.content(added.id) == posting("after the copy").content
    assert added.id > 5


def test_a_letter_that_left_after_the_copy_is_not_sent_again(world: World) -> None:
    world.store.outbox.queue(posting("left"), world.now)
    world.store.expire()
    for file in (world.folders.data / "outgoing").iterdir():
        file.unlink()
    lose(world)
    restored(world)
    assert letters(world) == [("left", LetterState.UNKNOWN)]
    assert world.store.outbox.claim() is None


def test_the_old_file_and_its_log_are_kept_each_time(world: World) -> None:
    begun(world)
    folder = world.folders.data
    kept = []
    for number, content in enumerate((b"x" * 5000, b"", b"y" * 5000)):
        lose(world, content)
        log = folder / "journal.db-wal"
        log.write_bytes(b"log %d" % number)
        kept.append(restored(world).kept)
        assert kept[-1] is not None
        assert kept[-1].read_bytes() == content
    names = ["journal.db.damaged", "journal.db.damaged-2", "journal.db.damaged-3"]
    assert [path.name for path in kept if path] == names
    assert (folder / "journal.db.damaged").read_bytes() == b"x" * 5000
    assert (folder / "journal.db.damaged-2-wal").read_bytes() == b"log 1"


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize("how", [_a_folder, _a_link, Path.unlink])
def test_what_is_no_file_is_kept_too(world: World, how: Callable[[Path], None]) -> None:
    begun(world)
    world.store.close()
    how(world.folders.data / "journal.db")
    done = restored(world)
    assert done.copy is not None
    assert (done.kept is None) == (how is Path.unlink)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(b"x" * 5000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192])


def _a_folder_instead(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


@pytest.mark.parametrize("spoil", [_empty, _garbage, _cut, _a_folder_instead])
def test_the_newest_copy_that_is_in_order_counts(
    world: World, spoil: Callable[[Path], None]
) -> None:
    begun(world)
    world.now += DAY
    world.store.expire()
    spoil(world.folders.data / "backups" / "journal-2024-05-18.db")
    lose(world)
    done = restored(world)
    assert done.copy is not None
    assert done.copy.name == "journal-2024-05-17.db"


def test_message_keys_go_on_above_what_index_and_journal_know(world: World) -> None:
    begun(world)
    keys = world.hold([delivery(uid) for uid in range(100, 120)])
    used = world.store.allot_keys(1)[0]
    lose(world)
    restored(world)
    assert max(keys) < world.store.allot_keys(1)[0] < used + MILLION


def test_without_an_index_they_go_on_a_million_higher(world: World) -> None:
    begun(world)
    used = world.store.allot_keys(1)[0]
    lose(world)
    shutil.rmtree(world.folders.cache)
    restored(world)
    assert world.store.allot_keys(1)[0] > used + MILLION // 2


def test_numbers_of_entries_and_letters_are_not_used_again(world: World) -> None:
    keys = begun(world)
    for _ in range(3):
        world.record(StoreFlags(INBOX, frozenset({keys[3]}), FLAGGED_ONLY))
        (later,) = world.record(StoreFlags(INBOX, frozenset({keys[3]}), remove=FLAGGED_ONLY))
    lose(world)
    restored(world)
    (new,) = world.record(StoreFlags(INBOX, frozenset({keys[3]}), FLAGGED_ONLY))
    assert new.id > later.id
    assert new.group > later.group


def test_a_pull_after_it_drops_nothing(world: World) -> None:
    """The stamps of moves go on, too: else a later one would seem to be before an old pull."""
    begun(world)
    world.server.tells_new_uids = False
    for key in world.shown(INBOX)[:2]:
        world.record(Move(INBOX, frozenset({key}), ARCHIVE))
        world.push()
        world.pull()
    world.begin_pull(ARCHIVE)
    lose(world)
    restored(world)
    (key, *_) = world.shown(INBOX)
    world.record(Move(INBOX, frozenset({key}), ARCHIVE))
    world.push()
    assert world.store._places.stamp() > 2
    world.pull()
    assert key in world.shown(ARCHIVE)


def test_without_a_copy_letters_are_saved_and_the_rest_begins_anew(world: World) -> None:
    keys = begun(world)
    shutil.rmtree(world.folders.data / "backups")
    lose(world, b"x" * 5000)
    done = restored(world)
    assert (done.copy, done.parked, done.letters) == (None, 0, 5)
    assert {state for _, state in letters(world)} == {LetterState.UNKNOWN}
    assert world.store.outbox.claim() is None
    assert world.store.pending() == []
    assert world.store.allot_keys(1)[0] > max(keys)
    world.replay()
    world.pull()
    assert len(world.shown(INBOX)) + len(world.shown(ARCHIVE)) == 5


def test_a_letter_that_cannot_be_read_is_saved_all_the_same(world: World) -> None:
    world.store.outbox.queue(posting("strange"), world.now)
    lose(world)
    assert what_is_broken(world.folders)
    done = restore(ACCOUNT, world.folders, lambda _: None, world.now)
    world.store = world.open()
    assert done.letters == 1
    [letter] = world.store.outbox.letters()
    assert world.store.outbox.content(letter.id) == posting("strange").content


def test_with_nothing_left_but_the_index_it_begins_anew(world: World) -> None:
    pulled(world, frozenset())
    world.store.close()
    shutil.rmtree(world.folders.data)
    with pytest.raises(JournalBroken):
        world.open()
    assert restored(world) == Restored(None, None, 0, 0)
    assert len(world.shown(INBOX)) == 1
    assert world.store.allot_keys(1)[0] > first_key(ACCOUNT) + 1


def test_an_undone_operation_is_not_offered_again(world: World) -> None:
    keys = begun(world)
    (claimed,) = world.record(Move(INBOX, frozenset({keys[3]}), ARCHIVE))
    world.claim(claimed)
    world.store.undo()
    shutil.rmtree(world.folders.data / "backups")
    world.store.expire()
    lose(world)
    restored(world)
    states = [(each.state, each.undone) for each in world.store.history(2)]
    assert states == [(EntryState.PARKED, False), (EntryState.WITHDRAWN, True)]


def test_a_journal_in_order_is_left_alone(world: World) -> None:
    begun(world)
    world.store.close()
    assert what_is_broken(world.folders) is None
    world.store = world.open()


@pytest.mark.parametrize("with_copy", [True, False])
def test_what_an_earlier_restoration_left_half_done_is_not_used(
    world: World, with_copy: bool
) -> None:
    begun(world)
    lose(world)
    folder = world.folders.data
    if not with_copy:
        shutil.rmtree(folder / "backups")
    for suffix in ("", "-wal", "-shm", "-journal"):
        (folder / f"journal.new{suffix}").write_bytes(b"half" * 2000)
    done = restored(world)
    assert (done.copy is not None) == with_copy
    assert not any(folder.glob("journal.new*"))
    assert (folder / "journal.db").stat().st_mode & 0o077 == 0


def test_the_new_journal_is_on_the_disk_with_its_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(world)
    lose(world)
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        named = (world.folders.data / "journal.new").exists()
        synced.append((os.fstat(descriptor).st_ino, named))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    restored(world)
    journal, folder = world.folders.data / "journal.db", world.folders.data
    assert (journal.stat().st_ino, True) in synced
    assert (folder.stat().st_ino, False) in synced


def test_a_copy_with_one_fault_is_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(world)
    lose(world)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "faults", lambda _: ["row 1 missing from index"])
        done = restore(ACCOUNT, world.folders, read_letter, world.now)
    assert done.copy is None
    world.store = world.open()
