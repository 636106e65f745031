"""What becomes of the copy of a sent letter, as the commands tell it."""

import pytest

from tests.integration.cli_program import Ended, done, found, tuimail
from tests.integration.scripted_accounts import add_scripted_account
from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tests.servers.scripted_smtp import ScriptedSmtp
from tests.servers.scripted_smtp import Session as SmtpSession


def own(number: int) -> bytes:
    return letter(number, sender="u1@example.com")


def send(number: int, *arguments: str) -> Ended:
    return tuimail("send", "--wait", *arguments, stdin=own(number))


def refuse_copies(server: ScriptedImap) -> None:
    @server.hook("APPEND")
    def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
        session.say(f"{tag} NO [OVERQUOTA] the mailbox is full")
        return True


@pytest.mark.parametrize("files_itself", [True, False])
def test_there_is_one_copy_whoever_files_it_and_it_is_found_at_once(files_itself: bool) -> None:
    with ScriptedImap() as server, ScriptedSmtp() as submission:
        if files_itself:

            @submission.hook("DATA")
            def file(session: SmtpSession, arguments: bytes) -> bool:
                submission.answer(session, "DATA", arguments)
                server.boxes["Sent"].add(submission.letters[-1].content, [r"\Seen"])
                return True

        add_scripted_account(server, submission)
        done("sync")
        ended = send(9)
        assert (ended.status, ended.text) == (0, "Sent: letter work:1\n")
        assert len(server.boxes["Sent"].messages) == 1
        assert len(server.said("APPEND")) == (0 if files_itself else 1)
        assert [each["subject"] for each in found("in:Sent")] == ["Letter 9"]
        done("engine", "stop")


def test_a_refused_copy_is_told_where_one_looks() -> None:
    with ScriptedImap() as server, ScriptedSmtp() as submission:
        refuse_copies(server)
        add_scripted_account(server, submission, outgoing_keys="copy_to_sent = true")
        ended = send(9)
        assert (ended.status, ended.text) == (3, "Sent: letter work:1\n")
        assert "no copy in Sent" in ended.err
        assert "the mailbox is full" in ended.err
        assert len(submission.letters) == 1
        listed = done("outbox").text
        assert "the mailbox is full" in listed
        assert "tuimail pending retry work:" in listed
        assert "full" in done("--json", "outbox").objects[0]["copy_refused"]
        server.hooks.clear()
        done("pending", "retry", "work:1")
        done("sync")
        assert len(server.boxes["Sent"].messages) == 1
        assert done("--json", "outbox").objects[0]["copy_refused"] is None
        done("engine", "stop")


def test_each_account_speaks_of_its_own_letters() -> None:
    """Letters are numbered by account: the first of one is not the first of another."""
    with ScriptedImap() as server, ScriptedSmtp() as good, ScriptedSmtp() as bad:

        @bad.hook("MAIL")
        def refuse(session: SmtpSession, _arguments: bytes) -> bool:
            session.conversation.say("550 not you")
            return True

        keys = "copy_to_sent = false"
        add_scripted_account(server, good, name="a", outgoing_keys=keys)
        add_scripted_account(server, bad, name="b", outgoing_keys=keys)
        assert send(1, "--account", "a").status == 0
        refused = send(2, "--account", "b")
        assert (refused.status, refused.text) == (1, "")
        assert "letter b:1 was not sent: localhost refused: 550 not you" in refused.err
        assert send(3, "--account", "a").text == "Sent: letter a:2\n"
        assert server.said("APPEND") == []
        done("engine", "stop")
