"""Submission servers as they are: what they announce in vain, and what they have never heard of."""

import asyncio
import base64
from collections.abc import Callable

import pytest

from tests.servers.scripted_smtp import ScriptedSmtp, Session
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.server import Auth
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings
from tuimail.mime.seven_bit import in_seven_bits

QUICK = SmtpPatience(opening=2, answer=2, verdict=2)
LETTER = b"From: anna@example.org\r\nSubject: Budget\r\n\r\nThe figures.\r\n"
EIGHT = (
    "From: anna@example.org\r\nSubject: Budget\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße\r\n"
).encode()
ERROR = base64.b64encode(b'{"status":"400","schemes":"Bearer"}').decode()
Answer = Callable[[Session, bytes], str | None]


async def deliver(
    server: ScriptedSmtp,
    content: bytes = LETTER,
    *,
    auth: Auth = "password",
    sasl: str = "",
    ehlo_name: str = "",
    secret: str = "sesame",
    times: int = 1,
) -> bytes:
    """What arrived last."""

    async def known() -> str:
        return secret

    async def nothing() -> None:
        return

    settings = SmtpSettings(
        "localhost", server.port, "none", "u1", auth=auth, sasl=sasl, ehlo_name=ehlo_name
    )
    postman = SmtpPostman(settings, known, QUICK, in_seven_bits)
    async with asyncio.timeout(10):
        for _ in range(times):
            try:
                await postman.deliver("anna@example.org", ("bert@x.net",), content, nothing)
            finally:
                postman.leave()
    return server.letters[-1].content


def smtp(*extensions: str, **answers: Answer) -> ScriptedSmtp:
    """Each keyword is a command that is answered so; None leaves it to the server."""
    server = ScriptedSmtp()
    server.extensions = extensions or ("SIZE 50000000",)
    for name, answer in answers.items():

        @server.hook(name)
        def hook(session: Session, arguments: bytes, answer: Answer = answer) -> bool:
            words = answer(session, arguments)
            if words is not None:
                session.conversation.say(words)
            return words is not None

    return server


# --- who we are


@pytest.mark.parametrize("refusal", ["500 what", "502 not implemented", "504 no"])
async def test_who_knows_no_ehlo_is_greeted_by_helo(refusal: str) -> None:
    with smtp(EHLO=lambda *_: refusal) as server:
        await deliver(server)
        assert server.said("HELO|EHLO") == ["EHLO [127.0.0.1]", "HELO [127.0.0.1]"]


async def test_who_takes_no_address_hears_a_name() -> None:
    def picky(_session: Session, name: bytes) -> str | None:
        return "501 5.5.4 invalid domain name" if name.startswith(b"[") else None

    with smtp(EHLO=picky) as server:
        await deliver(server)
        assert server.said("EHLO")[-1] == "EHLO localhost.localdomain"


async def test_the_settings_may_name_this_machine() -> None:
    with smtp() as server:
        await deliver(server, ehlo_name="desk.example.org")
        assert server.said("EHLO|HELO") == ["EHLO desk.example.org"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_who_looks_at_the_name_later_hears_another_then(command: str) -> None:
    words = "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname"

    def picky(_session: Session, arguments: bytes) -> str | None:
        return None if server.said("EHLO localhost") else words

    with smtp(**{command: picky}) as server:
        await deliver(server, times=2)
        assert server.said("EHLO") == [
            "EHLO [127.0.0.1]",
            "EHLO localhost.localdomain",
            "EHLO localhost.localdomain",
        ]


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
async def test_a_refused_name_is_said_with_what_helps(command: str) -> None:
    words = "504 5.5.2 <[127.0.0.1]>: Helo command rejected: need fully-qualified hostname"
    refused = "550 bad HELO" if command == "EHLO" else words
    with smtp(**{command: lambda *_: refused}) as server:
        with pytest.raises(Refused, match=r"127\.0\.0\.1.*outgoing\.ehlo_name"):
            await deliver(server)
        with pytest.raises(Refused, match=r"name desk.*outgoing\.ehlo_name"):
            await deliver(server, ehlo_name="desk")
        assert server.letters == []


@pytest.mark.parametrize("answer", ["421 closing", "451 busy"])
async def test_a_greeting_that_is_put_off_is_for_later(answer: str) -> None:
    with smtp(EHLO=lambda *_: answer) as server, pytest.raises(Unreachable):
        await deliver(server)


# --- logging in


@pytest.mark.parametrize(
    "extensions",
    [
        ("AUTH=PLAIN LOGIN", "SIZE"),
        ("AUTH=LOGIN", "AUTH LOGIN PLAIN"),
        ("auth plain login", "size 100000"),
        ("AUTH  PLAIN",),
        ("AUTH=PLAIN",),
    ],
)
async def test_ways_are_read_however_they_are_announced(extensions: tuple[str, ...]) -> None:
    with smtp(*extensions) as server:
        await deliver(server)
        assert server.logins == [("PLAIN", b"u1", b"sesame")]


@pytest.mark.parametrize(
    "refusal",
    [
        "535 Login fail",
        "535 5.7.8 Error: authentication failed: no mechanism available",
        "504 5.7.4 Unrecognized authentication type",
        "538 encryption required",
        "500 what",
        "501 syntax",
        "502 not implemented",
        "503 AUTH not available",
        "534 5.7.9 mechanism too weak",
        "535 Login fail close",
        "504 no close",
    ],
)
async def test_a_way_that_is_announced_in_vain_is_followed_by_the_next(refusal: str) -> None:
    server = ScriptedSmtp()
    server.extensions = ("AUTH PLAIN LOGIN",)

    @server.hook("AUTH")
    def answer(session: Session, arguments: bytes) -> bool:
        if not arguments.startswith(b"PLAIN"):
            return False
        session.conversation.say(refusal.removesuffix(" close"))
        if refusal.endswith("close"):
            session.conversation.hang_up()
        return True

    with server:
        await deliver(server, times=2)
        assert [name for name, _, _ in server.logins] == ["LOGIN", "LOGIN"]
        # What worked is the first at the second letter.
        assert len(server.said("AUTH LOGIN")) == 2
        assert len(server.said(f"AUTH PLAIN {plain()}")) == 1


def plain() -> str:
    return base64.b64encode(b"\0u1\0sesame").decode()


async def test_a_password_is_tried_twice_at_most() -> None:
    with smtp("AUTH PLAIN LOGIN", AUTH=lambda *_: "535 no") as server:
        with pytest.raises(NotAuthorized, match="refused the user name or password: 535 no"):
            await deliver(server)
        assert len(server.said("AUTH")) == 2


async def test_what_is_for_later_is_tried_no_other_way() -> None:
    with smtp("AUTH PLAIN LOGIN", AUTH=lambda *_: "454 4.7.0 later") as server:
        with pytest.raises(Unreachable, match="454"):
            await deliver(server)
        assert len(server.said("AUTH")) == 1


def ignoring(session: Session, arguments: bytes) -> str:
    """As servers do that expect nothing beside AUTH's mechanism."""
    session.conversation.say("334 " if b"PLAIN" in arguments else "334 VXNlcm5hbWU6")
    session.conversation.line()
    if b"LOGIN" in arguments:
        session.conversation.say("334 UGFzc3dvcmQ6")
        session.conversation.line()
    return "235 in"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_a_first_response_may_be_ignored(mechanism: str) -> None:
    with smtp(f"AUTH {mechanism}", AUTH=ignoring) as server:
        await deliver(server)
        assert server.said(f"^{base64.b64encode(b'sesame').decode()}$|^{plain()}$")


async def test_a_server_that_wants_more_than_a_password_gets_no_more() -> None:
    def asking(session: Session, arguments: bytes) -> str:
        session.conversation.say("334 " + base64.b64encode(b"more?").decode())
        assert session.conversation.line() == b"*"
        return "501 cancelled"

    with smtp("AUTH PLAIN", AUTH=asking) as server:
        with pytest.raises(Refused, match="way of logging in"):
            await deliver(server)
        assert len(server.said("AUTH")) == 1


async def test_a_long_token_waits_until_it_is_asked_for() -> None:
    def asking(session: Session, arguments: bytes) -> str:
        assert arguments == b"XOAUTH2"
        session.conversation.say("334 ")
        said = base64.b64decode(session.conversation.line())
        return "235 in" if said.endswith(b"x" * 1500 + b"\1\1") else "535 no"

    with smtp("AUTH PLAIN XOAUTH2", AUTH=asking) as server:
        await deliver(server, auth="oauth2", secret="x" * 1500)


async def test_a_refused_token_is_told_in_words() -> None:
    def refusing(session: Session, arguments: bytes) -> str:
        session.conversation.say(f"334 {ERROR}")
        assert session.conversation.line() == b""
        return "535 5.7.8 no"

    with smtp("AUTH XOAUTH2 PLAIN", AUTH=refusing) as server:
        with pytest.raises(NotAuthorized, match="access token: status 400, schemes Bearer"):
            await deliver(server, auth="oauth2")
        assert len(server.said("AUTH")) == 1


@pytest.mark.parametrize(
    ("extensions", "auth", "sasl"),
    [
        ("AUTH PLAIN LOGIN", "oauth2", ""),
        ("SIZE 1000", "oauth2", ""),
        ("AUTH XOAUTH2", "oauth2", "OAUTHBEARER"),
        ("AUTH LOGIN", "password", "PLAIN"),
        ("SIZE 1000", "password", "PLAIN"),
        ("AUTH CRAM-MD5 DIGEST-MD5 NTLM", "password", ""),
    ],
)
async def test_what_is_not_offered_is_not_tried(extensions: str, auth: Auth, sasl: str) -> None:
    with smtp(extensions) as server:
        with pytest.raises(Refused, match="localhost offers no"):
            await deliver(server, auth=auth, sasl=sasl)
        assert server.said("AUTH|MAIL") == []


async def test_a_pinned_mechanism_is_the_only_one() -> None:
    with smtp("AUTH PLAIN LOGIN") as server:
        await deliver(server, sasl="LOGIN")
        assert [name for name, _, _ in server.logins] == ["LOGIN"]


async def test_a_server_that_asks_for_no_log_in_needs_none() -> None:
    with smtp("SIZE") as server:
        await deliver(server)
        assert server.said("AUTH") == []


# --- what the letter may be


@pytest.mark.parametrize("code", ["555 5.5.4 unsupported option SIZE", "552 no", "501 what"])
async def test_a_parameter_that_is_not_understood_is_left_out(code: str) -> None:
    def picky(_session: Session, arguments: bytes) -> str | None:
        return code if b"SIZE=" in arguments else None

    with smtp("SIZE", "8BITMIME", MAIL=picky) as server:
        assert await deliver(server, EIGHT) == EIGHT
        assert server.said("MAIL")[-1].endswith("> BODY=8BITMIME")


@pytest.mark.parametrize("size", ["0", str(len(LETTER)), "", "many"])
async def test_a_size_that_is_none_or_just_enough_is_no_limit(size: str) -> None:
    with smtp(f"SIZE {size}") as server:
        await deliver(server)
        assert server.said("MAIL")[0].endswith(f"> SIZE={len(LETTER)}")


async def test_one_byte_more_than_the_limit_does_not_leave() -> None:
    with smtp(f"SIZE {len(LETTER) - 1}") as server:
        with pytest.raises(Refused, match="at most"):
            await deliver(server)
        assert server.said("MAIL") == []


async def test_a_letter_that_is_too_large_without_a_word_of_its_size_is_refused() -> None:
    with smtp("SIZE", MAIL=lambda *_: "552 5.3.4 too big") as server:
        with pytest.raises(Refused, match="too big"):
            await deliver(server)
        assert len(server.said("MAIL")) == 2


@pytest.mark.parametrize("extensions", [("SIZE",), ("8BITMIME", "SIZE 99999")])
async def test_a_server_for_ascii_gets_ascii(extensions: tuple[str, ...]) -> None:
    def picky(_session: Session, arguments: bytes) -> str | None:
        return "555 unsupported" if b"BODY=" in arguments else None

    with smtp(*extensions, MAIL=picky) as server:
        arrived = await deliver(server, EIGHT)
        assert arrived.isascii()
        assert b"Gr=C3=BC=C3=9Fe" in arrived
        assert b"quoted-printable" in arrived


async def test_helo_alone_means_ascii() -> None:
    with smtp(EHLO=lambda *_: "502 no") as server:
        assert (await deliver(server, EIGHT)).isascii()
        assert server.said("MAIL") == ["MAIL FROM:<anna@example.org>"]


async def test_a_server_for_eight_bits_gets_them_as_they_are() -> None:
    with smtp("8BITMIME") as server:
        assert await deliver(server, EIGHT) == EIGHT
        assert server.said("MAIL") == ["MAIL FROM:<anna@example.org> BODY=8BITMIME"]


async def test_a_signature_is_not_broken_to_get_a_letter_through() -> None:
    signed = EIGHT.replace(b"text/plain; charset=utf-8", b"multipart/signed; boundary=b")
    with smtp("SIZE") as server:
        with pytest.raises(Refused, match=r"ASCII only .*signature"):
            await deliver(server, signed)
        assert server.letters == []
        assert server.said("MAIL") == []


@pytest.mark.parametrize(("command", "refusal"), [("MAIL", "550 no"), ("AUTH", "535 no")])
async def test_no_line_stays_open_behind_a_refusal(command: str, refusal: str) -> None:
    with smtp("AUTH PLAIN", **{command: lambda *_: refusal}) as server:
        with pytest.raises((NotAuthorized, Refused)):
            await deliver(server)
        async with asyncio.timeout(5):
            while True:
                ends = sum(each.by == "-" or each.text == "QUIT" for each in server.heard)
                if ends >= server.connections:
                    break
                await asyncio.sleep(0.01)


async def test_the_server_is_told_goodbye() -> None:
    with smtp() as server:
        await deliver(server)
        async with asyncio.timeout(5):
            while True:
                if server.said("QUIT"):
                    break
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(("length", "at_once"), [(350, True), (351, False)])
async def test_a_command_is_as_long_as_it_may_be(length: int, at_once: bool) -> None:
    """512 bytes with its line end (RFC 4954 4)."""

    def answer(session: Session, arguments: bytes) -> str:
        if arguments == b"XOAUTH2":
            session.conversation.say("334 ")
            session.conversation.line()
        else:
            assert len(b"AUTH " + arguments + b"\r\n") <= 512
        return "235 in"

    with smtp("AUTH XOAUTH2", AUTH=answer) as server:
        await deliver(server, auth="oauth2", secret="x" * length)
        assert (server.said("AUTH XOAUTH2$") == []) is at_once
