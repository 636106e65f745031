"""An IMAP message too large to come by itself: told in a sentence, whole when it is asked for."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.integration.cli_program import add_account, done, found
from tests.integration.engine_process import no_engine_left
from tests.integration.test_sending_large import MEGABYTE, letter_of, most_memory
from tests.servers.mail_user import MailUser


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    with no_engine_left():
        yield


@pytest.mark.long
def test_sixty_megabytes_come_when_they_are_asked_for(mail_user: MailUser) -> None:
    content = letter_of(60 * MEGABYTE, "bert@example.net")
    mail_user.deliver(content)
    add_account(mail_user)
    done("sync")
    [listed] = found("subject:Large")
    number = str(listed["id"])
    assert "too large to come by itself" in done("show", number).text
    before = most_memory()
    raw = done("show", "--raw", number).out
    assert hashlib.sha256(raw).digest() == hashlib.sha256(content).digest()
    print(f"{before / MEGABYTE:.0f} MB before, {most_memory() / MEGABYTE:.0f} MB at most")
    assert "QUJD" in done("show", number).text
