"""`account check` looks at both servers and says what does not work, or has no effect."""

from tests.integration.cli_program import done, tuimail
from tests.integration.scripted_accounts import add_scripted_account
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_smtp import ScriptedSmtp, Session


def test_both_servers_are_tried_and_idle_settings_named() -> None:
    with ScriptedImap() as server, ScriptedSmtp() as submission:
        submission.extensions = ("AUTH PLAIN",)
        add_scripted_account(server, submission, incoming_keys='storage = "2 GB"')
        text = done("account", "check").text
        assert f"logged in to localhost port {server.port}" in text
        assert f"Sending: localhost port {submission.port} takes letters" in text
        assert "incoming.storage has no effect yet" in text
        assert submission.letters == []
        [answer] = done("account", "check", "work", "--json").objects
        assert answer["outgoing"]["ok"]
        assert [name for name, _, _ in submission.logins] == ["PLAIN", "PLAIN"]
        assert answer["no_effect"] == ["incoming.storage"]
        assert "incoming.storage has no effect yet" in done("account", "list").text
        doctor = tuimail("doctor")
        assert "incoming.storage has no effect yet" in doctor.text
        assert doctor.status == 0, doctor.err
        done("engine", "stop")


def test_without_a_name_every_account_is_looked_at() -> None:
    with ScriptedImap() as server, ScriptedSmtp() as submission:
        add_scripted_account(server, submission, name="a")
        add_scripted_account(server, name="b")
        text = done("account", "check").text
        assert f"Sending: localhost port {submission.port} takes letters" in text
        assert "Sending: there is no [outgoing] server" in text

        @submission.hook("EHLO")
        def refuse(session: Session, _arguments: bytes) -> bool:
            session.conversation.say("451 later")
            return True

        ended = tuimail("account", "check")
        assert ended.status == 3
        assert ended.text.count("Mailboxes: 5") == 2
