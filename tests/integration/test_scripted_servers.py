"""The scripted servers behave as real ones do, as long as no hook says otherwise."""

import imaplib

from tests.integration.cli_program import done, found
from tests.integration.scripted_accounts import add_scripted_account
from tests.servers.plain_imap import letters_of
from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_smtp import ScriptedSmtp


def test_all_that_a_user_does_reaches_a_scripted_imap_server() -> None:
    with ScriptedImap() as server:
        for number in range(1, 6):
            server.inbox.add(letter(number))
        add_scripted_account(server)
        done("sync")
        ids = {each["subject"]: each["id"] for each in found("in:INBOX")}
        done("archive", ids["Letter 1"])
        done("delete", ids["Letter 2"])
        done("flag", ids["Letter 3"], "+flagged")
        done("sync")
        with imaplib.IMAP4("localhost", server.port) as other:
            other.login("u1", "pw")
            there = letters_of(other)
        assert sorted((each.mailbox, *each.flags) for each in there) == [
            ("Archive",),
            ("INBOX",),
            ("INBOX",),
            ("INBOX", r"\Flagged"),
            ("Trash",),
        ]
        done("engine", "stop")


def test_mail_comes_by_a_scripted_pop3_server_and_leaves_it() -> None:
    with ScriptedPop3() as server:
        server.add("u1", letter(1, body="one\r\n.\r\n..two\r\n"))
        server.add("u2", letter(2))
        add_scripted_account(server)
        done("sync")
        assert {each["subject"] for each in found("in:INBOX")} == {"Letter 1", "Letter 2"}
        identifier = found("subject:1")[0]["id"]
        assert done("show", "--raw", identifier).out == letter(1, body="one\r\n.\r\n..two\r\n")
        assert server.deleted == ["u1", "u2"]
        done("engine", "stop")


def test_a_letter_leaves_by_a_scripted_smtp_server() -> None:
    with ScriptedImap() as server, ScriptedSmtp() as submission:
        submission.extensions = (*submission.extensions, "AUTH PLAIN LOGIN")
        add_scripted_account(server, submission)
        done("send", "--wait", stdin=letter(7, sender="u1@example.com", body=".one\r\n"))
        (taken,) = submission.letters
        assert taken.content.endswith(b"\r\n\r\n.one\r\n")
        assert submission.logins == [("PLAIN", b"u1", b"pw")]
        done("engine", "stop")


def test_news_for_a_client_may_be_the_end_of_its_connection() -> None:
    """What the server was told to cut there is cut, and whoever delivers notices nothing."""
    with ScriptedImap() as server:

        @server.hook("IDLE")
        def cut(session: Session, _tag: str, _name: str, _arguments: bytes) -> bool:
            session.conversation.cut_after(len("+ idling\r\n* 1 E"))
            return False

        other = imaplib.IMAP4("localhost", server.port)
        other.login("u1", "pw")
        other.select()
        other.send(b"t1 IDLE\r\n")
        assert other.readline() == b"+ idling\r\n"
        server.deliver(letter(1))
        assert other.file.read() == b"* 1 E"
        other.shutdown()
        assert len(server.inbox.messages) == 1


def test_a_hook_answers_instead_until_it_is_taken_away() -> None:
    with ScriptedImap() as server:

        @server.hook("NOOP")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} BAD never heard of it")
            return True

        with imaplib.IMAP4("localhost", server.port) as other:
            other.login("u1", "pw")
            try:
                other.noop()
            except imaplib.IMAP4.error as error:
                refusal = str(error)
            server.hooks.clear()
            assert other.noop()[0] == "OK"
        assert "never heard of it" in refusal
        assert server.said("NOOP")
