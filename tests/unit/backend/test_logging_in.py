"""Logging in to servers that announce more than they can, by IMAP and POP3."""

import asyncio
import base64
from collections.abc import Callable

import pytest

from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_imap import Session as ImapSession
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_pop3 import Session as Pop3Session
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.imap.login import open_session as open_imap
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.pop3.opening import open_session as open_pop3
from tuimail.backend.server import Auth, Server
from tuimail.wire.imap_commands import simple

QUICK = Patience(silence=2, handshake=1, opening=2)
LOG_INS = "AUTH|LOGIN|USER|PASS"
ERROR = base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode()


async def secret() -> str:
    return "sesame"


async def log_in(
    server: ScriptedImap | ScriptedPop3, *, auth: Auth = "password", sasl: str = ""
) -> list[str]:
    """What was said to log in, without the tags; raises what a backend raises."""
    if isinstance(server, ScriptedImap):
        settings = ImapSettings("localhost", server.port, "none", "u1", auth=auth, sasl=sasl)
        line = await open_imap(settings, secret, QUICK, lambda _: None)
        await line.run(simple("NOOP"))
        await line.close()
    else:
        plain = Server("localhost", server.port, "none", "u1", auth=auth, sasl=sasl)
        session = await open_pop3(plain, secret, QUICK)
        await session.quit()
    return said(server)


def said(server: ScriptedImap | ScriptedPop3) -> list[str]:
    lines = server.said(LOG_INS)
    return [each.partition(" ")[2] for each in lines] if isinstance(server, ScriptedImap) else lines


def plain() -> str:
    return base64.b64encode(b"\0u1\0sesame").decode()


def xoauth2() -> str:
    return base64.b64encode(b"user=u1\1auth=Bearer sesame\1\1").decode()


# --- IMAP


def imap(capabilities: str, *answers: str) -> ScriptedImap:
    """Answers each AUTHENTICATE with the next of these, and then lets everybody in.

    "close" behind an answer ends the line after it; "+" asks for a response first.
    """
    server = ScriptedImap()
    server.capabilities = f"IMAP4rev1 {capabilities}"
    left = list(answers)

    @server.hook("AUTHENTICATE")
    def authenticate(session: ImapSession, tag: str, _name: str, _arguments: bytes) -> bool:
        answer = left.pop(0) if left else "OK in"
        while answer.startswith("+"):
            challenge, _, answer = answer.partition("|")
            session.say(f"+ {challenge[1:]}")
            session.conversation.line()
        session.say(f"{tag} {answer.removesuffix(' close')}")
        if answer.endswith("close"):
            session.conversation.hang_up()
        return True

    return server


@pytest.mark.parametrize(
    "refusal",
    [
        "NO authentication mechanism not supported, mate",
        "BAD unknown mechanism",
        "NO [CANNOT] PLAIN is disabled",
        "NO go away",
        "NO AUTHENTICATE failed. close",
        "BAD Command unrecognized close",
    ],
)
async def test_imap_goes_on_to_the_login_command(refusal: str) -> None:
    with imap("AUTH=PLAIN AUTH=LOGIN", refusal) as server:
        assert (await log_in(server))[-1] == 'LOGIN "u1" "sesame"'


async def test_a_mechanism_is_announced_in_vain_and_login_is_disabled() -> None:
    with imap(
        "AUTH=PLAIN AUTH=LOGIN LOGINDISABLED", "NO mechanism disabled", "+VXNlcg==|+|OK in"
    ) as (server):
        assert await log_in(server) == ["AUTHENTICATE PLAIN", "AUTHENTICATE LOGIN"]
        assert server.said("^dTE=$")
        assert server.said(f"^{base64.b64encode(b'sesame').decode()}$")


@pytest.mark.parametrize("refusal", ["NO [AUTHENTICATIONFAILED] no", "NO [EXPIRED] change it"])
async def test_imap_asks_at_once_where_the_password_is_refused(refusal: str) -> None:
    with imap("AUTH=PLAIN SASL-IR", refusal) as server:
        with pytest.raises(NotAuthorized):
            await log_in(server)
        assert len(said(server)) == 1


async def test_imap_tries_a_password_twice_at_most() -> None:
    with imap("AUTH=PLAIN AUTH=LOGIN SASL-IR", "NO no", "NO no", "NO no") as server:

        @server.hook("LOGIN")
        def refuse(session: ImapSession, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} NO no")
            return True

        with pytest.raises(NotAuthorized):
            await log_in(server)
        assert len(said(server)) == 2


async def test_imap_sends_the_response_later_where_it_is_not_understood_at_once() -> None:
    with imap("AUTH=XOAUTH2 SASL-IR", "BAD syntax error", "+|OK in") as server:
        lines = await log_in(server, auth="oauth2")
        assert lines == [f"AUTHENTICATE XOAUTH2 {xoauth2()}", "AUTHENTICATE XOAUTH2"]
        assert server.said(f"^{xoauth2()}$")


async def test_a_token_that_imap_refuses_is_told_in_words_and_answered() -> None:
    with imap("AUTH=XOAUTH2 AUTH=PLAIN SASL-IR", f"+{ERROR}|NO no") as server:
        with pytest.raises(NotAuthorized, match="access token: status 400, schemes Bearer"):
            await log_in(server, auth="oauth2")
        assert said(server) == [f"AUTHENTICATE XOAUTH2 {xoauth2()}"]
        assert server.said("^$") == [""]


@pytest.mark.parametrize(
    ("capabilities", "auth", "sasl"),
    [
        ("AUTH=PLAIN AUTH=LOGIN SASL-IR", "oauth2", ""),
        ("AUTH=PLAIN AUTH=OAUTHBEARER", "oauth2", "XOAUTH2"),
        ("AUTH=LOGIN", "password", "PLAIN"),
        ("AUTH=PLAIN LOGINDISABLED", "password", "LOGIN"),
        ("AUTH=CRAM-MD5 LOGINDISABLED", "password", ""),
    ],
)
async def test_what_imap_does_not_offer_is_not_tried(
    capabilities: str, auth: Auth, sasl: str
) -> None:
    with imap(capabilities) as server:
        with pytest.raises(Refused, match="localhost offers no"):
            await log_in(server, auth=auth, sasl=sasl)
        assert said(server) == []
        assert "sesame" not in server.transcript()


@pytest.mark.parametrize("answer", ["OK hello", "NO never", "BAD what"])
async def test_the_server_hears_who_we_are_and_may_not_care(answer: str) -> None:
    with imap("AUTH=PLAIN ID") as server:

        @server.hook("ID")
        def identified(session: ImapSession, tag: str, _name: str, _arguments: bytes) -> bool:
            session.say(f"{tag} {answer}")
            return True

        await log_in(server)
        (line,) = server.said(" ID ")
        assert '"name" "tuimail"' in line


async def test_who_does_not_want_to_know_is_not_told() -> None:
    with imap("AUTH=PLAIN") as server:
        await log_in(server)
        assert server.said(" ID ") == []


# --- POP3


def pop3(
    *capabilities: str, answer: Callable[[Pop3Session, bytes], str | None] = lambda *_: "+OK"
) -> ScriptedPop3:
    server = ScriptedPop3()
    server.capabilities = ("TOP", "UIDL", *capabilities)

    @server.hook("AUTH")
    def authenticate(session: Pop3Session, arguments: bytes) -> bool:
        words = answer(session, arguments)
        if words is not None:
            session.conversation.say(words)
        return True

    return server


def challenging(after: str) -> Callable[[Pop3Session, bytes], str]:
    """Asks for a response and answers it so."""

    def answer(session: Pop3Session, arguments: bytes) -> str:
        session.conversation.say("+ ")
        session.conversation.line()
        return after

    return answer


def closing(answer: str) -> Callable[[Pop3Session, bytes], str]:
    def end(session: Pop3Session, arguments: bytes) -> str:
        session.conversation.say(answer)
        session.conversation.hang_up()
        raise AssertionError

    return end


@pytest.mark.parametrize(
    "answer",
    [
        lambda *_: "-ERR unknown",
        lambda *_: "-ERR disabled",
        challenging("-ERR no"),
        challenging("-ERR authentication method not supported"),
        closing("-ERR AUTH is not available here"),
    ],
)
async def test_pop3_goes_on_to_user_and_pass(
    answer: Callable[[Pop3Session, bytes], str],
) -> None:
    with pop3("SASL CRAM-MD5 PLAIN", answer=answer) as server:
        assert (await log_in(server))[-2:] == ["USER u1", "PASS sesame"]


async def test_pop3_asks_at_once_where_the_password_is_refused() -> None:
    with pop3("SASL PLAIN", "USER", answer=challenging("-ERR [AUTH] wrong")) as server:
        with pytest.raises(NotAuthorized, match="wrong"):
            await log_in(server)
        assert said(server) == ["AUTH PLAIN"]


async def test_pop3_tries_a_password_twice_at_most() -> None:
    with pop3("SASL PLAIN LOGIN", answer=challenging("-ERR no")) as server:
        server.password = b"other"

        @server.hook("PASS")
        def refuse(session: Pop3Session, arguments: bytes) -> bool:
            session.conversation.say("-ERR no")
            return True

        with pytest.raises(NotAuthorized):
            await log_in(server)
        assert said(server) == ["AUTH PLAIN", "USER u1", "PASS sesame"]


async def test_a_maildrop_in_use_is_no_refused_password() -> None:
    with pop3("SASL PLAIN", answer=challenging("-ERR no")) as server:

        @server.hook("PASS")
        def locked(session: Pop3Session, arguments: bytes) -> bool:
            session.conversation.say("-ERR [IN-USE] locked by another session")
            return True

        with pytest.raises(Unreachable, match="locked by another"):
            await log_in(server)


async def test_pop3_says_it_at_once_where_a_response_is_missing() -> None:
    def answer(session: Pop3Session, arguments: bytes) -> str:
        return "+OK in" if b" " in arguments else "-ERR missing argument"

    with pop3("SASL PLAIN", answer=answer) as server:
        assert await log_in(server) == ["AUTH PLAIN", f"AUTH PLAIN {plain()}"]


async def test_a_token_that_pop3_refuses_is_told_in_words_and_answered() -> None:
    def answer(session: Pop3Session, arguments: bytes) -> str:
        session.conversation.say("+ ")
        session.conversation.line()
        session.conversation.say(f"+ {ERROR}")
        assert session.conversation.line() == b""
        return "-ERR no"

    with pop3("SASL XOAUTH2 PLAIN", "USER", answer=answer) as server:
        with pytest.raises(NotAuthorized, match="access token: status 400"):
            await log_in(server, auth="oauth2")
        assert said(server) == ["AUTH XOAUTH2"]


@pytest.mark.parametrize(
    ("capability", "auth", "sasl"),
    [
        ("USER", "oauth2", ""),
        ("SASL PLAIN LOGIN", "oauth2", ""),
        ("SASL XOAUTH2", "oauth2", "OAUTHBEARER"),
        ("SASL LOGIN", "password", "PLAIN"),
    ],
)
async def test_what_pop3_does_not_offer_is_not_tried(
    capability: str, auth: Auth, sasl: str
) -> None:
    with pop3(capability) as server:
        with pytest.raises(Refused, match="localhost offers no"):
            await log_in(server, auth=auth, sasl=sasl)
        assert said(server) == []


async def test_a_response_that_is_too_long_for_a_command_is_not_tried_as_one() -> None:
    async def long() -> str:
        return "x" * 300

    with pop3("SASL XOAUTH2", answer=lambda *_: "-ERR missing argument") as server:
        settings = Server("localhost", server.port, "none", "u1", auth="oauth2")
        with pytest.raises(Refused, match="way of logging in"):
            await open_pop3(settings, long, QUICK)
        assert said(server) == ["AUTH XOAUTH2"]


@pytest.mark.parametrize("refusal", ["-ERR [AUTH] no", "-ERR [SYS/PERM] never", "-ERR unknown"])
async def test_no_line_stays_open_behind_a_refusal(refusal: str) -> None:
    def refuse(session: Pop3Session, arguments: bytes) -> bool:
        session.conversation.say(refusal)
        return True

    with pop3("SASL PLAIN", answer=challenging(refusal)) as server:
        server.hook("USER")(refuse)
        with pytest.raises((NotAuthorized, Refused)):
            await log_in(server)
        async with asyncio.timeout(5):
            while True:
                if sum(each.by == "-" for each in server.heard) == server.connections:
                    break
                await asyncio.sleep(0.01)
