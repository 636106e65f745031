"""From an IMAP server into a Maildir: every message once, whole, with its flags and its date."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOON, letter
from tuimail.backend.base import Refused
from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer, StoredMessage
from tuimail.backend.maildir.keywords import Keywords
from tuimail.backend.maildir.maildir import Maildir, New, StoredFile
from tuimail.engine import download
from tuimail.engine.download import Download, Here, Wanted, begin, end, inbox_of
from tuimail.model.mail import FLAGGED, INBOX, SEEN, Flag, MailboxName, Role
from tuimail.model.sync import Fetched, Part, ServerMailbox
from tuimail.store.store import StoreError

ARCHIVE = MailboxName("Archive")
ALL_MAIL = MailboxName("All Mail")
STARRED = MailboxName("Starred")
RECENT = Flag("\\Recent")
NOTHING: frozenset[Flag] = frozenset()

Row = tuple[MailboxName, bytes, frozenset[Flag]]


class Copying:
    """A server in memory, a Maildir on disk, and what was told on the way."""

    def __init__(self, root: Path) -> None:
        self.server = DemoServer()
        self.maildir = Maildir(root)
        self.told: list[tuple[str, int, int]] = []
        begin(self.maildir)

    async def run(self) -> list[Here]:
        backend = DemoBackend(self.server)
        await backend.connect()
        self.told.clear()
        return await Download(backend, self.maildir, lambda *it: self.told.append(it)).run()

    def files(self, mailbox: MailboxName = INBOX) -> list[StoredFile]:
        folder = self.maildir.folder(mailbox)
        return [] if folder is None else [*self.maildir.files(folder).values()]

    def rows(self) -> list[Row]:
        """Every message here as mailbox, bytes and flags."""
        keywords = Keywords(self.maildir.root)
        return sorted(
            (name, self.content(file), keywords.flags_of("".join(file.name.letters)))
            for name, folder in self.maildir.mailboxes().items()
            for file in self.maildir.files(folder).values()
        )

    def content(self, file: StoredFile) -> bytes:
        read = self.maildir.read(file)
        assert read is not None
        return read[0]

    def mark(self, uid: int) -> str:
        return Wanted(INBOX, self.server.mailbox(INBOX).validity, uid, NOTHING).mark


@pytest.fixture
def copying(tmp_path: Path) -> Copying:
    return Copying(tmp_path / "mail")


async def test_everything_comes_once_with_flags_and_dates(copying: Copying) -> None:
    one, twin, other = letter("One"), letter("Twin"), letter("Other")
    server = copying.server
    server.append(INBOX, one, {SEEN, RECENT}, NOON)
    server.append(INBOX, twin, {FLAGGED, Flag("$Work")}, NOON)
    server.append(INBOX, twin, (), NOON)
    server.append(ARCHIVE, other, {SEEN}, NOON - timedelta(days=9))
    found = await copying.run()
    expected: list[Row] = [
        (INBOX, one, frozenset({SEEN})),
        (INBOX, twin, frozenset({FLAGGED, Flag("$Work")})),
        (INBOX, twin, NOTHING),
        (ARCHIVE, other, frozenset({SEEN})),
    ]
    assert copying.rows() == sorted(expected)
    assert sorted((each.mailbox, each.size) for each in found) == sorted(
        (name, len(content)) for name, content, _ in expected
    )
    assert len(inbox_of(found)) == 3
    (file,) = copying.files(ARCHIVE)
    read = copying.maildir.read(file)
    assert read is not None
    assert read[1] == NOON - timedelta(days=9)


async def test_what_is_here_already_is_not_fetched_again(copying: Copying) -> None:
    for number in range(3):
        copying.server.deliver(letter(f"{number}"))
    await copying.run()
    before = sorted(file.path for file in copying.files())
    copying.server.deliver(letter("New"))
    await copying.run()
    assert copying.told[0] == ("brought here", 1, 1)
    assert len(copying.files()) == 4
    assert set(before) < {file.path for file in copying.files()}
    await copying.run()
    assert {what for what, _, _ in copying.told} == {"checked"}


@pytest.mark.parametrize("bound", ["number", "bytes"])
async def test_it_says_how_far_it_is_batch_by_batch(
    copying: Copying, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    contents = [letter(f"No. {number}", message_id=f"<{number}@x>") for number in range(4)]
    if bound == "number":
        monkeypatch.setattr(download, "BATCH", 2)
    else:
        monkeypatch.setattr(download, "BATCH_BYTES", 2 * len(contents[0]))
    for content in contents[:3]:
        copying.server.deliver(content)
    copying.server.deliver(contents[3], ARCHIVE)
    await copying.run()
    brought = [told[1:] for told in copying.told if told[0] == "brought here"]
    assert brought == [(2, 4), (3, 4), (4, 4)]
    assert copying.told[3:] == [("checked", number, 4) for number in range(1, 5)]


async def test_a_view_of_all_mail_brings_what_no_mailbox_has(copying: Copying) -> None:
    archived, filed, starred = letter("Archived"), letter("Filed"), letter("Starred")
    server = copying.server
    server.create(ALL_MAIL, Role.ALL)
    server.create(STARRED, Role.FLAGGED)
    for content in (archived, filed, starred, filed):
        server.append(ALL_MAIL, content)
    server.append(INBOX, filed)
    server.append(STARRED, starred)
    await copying.run()
    expected = [(INBOX, filed), (ALL_MAIL, archived), (ALL_MAIL, starred)]
    assert [row[:2] for row in copying.rows()] == sorted(expected)
    await copying.run()
    assert [row[:2] for row in copying.rows()] == sorted(expected)


async def test_twins_in_a_mailbox_are_both_kept_and_a_view_adds_none(copying: Copying) -> None:
    twin = letter("Twin")
    copying.server.create(ALL_MAIL, Role.ALL)
    for name in (INBOX, INBOX, ALL_MAIL, ALL_MAIL):
        copying.server.append(name, twin)
    await copying.run()
    assert [row[:2] for row in copying.rows()] == [(INBOX, twin), (INBOX, twin)]


async def test_what_another_does_on_the_server_between_two_runs_is_taken_over(
    copying: Copying,
) -> None:
    names = ("Read", "Moved", "Deleted")
    read, moved, deleted = (copying.server.deliver(letter(name)) for name in names)
    contents = {uid: it.content for uid, it in copying.server.mailbox(INBOX).messages.items()}
    await copying.run()
    copying.server.store(INBOX, [read], add={SEEN})
    copying.server.move(INBOX, [moved], ARCHIVE)
    copying.server.expunge(INBOX, [deleted])
    found = await copying.run()
    assert len(found) == 2
    # Nobody can tell why a message is gone: what is nowhere else stays.
    assert copying.rows() == sorted(
        [
            (INBOX, contents[read], frozenset({SEEN})),
            (ARCHIVE, contents[moved], NOTHING),
            (INBOX, contents[deleted], NOTHING),
        ]
    )


async def test_mail_that_comes_meanwhile_is_brought_too(
    copying: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = [letter("Late"), letter("Later"), letter("Latest")]
    contents = [letter("First"), *coming]
    copying.server.deliver(contents[0])
    listing = DemoServer.listing

    def deliver_and_list(server: DemoServer) -> list[ServerMailbox]:
        if coming:
            server.deliver(coming.pop())
        return listing(server)

    monkeypatch.setattr(DemoServer, "listing", deliver_and_list)
    await copying.run()
    assert [row[1] for row in copying.rows()] == sorted(contents)


async def test_a_server_whose_mail_keeps_changing_is_refused(
    copying: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = DemoServer.listing

    def deliver_and_list(server: DemoServer) -> list[ServerMailbox]:
        server.deliver(letter())
        return listing(server)

    monkeypatch.setattr(DemoServer, "listing", deliver_and_list)
    with pytest.raises(Refused, match="keeps changing"):
        await copying.run()
    assert len(copying.files()) == copying.server.commands["mailboxes"] == 5


@pytest.mark.parametrize("name", ["1.{}.host", "P1.{}", "1"])
async def test_a_file_of_another_program_is_not_taken_for_a_message_of_the_server(
    copying: Copying, name: str
) -> None:
    uid = copying.server.deliver(content := letter("Ours"))
    foreign = New.of(name.format(copying.mark(uid)), b"S: x\r\n\r\n", NOON)
    copying.maildir.deliver(INBOX, [foreign])
    (here,) = await copying.run()
    assert sorted(row[1] for row in copying.rows()) == sorted([content, b"S: x\r\n\r\n"])
    assert here.size == len(content)


async def test_a_file_that_is_not_as_it_was_stored_ends_it(copying: Copying) -> None:
    copying.server.deliver(letter("One"))
    await copying.run()
    (file,) = copying.files()
    file.path.write_bytes(b"Subject: Another\n\n")
    with pytest.raises(Refused, match="is not as it was stored"):
        await copying.run()


async def test_a_file_that_cannot_be_read_ends_it(
    copying: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying.server.deliver(letter("One"))
    monkeypatch.setattr(Maildir, "read", lambda *_: None)
    with pytest.raises(Refused, match="is not as it was stored"):
        await copying.run()


async def test_a_message_that_cannot_be_read_is_refused_before_any_is_brought(
    copying: Copying,
) -> None:
    copying.server.deliver(letter("Good"))
    copying.server.deliver(b"")
    with pytest.raises(Refused, match="a message in INBOX cannot be read"):
        await copying.run()
    assert copying.files() == []


async def test_a_message_of_which_only_the_header_can_be_read_is_refused(
    copying: Copying, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = DemoBackend._fetched

    def headers_only(backend: DemoBackend, message: StoredMessage, part: Part) -> Fetched:
        fetched = given(backend, message, part)
        return fetched if part is Part.HEADERS else replace(fetched, size=0, content=b"")

    copying.server.deliver(letter("Good"))
    monkeypatch.setattr(DemoBackend, "_fetched", headers_only)
    with pytest.raises(Refused, match="a message in INBOX cannot be read"):
        await copying.run()
    assert copying.files() == []


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(28, "No space left on device"), "No space left"), (OSError("gone"), "gone")],
)
async def test_a_full_disk_is_told_in_words(
    copying: Copying, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    copying.server.deliver(letter("One"))
    monkeypatch.setattr(Maildir, "deliver", fail)
    with pytest.raises(StoreError, match=f"cannot be stored here: {words}"):
        await copying.run()


def mailboxes_of(root: Path) -> set[str]:
    return {path.name for path in root.parent.iterdir()}


def keep_one(root: Path, subject: str) -> None:
    maildir = Maildir(root)
    maildir.make()
    maildir.deliver(INBOX, [New.of("1.1.host", letter(subject), NOON)])


@pytest.mark.parametrize("taken", [(), ("mail~1",), ("mail~1", "mail~2")])
def test_a_maildir_of_earlier_days_is_kept_under_a_free_name(
    tmp_path: Path, taken: Collection[str]
) -> None:
    root = tmp_path / "mail"
    for name in taken:
        (tmp_path / name).symlink_to("nowhere")
    keep_one(root, "Earlier")
    begin(Maildir(root))
    aside = f"mail~{len(taken) + 1}"
    assert mailboxes_of(root) == {"mail", aside, *taken}
    assert Maildir(root).uniques() == set()
    assert len(Maildir(tmp_path / aside).uniques()) == 1


def test_a_maildir_that_an_interrupted_download_has_begun_is_gone_on_with(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    begin(Maildir(root))
    keep_one(root, "Begun")
    begin(Maildir(root))
    assert mailboxes_of(root) == {"mail"}
    assert len(Maildir(root).uniques()) == 1
    # Once it is the account's own, it is of earlier days for the next one.
    end(Maildir(root))
    end(Maildir(root))
    begin(Maildir(root))
    assert mailboxes_of(root) == {"mail", "mail~1"}


def test_an_empty_maildir_is_used_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "mail"
    Maildir(root).make()
    begin(Maildir(root))
    assert mailboxes_of(root) == {"mail"}
    assert Maildir(root).exists()


def test_what_it_notes_is_for_its_user_only_and_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(download, "sync_folder", synced.append)
    root = tmp_path / "mail"
    keep_one(root, "Earlier")
    begin(Maildir(root))
    assert synced == [tmp_path, root]
    (marker,) = root.glob("tuimail-*")
    assert marker.stat().st_mode & 0o777 == 0o600
    end(Maildir(root))
    assert synced == [tmp_path, root, root]
    assert [*root.glob("tuimail-*")] == []
