"""From an account's settings to its servers: what is set there reaches the line."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_imap import Session as ImapSession
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_pop3 import Session as Pop3Session
from tests.servers.scripted_smtp import ScriptedSmtp
from tests.servers.scripted_smtp import Session as SmtpSession
from tuimail.backend.smtp.postman import SmtpPostman
from tuimail.config.load import load_account
from tuimail.config.paths import Paths
from tuimail.config.schema import AccountConfig
from tuimail.engine.accounts import copy_after, open_backend, open_pop3_session, open_postman

TOKEN = "ya29.token"
SAID = base64.b64encode(b"user=u1\1auth=Bearer ya29.token\1\1")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.from_environment({"HOME": str(tmp_path)})
    paths.accounts.mkdir(parents=True)
    return paths


def account(
    paths: Paths, port: int = 993, protocol: str = "imap", keys: str = "", outgoing: str = ""
) -> AccountConfig:
    file = paths.accounts / "work.toml"
    file.write_text(
        f'email = "u1@x.org"\nprotocol = "{protocol}"\n[incoming]\nhost = "localhost"\n'
        f'port = {port}\nsecurity = "none"\nusername = "u1"\n{keys}\n{outgoing}\n'
    )
    return load_account(file)


OAUTH2 = 'auth = "oauth2"\ntoken_command = ["never", "run"]'


async def token() -> str:
    return TOKEN


async def test_a_token_reaches_imap_as_one(paths: Paths) -> None:
    with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR"

        @server.hook("AUTHENTICATE")
        def answer(session: ImapSession, tag: str, _name: str, arguments: bytes) -> bool:
            session.say(f"{tag} OK" if arguments == b"XOAUTH2 " + SAID else f"{tag} NO")
            return True

        backend = open_backend(paths, account(paths, server.port, keys=OAUTH2), token)
        await backend.connect()
        await backend.close()
        assert len(server.said("AUTHENTICATE|LOGIN")) == 1


async def test_a_token_reaches_pop3_as_one(paths: Paths) -> None:
    with ScriptedPop3() as server:
        server.capabilities = ("SASL PLAIN XOAUTH2", "USER", "UIDL")

        @server.hook("AUTH")
        def answer(session: Pop3Session, arguments: bytes) -> bool:
            session.conversation.say("+ ")
            right = (arguments, session.conversation.line()) == (b"XOAUTH2", SAID)
            session.conversation.say("+OK" if right else "-ERR")
            return True

        session = await open_pop3_session(account(paths, server.port, "pop3", OAUTH2), token)
        await session.quit()
        assert server.said("PASS") == []


async def test_a_token_reaches_smtp_as_one_and_so_does_the_name(paths: Paths) -> None:
    with ScriptedSmtp() as server:
        server.extensions = ("AUTH PLAIN LOGIN XOAUTH2",)

        @server.hook("AUTH")
        def answer(session: SmtpSession, arguments: bytes) -> bool:
            session.conversation.say("235 in" if arguments == b"XOAUTH2 " + SAID else "535 no")
            return True

        out = f'[outgoing]\nhost = "localhost"\nport = {server.port}\nsecurity = "none"\n'
        settings = account(paths, keys=OAUTH2, outgoing=out + 'ehlo_name = "desk.test"').outgoing
        assert settings is not None
        postman = open_postman(settings, token)
        assert isinstance(postman, SmtpPostman)
        await postman.check()
        assert server.said("EHLO") == ["EHLO desk.test"]


@pytest.mark.parametrize(
    ("protocol", "host", "keys", "seconds"),
    [
        ("imap", "smtp.example.org", "", 5),
        ("imap", "smtp.gmail.com", "", 20),
        ("imap", "SMTP.office365.com", "", 20),
        ("imap", "smtp.zoho.eu", "", 20),
        ("imap", "smtp.notgmail.com", "", 5),
        ("imap", "smtp.gmail.com", "copy_to_sent = true", 0),
        ("imap", "smtp.gmail.com", "copy_to_sent = false", None),
        ("imap", "smtp.gmail.com", 'copy_to_sent = "auto"', 20),
        ("pop3", "smtp.gmail.com", "", 0),
        ("pop3", "smtp.example.org", "copy_to_sent = false", None),
    ],
)
def test_a_copy_waits_as_long_as_its_server_may_need(
    paths: Paths, protocol: str, host: str, keys: str, seconds: int | None
) -> None:
    out = f'[outgoing]\nhost = "{host}"\n{keys}\n'
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert copy_after(account(paths, protocol=protocol, outgoing=out)) == expected
