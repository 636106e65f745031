"""A message is read where it is, whoever moved or renamed it since it was listed."""

from pathlib import Path

import pytest

from tests.builders import NOON
from tuimail.backend.maildir.maildir import Maildir, New
from tuimail.backend.maildir.originals import Originals
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.uid import uid_of

ARCHIVE = MailboxName("Archive")
ONE = uid_of("one")
CONTENT = b"Subject: one\r\n\r\n"


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "mail")
    made.make()
    made.make_mailbox(ARCHIVE)
    made.deliver(INBOX, [New("one", b"Subject: one\n\n", NOON), New("two", b"two\n", NOON)])
    return made


def test_a_message_is_read_after_each_move(maildir: Maildir) -> None:
    read = Originals(maildir.root)
    places = ["cur/one:2,S", "cur/one:2,FS", ".Archive/cur/one:2,FS", ".Archive/new/one", "new/one"]
    path = maildir.root / "new" / "one"
    assert read(INBOX, ONE) == CONTENT
    for place in places:
        path = path.rename(maildir.root / place)
        assert read(INBOX, ONE) == CONTENT
        assert read(ARCHIVE, ONE) == CONTENT
        assert read(MailboxName("Nowhere"), ONE) == CONTENT
        assert read(INBOX, uid_of("two")) == b"two\r\n"
    path.unlink()
    assert read(INBOX, ONE) is None
    assert read(INBOX, 5) is None


def test_a_folder_is_listed_once_for_all_its_messages(
    maildir: Maildir, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Originals(maildir.root)
    listed: list[Path] = []
    files = Maildir.files

    def listing(self: Maildir, folder: Path) -> object:
        listed.append(folder)
        return files(self, folder)

    monkeypatch.setattr(Maildir, "files", listing)
    for _ in range(3):
        assert read(INBOX, ONE) == CONTENT
        assert read(INBOX, uid_of("two")) == b"two\r\n"
    assert listed == [maildir.root]
