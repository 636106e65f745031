"""Ways of logging in: what is tried, what is said, and what a server's answers mean."""

import asyncio
import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.exchange import FOR_TOKENS, Answer, Exchange, Verdict, Way, is_of_way
from tuimail.backend.sasl import LogIn, Memory, Offer, ways_in
from tuimail.backend.server import Server
from tuimail.model.safe_text import SafeText

SECRET = "hunter2 ä"
SERVER = Server("mail.test", 993, "tls", "anna")
WITH_TOKEN = replace(SERVER, auth="oauth2")
ALL = Offer(
    frozenset({"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER", "CRAM-MD5", "SCRAM-SHA-256"}),
    command=True,
)


def offer(*mechanisms: str, command: bool = False) -> Offer:
    return Offer(frozenset(mechanisms), command)


@pytest.mark.parametrize(
    ("server", "offered", "ways"),
    [
        (SERVER, ALL, (Way.PLAIN, Way.COMMAND, Way.LOGIN)),
        (SERVER, offer(command=True), (Way.COMMAND,)),
        (SERVER, offer("LOGIN", "XOAUTH2"), (Way.LOGIN,)),
        (WITH_TOKEN, ALL, (Way.XOAUTH2, Way.OAUTHBEARER)),
        (WITH_TOKEN, offer("OAUTHBEARER", "PLAIN", command=True), (Way.OAUTHBEARER,)),
        (replace(SERVER, sasl="PLAIN"), ALL, (Way.PLAIN,)),
        (replace(SERVER, sasl="LOGIN"), ALL, (Way.COMMAND, Way.LOGIN)),
        (replace(SERVER, sasl="LOGIN"), offer("PLAIN", "LOGIN"), (Way.LOGIN,)),
        (replace(WITH_TOKEN, sasl="OAUTHBEARER"), ALL, (Way.OAUTHBEARER,)),
    ],
)
def test_ways_have_a_fixed_order(server: Server, offered: Offer, ways: tuple[Way, ...]) -> None:
    assert ways_in(server, offered) == ways


@pytest.mark.parametrize(
    ("server", "offered", "words"),
    [
        (SERVER, offer("CRAM-MD5", "NTLM"), "no way to log in with a password"),
        (SERVER, offer(), "no mechanism"),
        (WITH_TOKEN, offer("PLAIN", "LOGIN", command=True), "access token"),
        (WITH_TOKEN, offer(), "access token"),
        (replace(SERVER, sasl="PLAIN"), offer("LOGIN", command=True), "by PLAIN, which the sett"),
        (replace(SERVER, sasl="LOGIN"), offer("PLAIN"), "by LOGIN, which the settings ask for"),
        (replace(WITH_TOKEN, sasl="XOAUTH2"), offer("OAUTHBEARER"), "by XOAUTH2"),
    ],
)
def test_where_there_is_no_way_a_sentence_says_so(
    server: Server, offered: Offer, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        ways_in(server, offered)
    assert "mail.test" in str(refusal.value)


@pytest.mark.parametrize(
    ("way", "server", "said"),
    [
        (Way.PLAIN, SERVER, ["\0anna\0hunter2 ä"]),
        (Way.LOGIN, SERVER, ["anna", "hunter2 ä"]),
    ],
)
def test_each_mechanism_says_what_it_has_to(way: Way, server: Server, said: list[str]) -> None:
    exchange = Exchange(way, server, SECRET)
    assert not exchange.told
    for text in said:
        assert base64.b64decode(exchange.answer(b"")).decode() == text
    assert exchange.told
    assert exchange.answer(b"more") == b"*"
    assert exchange.given_up


def test_a_token_goes_as_a_token() -> None:
    xoauth2 = Exchange(Way.XOAUTH2, WITH_TOKEN, "ya29.X")
    assert base64.b64decode(xoauth2.initial) == b"user=anna\1auth=Bearer ya29.X\1\1"
    server = replace(WITH_TOKEN, username="anna,b=c@x.test")
    bearer = Exchange(Way.OAUTHBEARER, server, "ya29.X")
    assert base64.b64decode(bearer.initial) == (
        b"n,a=anna=2Cb=3Dc@x.test,\1host=mail.test\1port=993\1auth=Bearer ya29.X\1\1"
    )


@pytest.mark.parametrize("token", ["two words", "a\1b", "a\r\nb"])
def test_what_is_no_token_does_not_leave(token: str) -> None:
    for way in (Way.XOAUTH2, Way.OAUTHBEARER):
        with pytest.raises(Refused, match="token for") as refusal:
            Exchange(way, WITH_TOKEN, token)
        assert token not in str(refusal.value)


@pytest.mark.parametrize("secret", ["a\0b", "\ud800"])
def test_what_is_no_password_does_not_leave(secret: str) -> None:
    with pytest.raises(Refused, match="User name or password for"):
        Exchange(Way.PLAIN, SERVER, secret)


def test_a_response_that_was_ignored_is_sent_once_more() -> None:
    exchange = Exchange(Way.PLAIN, SERVER, SECRET)
    assert exchange.answer(b"") == exchange_initial(Way.PLAIN)
    assert exchange.answer(b"") == b"*"


def exchange_initial(way: Way) -> bytes:
    return Exchange(way, SERVER, SECRET).initial


@pytest.mark.parametrize(("way", "reply"), [(Way.XOAUTH2, b""), (Way.OAUTHBEARER, b"AQ==")])
def test_what_a_server_has_against_a_token_is_a_sentence(way: Way, reply: bytes) -> None:
    exchange = Exchange(way, WITH_TOKEN, "ya29.X")
    said = {"status": "401", "schemes": "bearer", "scope": "https://mail.test/", "more": ["x"]}
    assert exchange.answer(base64.b64encode(json.dumps(said).encode())) == reply
    assert exchange.complaint == "status 401, schemes bearer, scope https://mail.test/"
    assert exchange.refused("no").verdict is Verdict.PASSWORD
    assert exchange.answer(b"") == b"*"


@pytest.mark.parametrize(
    "challenge",
    [b"", b"!!", b"e30=", b"W10=", base64.b64encode(b"\xff{"), base64.b64encode(b"[" * 99_999)],
)
def test_what_is_no_complaint_is_none(challenge: bytes) -> None:
    exchange = Exchange(Way.XOAUTH2, WITH_TOKEN, "ya29.X")
    answer = exchange.answer(challenge)
    assert answer in (exchange_of_token(), b"")
    assert len(exchange.complaint) < 100


def exchange_of_token() -> bytes:
    return Exchange(Way.XOAUTH2, WITH_TOKEN, "ya29.X").initial


@pytest.mark.parametrize(
    "text",
    [
        "authentication mechanism not supported, mate",
        "Unsupported authentication mechanism.",
        "PLAIN authentication disabled",
        "5.7.4 Unrecognized authentication type",
        "Error: authentication failed: no mechanism available",
        "SASL not currently available",
        "unknown",
        "Command not implemented",
        "disabled.",
        "Unknown command",
    ],
)
def test_a_refusal_of_the_mechanism_is_known_by_its_words(text: str) -> None:
    assert is_of_way(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Login failed",
        "Invalid login or password",
        "unknown user or wrong password",
        "Your account is disabled",
        "You are yet to enable IMAP for your account",
        "Authentication failed. Please check the authorization code",
        "Username and Password not accepted",
    ],
)
def test_other_refusals_are_not(text: str) -> None:
    assert not is_of_way(text)


class Scripted:
    """A line that answers each way with what a test says; "" is the end of the line."""

    def __init__(self, offered: Offer, **answers: Answer | None) -> None:
        self.offer = offered
        self.tried: list[Way] = []
        self._answers = answers

    def forms(self, exchange: Exchange) -> Sequence[bool]:
        return (False,)

    async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
        answer = self._answers.get(exchange.way)
        if answer is None:
            raise Unreachable("the line has ended")
        self.tried.append(exchange.way)
        return answer


IN = Answer(Verdict.IN)
OF_WAY = Answer(Verdict.WAY, SafeText("not this way"))
UNCLEAR = Answer(Verdict.UNCLEAR, SafeText("no"))
WRONG = Answer(Verdict.PASSWORD, SafeText("wrong"))
LATER = Answer(Verdict.LATER, SafeText("in use"))
BUSY = Answer(Verdict.BUSY, SafeText("busy"))


def log_in(memory: Memory | None = None, server: Server = SERVER) -> LogIn:
    async def secret() -> str:
        return SECRET

    return LogIn(server, secret, memory or Memory())


async def tried(line: Scripted, attempt: LogIn | None = None) -> list[Way]:
    attempt = attempt or log_in()
    await attempt.prepare(line.offer)
    assert await attempt.over(line)
    return line.tried


async def test_a_refused_way_is_followed_by_the_next() -> None:
    line = Scripted(ALL, PLAIN=OF_WAY, COMMAND=OF_WAY, LOGIN=IN)
    assert await tried(line) == [Way.PLAIN, Way.COMMAND, Way.LOGIN]


async def test_what_may_be_a_refused_password_is_tried_by_one_more_way() -> None:
    assert await tried(Scripted(ALL, PLAIN=UNCLEAR, COMMAND=IN)) == [Way.PLAIN, Way.COMMAND]
    line = Scripted(ALL, PLAIN=UNCLEAR, COMMAND=UNCLEAR, LOGIN=IN)
    with pytest.raises(NotAuthorized, match="refused the user name or password: no"):
        await tried(line)
    assert line.tried == [Way.PLAIN, Way.COMMAND]


async def test_a_refused_password_is_tried_no_other_way() -> None:
    line = Scripted(ALL, PLAIN=WRONG, COMMAND=IN)
    with pytest.raises(NotAuthorized, match="wrong"):
        await tried(line)
    assert line.tried == [Way.PLAIN]


async def test_what_comes_after_a_doubt_does_not_make_it_a_matter_of_time() -> None:
    """A password that may be wrong is asked for, and never sent again and again."""
    for second in (BUSY, None):
        line = Scripted(ALL, PLAIN=UNCLEAR, COMMAND=second)
        attempt = log_in()
        await attempt.prepare(ALL)
        if second is None:
            assert not await attempt.over(line)
            line = Scripted(ALL)
        with pytest.raises(NotAuthorized, match="password: no"):
            await attempt.over(line)


async def test_a_server_that_is_busy_or_gone_is_for_later() -> None:
    in_use = Scripted(ALL, PLAIN=UNCLEAR, COMMAND=LATER)
    for line in (Scripted(ALL, PLAIN=LATER), Scripted(ALL, PLAIN=BUSY), in_use, Scripted(ALL)):
        with pytest.raises(Unreachable):
            await tried(line)


async def test_no_way_left_is_no_question_of_the_password() -> None:
    line = Scripted(ALL, PLAIN=OF_WAY, COMMAND=OF_WAY, LOGIN=OF_WAY)
    with pytest.raises(Refused, match="did not accept the way of logging in: not this way"):
        await tried(line)


async def test_a_line_that_ends_after_a_refusal_is_made_anew_for_the_next_way() -> None:
    attempt = log_in()
    await attempt.prepare(ALL)
    assert not await attempt.over(Scripted(ALL, PLAIN=OF_WAY))
    second = Scripted(ALL, PLAIN=IN, COMMAND=IN)
    assert await tried(second, attempt) == [Way.COMMAND]


async def test_the_way_that_worked_is_the_first_the_next_time() -> None:
    memory = Memory()
    assert len(await tried(Scripted(ALL, PLAIN=OF_WAY, COMMAND=IN), log_in(memory))) == 2
    assert await tried(Scripted(ALL, PLAIN=OF_WAY, COMMAND=IN), log_in(memory)) == [Way.COMMAND]
    again = Scripted(ALL, PLAIN=IN, COMMAND=OF_WAY)
    assert await tried(again, log_in(memory)) == [Way.COMMAND, Way.PLAIN]


async def test_a_way_at_which_the_line_ends_is_the_last_the_next_time() -> None:
    memory = Memory()
    with pytest.raises(Unreachable):
        await tried(Scripted(ALL), log_in(memory))
    assert await tried(Scripted(ALL, COMMAND=IN), log_in(memory)) == [Way.COMMAND]
    # It may have been the network: what has worked before stays the first.
    with pytest.raises(Unreachable):
        await tried(Scripted(ALL), log_in(memory))
    assert await tried(Scripted(ALL, COMMAND=IN, PLAIN=IN), log_in(memory)) == [Way.COMMAND]


async def test_a_way_that_is_never_answered_is_the_last_the_next_time() -> None:
    class Silent(Scripted):
        async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
            await asyncio.Event().wait()
            raise AssertionError

    memory = Memory()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await tried(Silent(ALL), log_in(memory))
    assert await tried(Scripted(ALL, PLAIN=IN, COMMAND=IN), log_in(memory)) == [Way.COMMAND]


async def test_no_secret_is_asked_for_where_there_is_no_way() -> None:
    async def secret() -> str:
        raise AssertionError("nobody may be asked")

    with pytest.raises(Refused):
        await LogIn(WITH_TOKEN, secret, Memory()).prepare(offer("PLAIN", command=True))


async def test_a_refusal_that_repeats_the_secret_does_not_show_it() -> None:
    echo = Answer(Verdict.PASSWORD, SafeText(f"{SECRET} is wrong"))
    with pytest.raises(NotAuthorized, match=r"password: … is wrong"):
        await tried(Scripted(ALL, PLAIN=echo))


async def test_a_refused_token_is_called_a_token() -> None:
    with pytest.raises(NotAuthorized, match="token: wrong; token_command has to print another"):
        await tried(Scripted(ALL, XOAUTH2=WRONG), log_in_with_token())


def log_in_with_token() -> LogIn:
    async def token() -> str:
        return "ya29.X"

    return LogIn(WITH_TOKEN, token, Memory())


@pytest.mark.parametrize("way", FOR_TOKENS)
def test_who_has_a_password_for_a_server_of_tokens_is_told_of_tokens(way: Way) -> None:
    with pytest.raises(Refused, match='auth = "oauth2" and token_command'):
        ways_in(SERVER, offer(way))
