"""The servers that other tests rely on do what those tests believe."""

import imaplib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.mail_user import MailUser
from tests.servers.plain_imap import Letter

LETTER = b"Subject: hello\r\n\r\nto you\r\n"
SHA256 = "c3c4f47a8d9a452728c5d0b9953cdc42a1acd45de88dd7acbdb1847617ad5477"


def test_a_delivered_letter_is_seen_byte_by_byte(mail_user: MailUser) -> None:
    received = datetime(2026, 1, 31, 12, 0, 5, tzinfo=UTC)
    mail_user.deliver(LETTER, "Lists/python", flags="SF", received=received)
    flags = frozenset({r"\Seen", r"\Flagged"})
    expected = Letter("Lists/python", 1, flags, "31-Jan-2026 12:00:05 +0000", SHA256)
    assert mail_user.letters() == {expected: 1}


def test_mail_and_ports_outlive_a_restart(dovecot: Dovecot, mail_user: MailUser) -> None:
    mail_user.deliver(LETTER)
    before, ports = mail_user.letters(), dict(dovecot.ports)
    dovecot.restart()
    assert (mail_user.letters(), dovecot.ports) == (before, ports)
    assert before.total() == 1


def test_a_stopped_server_answers_nobody(dovecot: Dovecot, mail_user: MailUser) -> None:
    dovecot.stop()
    try:
        with pytest.raises(ConnectionRefusedError), mail_user.imap():
            pass
    finally:
        dovecot.start()


def test_a_wrong_password_is_refused_without_a_pause(mail_user: MailUser) -> None:
    for _ in range(3):
        connection = imaplib.IMAP4(mail_user.host, mail_user.server.imap, timeout=2)
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            connection.login(mail_user.name, "wrong")
        connection.shutdown()


def test_a_poorer_server_announces_no_more_than_it_was_told(
    poorer_dovecot: Callable[[Sequence[str]], Dovecot],
) -> None:
    user = MailUser(server := poorer_dovecot(["IMAP4rev1", "IDLE"]), server.new_user())
    with user.imap() as connection:
        assert set(connection.capability()[1]) == {b"IMAP4rev1 IDLE"}
