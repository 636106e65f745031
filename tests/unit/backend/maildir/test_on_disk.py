"""What a Maildir promises of the disk: names that were synced, modes, and what is made once."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOON, letter
from tuimail.backend.maildir import maildir as module
from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, MissingMaildir, New, StoredFile, drop_stem
from tuimail.backend.maildir.names import FileName
from tuimail.model.mail import INBOX, SEEN, Flag, MailboxName, MessageKey
from tuimail.model.operation import Expunge, Move, Operation, StoreFlags
from tuimail.model.sync import ServerId
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
KEY = MessageKey(1)
LETTER = letter("Budget")


@dataclass
class Synced:
    """Which files and folders were synced."""

    found: list[os.stat_result] = field(default_factory=list)

    def __contains__(self, path: Path) -> bool:
        return any(os.path.samestat(each, path.stat()) for each in self.found)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    noted = Synced()
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        noted.found.append(os.fstat(descriptor))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    return noted


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    return made


@pytest.fixture
def _for_all() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def new(content: bytes, uidl: str = "1") -> New:
    return New.of(drop_stem(sha256(content).digest(), uidl), content, NOON)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.usefixtures("_for_all")
def test_what_is_written_anew_is_its_owners_alone_too(maildir: Maildir) -> None:
    message = new(LETTER)
    (maildir.root / "tmp" / message.unique).touch(mode=0o644)
    maildir.deliver(INBOX, [message])
    assert mode(maildir.root / "new" / message.unique) == 0o600


@pytest.mark.usefixtures("_for_all")
def test_all_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    outer = tmp_path / "theirs"
    outer.mkdir(mode=0o755)
    made = Maildir(outer / "deep" / "mail", outer / "data" / "made")
    made.make()
    made.deliver(ARCHIVE, [new(LETTER)])
    Keywords(made.root).letters_of({Flag("work")})
    below = [path for path in outer.rglob("*") if path != outer]
    assert {mode(path) for path in below if path.is_dir()} == {0o700}
    assert {mode(path) for path in below if path.is_file()} == {0o600}
    assert mode(outer) == 0o755
    assert len([path for path in below if path.is_file()]) == 4


def test_a_new_maildir_and_a_new_mailbox_are_on_the_disk(tmp_path: Path, synced: Synced) -> None:
    made = Maildir(tmp_path / "mail", tmp_path / "data" / "made")
    made.make()
    assert made.root in synced
    assert tmp_path / "data" in synced
    synced.found.clear()
    path = made.make_mailbox(ARCHIVE)
    assert (path / "maildirfolder").is_file()
    assert path in synced
    assert made.root in synced


@pytest.mark.parametrize(("letters", "place"), [(None, "new"), ("S", "cur"), ("", "cur")])
def test_what_was_delivered_is_on_the_disk_with_its_name(
    maildir: Maildir, synced: Synced, letters: str | None, place: str
) -> None:
    maildir.make_mailbox(ARCHIVE)
    synced.found.clear()
    maildir.deliver(ARCHIVE, [new(LETTER), new(LETTER, "2")], letters)
    paths = [*(maildir.root / ".Archive" / place).iterdir()]
    assert len(paths) == 2
    assert all(path in synced for path in paths)
    assert maildir.root / ".Archive" / place in synced
    assert os.path.samestat(synced.found[-1], (maildir.root / ".Archive" / place).stat())


def test_a_mailbox_is_on_the_disk_together_with_its_mark(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last thing that is synced of it has all its names."""
    had: list[set[str]] = []
    sync = module.sync_folder

    def noting(path: Path) -> None:
        if path != maildir.root:
            had.append({each.name for each in path.iterdir()})
        sync(path)

    monkeypatch.setattr(module, "sync_folder", noting)
    maildir.make_mailbox(ARCHIVE)
    assert had[-1] == {"new", "cur", "tmp", "maildirfolder"}


def test_whatever_is_opened_is_closed(maildir: Maildir, monkeypatch: pytest.MonkeyPatch) -> None:
    left: set[int] = set()
    opening, closing = os.open, os.close

    def noted(*args: Any, **kwargs: Any) -> int:
        left.add(descriptor := opening(*args, **kwargs))
        return descriptor

    def closed(descriptor: int) -> None:
        left.discard(descriptor)
        closing(descriptor)

    monkeypatch.setattr(os, "open", noted)
    monkeypatch.setattr(os, "close", closed)
    maildir.deliver(ARCHIVE, [new(LETTER), new(LETTER, "2")])
    assert left == set()


async def performed(maildir: Maildir, operation: Operation, name: str) -> None:
    backend = MaildirBackend(maildir)
    await backend.perform(operation, {KEY: ServerId(1, uid_of(name))})


async def test_a_move_has_its_new_name_on_the_disk_before_the_old_one_goes(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = new(LETTER)
    archive = maildir.make_mailbox(ARCHIVE)
    maildir.deliver(INBOX, [message])
    order: list[Path] = []
    real = os.fsync

    def noting(descriptor: int) -> None:
        for path in (archive / "cur", maildir.root / "new", maildir.root / "cur"):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                order.append(path)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    await performed(maildir, Move(INBOX, frozenset({KEY}), ARCHIVE), message.unique)
    assert order == [archive / "cur", maildir.root / "new", maildir.root / "cur"]


async def test_flags_and_deletions_are_on_the_disk_when_they_are_told(
    maildir: Maildir, synced: Synced
) -> None:
    message = new(LETTER)
    maildir.deliver(INBOX, [message])
    synced.found.clear()
    seen = StoreFlags(INBOX, frozenset({KEY}), frozenset({SEEN}))
    await performed(maildir, seen, message.unique)
    assert maildir.root / "cur" in synced
    synced.found.clear()
    await performed(maildir, Expunge(INBOX, frozenset({KEY})), message.unique)
    assert maildir.root / "cur" in synced
    assert maildir.root / "new" in synced


def test_a_new_keyword_is_on_the_disk_before_its_letter_is_used(
    maildir: Maildir, synced: Synced
) -> None:
    Keywords(maildir.root).letters_of({Flag("work")})
    path = maildir.root / "tuimail-keywords"
    assert [each.st_size for each in synced.found if os.path.samestat(each, path.stat())] == [
        len(b"0 work\n")
    ]
    assert maildir.root in synced


def test_a_maildir_that_is_away_gets_no_mailbox(tmp_path: Path) -> None:
    made = Maildir(tmp_path / "mail")
    for call in (lambda: made.make_mailbox(ARCHIVE), made.mailboxes, made.uniques):
        with pytest.raises(MissingMaildir, match="is its disk mounted"):
            call()
    assert not made.root.exists()


def test_what_was_made_once_may_be_missing_and_is_not_made_again(tmp_path: Path) -> None:
    made = Maildir(tmp_path / "mail", tmp_path / "data" / "made")
    made.make()
    made.make()
    made.root.rename(tmp_path / "away")
    with pytest.raises(MissingMaildir):
        made.make()
    (tmp_path / "data" / "made").unlink()
    made.make()
    assert made.exists()


def test_a_link_to_a_maildir_is_none(maildir: Maildir, tmp_path: Path) -> None:
    elsewhere = Maildir(tmp_path / "elsewhere")
    elsewhere.make()
    (maildir.root / ".Linked").symlink_to(elsewhere.root)
    (maildir.root / ".Half" / "cur").mkdir(parents=True)
    (maildir.root / "unnamed").mkdir()
    for each in ("tmp", "new", "cur"):
        (maildir.root / "unnamed" / each).mkdir()
    assert list(maildir.mailboxes()) == [INBOX]
    assert maildir.folder(MailboxName("Linked")) is None
    assert maildir.folder(MailboxName("Half")) is None


def test_what_an_earlier_try_left_in_tmp_is_written_anew(maildir: Maildir) -> None:
    message = new(LETTER)
    (maildir.root / "tmp" / message.unique).write_bytes(b"half of an earlier try, longer than all")
    maildir.deliver(INBOX, [message])
    (file,) = maildir.files(maildir.root).values()
    assert maildir.read(file) == (LETTER, NOON)
    assert list((maildir.root / "tmp").iterdir()) == []


def test_what_cannot_be_written_leaves_nothing_in_tmp(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        maildir.deliver(INBOX, [new(LETTER), new(LETTER, "2")])
    assert list((maildir.root / "tmp").iterdir()) == []
    assert maildir.files(maildir.root) == {}


def test_a_large_message_is_written_in_as_many_goes_as_it_takes(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    maildir.deliver(INBOX, [new(LETTER)])
    monkeypatch.undo()
    (file,) = maildir.files(maildir.root).values()
    assert maildir.read(file) == (LETTER, NOON)


@pytest.mark.parametrize(
    "received",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC),
        NOON + timedelta(microseconds=1),
    ],
)
def test_when_it_was_received_is_kept_to_the_microsecond(
    maildir: Maildir, received: datetime
) -> None:
    maildir.deliver(INBOX, [New.of("one", LETTER, received)])
    (file,) = maildir.files(maildir.root).values()
    read, head = maildir.read(file), maildir.head(file)
    assert read is not None
    assert head is not None
    assert read[1] == head[2] == received
    assert (
        file.path.stat().st_mtime_ns
        == (received - datetime(1970, 1, 1, tzinfo=UTC)) // (timedelta(microseconds=1)) * 1000
    )


def test_a_message_that_is_there_already_in_the_target_goes_from_the_source(
    maildir: Maildir,
) -> None:
    """An earlier try was broken off between the new name and the old one's end."""
    message = new(LETTER)
    for mailbox in (INBOX, ARCHIVE):
        maildir.deliver(mailbox, [message])
    archive = maildir.make_mailbox(ARCHIVE)
    (file,) = maildir.files(maildir.root).values()
    name = maildir.rename(file, archive, file.name.with_letters({"F"}, ()))
    assert maildir.files(maildir.root) == {}
    (there,) = maildir.files(archive).values()
    assert name == there.name
    assert maildir.read(there) == (LETTER, NOON)


def test_a_message_that_went_meanwhile_is_told_as_gone(maildir: Maildir) -> None:
    message = new(LETTER)
    for mailbox in (INBOX, ARCHIVE):
        maildir.deliver(mailbox, [message])
    archive = maildir.make_mailbox(ARCHIVE)
    (file,) = maildir.files(maildir.root).values()
    file.path.unlink()
    with pytest.raises(FileNotFoundError):
        maildir.rename(file, archive, file.name)
    assert len(maildir.files(archive)) == 1


def test_no_name_is_taken_from_another_message_in_the_same_mailbox(maildir: Maildir) -> None:
    (maildir.root / "new" / "one").write_bytes(b"mine\n")
    (maildir.root / "cur" / "one:2,S").write_bytes(b"theirs\n")
    mine = StoredFile(maildir.root, "new", FileName("one"), "one")
    name = maildir.rename(mine, maildir.root, FileName("one", "S"))
    assert name.unique != "one"
    assert name.letters == "S"
    assert (maildir.root / "cur" / "one:2,S").read_bytes() == b"theirs\n"
    assert (maildir.root / "cur" / name.in_cur).read_bytes() == b"mine\n"


@pytest.mark.parametrize("theirs", ["new/one", "cur/one:2,", "cur/one:2,FS"])
def test_two_messages_of_one_name_are_two_after_a_move(maildir: Maildir, theirs: str) -> None:
    archive = maildir.make_mailbox(ARCHIVE)
    (maildir.root / "cur" / "one:2,").write_bytes(b"mine\n")
    (archive / theirs).write_bytes(b"theirs\n")
    (mine,) = maildir.files(maildir.root).values()
    name = maildir.rename(mine, archive, mine.name)
    assert sorted(each.path.read_bytes() for each in maildir.files(archive).values()) == [
        b"mine\n",
        b"theirs\n",
    ]
    assert maildir.files(archive)[name.unique].path.read_bytes() == b"mine\n"
    assert (archive / theirs).read_bytes() == b"theirs\n"


def test_a_name_that_would_not_change_is_left_alone(maildir: Maildir) -> None:
    maildir.deliver(INBOX, [new(LETTER)], letters="S")
    (file,) = maildir.files(maildir.root).values()
    assert file.subfolder == "cur"
    assert maildir.rename(file, maildir.root, file.name) == file.name
    assert [*maildir.files(maildir.root).values()] == [file]


def test_only_what_is_looked_for_is_found_wherever_it_is(maildir: Maildir) -> None:
    maildir.deliver(INBOX, [New.of("one", LETTER, NOON), New.of("two", LETTER, NOON)])
    maildir.deliver(INBOX, [New.of("three", LETTER, NOON)], letters="S")
    names = {file.name.uid: file for file in maildir.files(maildir.root).values()}
    assert len(names) == 3
    assert maildir.uniques() == {file.name.unique for file in names.values()}
    for uid, file in names.items():
        assert [*maildir.find(maildir.root, [uid])] == [file]
    assert [*maildir.find(maildir.root, [5])] == []


def test_what_is_in_new_and_in_cur_is_found_once(maildir: Maildir) -> None:
    """Another program moves it by link and unlink."""
    for path in ("new/one", "cur/one:2,S"):
        (maildir.root / path).write_bytes(b"x\n")
    found = [*maildir.find(maildir.root, [uid_of("one")])]
    assert [file.subfolder for file in found] == ["new"]
