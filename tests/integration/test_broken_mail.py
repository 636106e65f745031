"""What a real Dovecot cannot read itself is named, and everything else is here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli_program import add_account, done, found, letter, tuimail
from tests.integration.engine_process import no_engine_left
from tests.servers.mail_user import MailUser


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.fixture
def user(mail_user: MailUser) -> MailUser:
    """With three letters in the inbox, and one in each of two others, the last of which is Zoo."""
    for number in (1, 2, 3):
        mail_user.deliver(letter(number))
    with mail_user.imap() as other:
        for name in ("Broken", "Zoo"):
            other.create(name)
            other.subscribe(name)
            other.append(name, "", "", letter(4))
    add_account(mail_user)
    return mail_user


def break_file(path: Path) -> None:
    """Nobody can open it any more, not even root."""
    if path.is_dir():
        path.rename(path.with_name(f"{path.name}.kept"))
    else:
        path.unlink()
    path.symlink_to(path)


def mend_folder(path: Path) -> None:
    path.unlink()
    path.with_name(f"{path.name}.kept").rename(path)


def files_of(user: MailUser) -> list[Path]:
    return sorted(path for each in ("cur", "new") for path in (user.maildir() / each).iterdir())


def readable() -> set[tuple[object, object]]:
    """Mailbox and subject of the messages whose text is here."""
    return {(row["mailbox"], row["subject"]) for row in found("body:body")}


EVERYTHING = {
    ("INBOX", "Budget 1"),
    ("INBOX", "Budget 2"),
    ("INBOX", "Budget 3"),
    ("Broken", "Budget 4"),
    ("Zoo", "Budget 4"),
}


def test_a_mailbox_that_cannot_be_opened_any_more(user: MailUser) -> None:
    done("sync")
    with user.imap() as other:
        other.append("Broken", "", "", letter(5))
    broken = user.maildir("Broken") / "cur"
    break_file(broken)
    user.deliver(letter(6))
    told = tuimail("sync")
    assert told.status == 1
    assert "Broken cannot be read" in told.err
    assert readable() == EVERYTHING | {("INBOX", "Budget 6")}
    examined = tuimail("doctor")
    assert examined.status == 1
    assert "mailbox: work Broken: cannot be read" in examined.err
    assert "Zoo" not in examined.err
    mend_folder(broken)
    done("sync")
    assert readable() > EVERYTHING | {("INBOX", "Budget 6")}


def test_a_letter_that_cannot_be_read(user: MailUser) -> None:
    break_file(files_of(user)[1])
    told = tuimail("sync")
    assert told.status == 1
    assert "message 2" in told.err
    assert "cannot be had" in told.err
    assert readable() == EVERYTHING - {("INBOX", "Budget 2")}
    examined = tuimail("doctor")
    assert examined.status == 1
    assert "message 2" in examined.err
