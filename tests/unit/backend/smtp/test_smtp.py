"""Handing letters over, to servers that strip, refuse, hang up and forget to answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates, write_certificates
from tests.servers.smtp_sink import CREDENTIALS, PASSWORD, USER, smtp_sink
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.postman import Receipt, Unknown
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings

QUICK = SmtpPatience(opening=2, answer=1, verdict=1)
LETTER = b"From: anna@example.org\r\nSubject: Budget\r\n\r\nThe figures.\r\n"
TO = ("bert@example.net",)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("ca"), "localhost", "127.0.0.1")


async def password() -> str:
    return PASSWORD


async def nothing() -> None:
    return


def postman(port: int, **settings: object) -> SmtpPostman:
    wanted = {"host": "localhost", "security": "none", "username": USER, **settings}
    return SmtpPostman(SmtpSettings(port=port, **wanted), password, QUICK)  # type: ignore[arg-type]


async def deliver(
    port: int,
    content: bytes = LETTER,
    to: tuple[str, ...] = TO,
    *,
    sender: str = "anna@example.org",
    before_dot: Callable[[], Awaitable[None]] = nothing,
    **settings: object,
) -> Receipt:
    made = postman(port, **settings)
    try:
        async with asyncio.timeout(20):
            return await made.deliver(sender, to, content, before_dot)
    finally:
        made.leave()


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[tuple[int, bytearray]]:
    """A server that answers the first lines it hears so, then nothing; and what it heard."""
    heard = bytearray()
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            for answer in answers:
                writer.write(answer)
                await writer.drain()
                heard.extend(await reader.readline())
            while data := await reader.read(65536):
                heard.extend(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], heard
    server.close()
    await asyncio.wait([task for task in serving if task is not None], timeout=5)


def assert_no_credentials(heard: bytes | bytearray) -> None:
    assert not any(secret in heard for secret in CREDENTIALS)


async def test_a_letter_arrives_as_it_is() -> None:
    async with smtp_sink() as sink:
        assert await deliver(sink.port) == Receipt()
    (letter,) = sink.letters
    assert (letter.sender, letter.recipients) == ("anna@example.org", TO)
    assert letter.content == LETTER
    assert b"EHLO [127.0.0.1]\r\n" in sink.heard


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_over_tls_it_logs_in(certificates: Certificates, security: str) -> None:
    starttls = security == "starttls"
    async with smtp_sink(certificates, starttls=starttls, auth=True) as sink:
        await deliver(sink.port, security=security, ca_file=certificates.ca_file)
    assert len(sink.letters) == 1
    assert b"AUTH PLAIN" in sink.heard


async def test_a_pinned_certificate_replaces_the_authority(certificates: Certificates) -> None:
    async with smtp_sink(certificates, auth=True) as sink:
        await deliver(sink.port, security="tls", fingerprint=certificates.fingerprint)
        with pytest.raises(Refused, match="shows another certificate"):
            await deliver(sink.port, security="tls", fingerprint="sha256:" + "0" * 64)
    assert len(sink.letters) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_an_unknown_authority_is_refused_with_its_fingerprint(
    certificates: Certificates, security: str
) -> None:
    async with smtp_sink(certificates, starttls=security == "starttls", auth=True) as sink:
        with pytest.raises(Refused, match=certificates.fingerprint):
            await deliver(sink.port, security=security)
    assert_no_credentials(sink.heard)


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    other = write_certificates(tmp_path, "mail.example.org")
    async with smtp_sink(other, auth=True) as sink:
        with pytest.raises(Refused, match="not trusted"):
            await deliver(sink.port, security="tls", ca_file=other.ca_file)
    assert_no_credentials(sink.heard)


@pytest.mark.parametrize(
    "answers",
    [
        (b"220 hi\r\n", b"250-hi\r\n250 AUTH PLAIN LOGIN\r\n"),
        (b"220 hi\r\n", b"250-hi\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", b"454 not now\r\n"),
        (b"220 hi\r\n", b"250-hi\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", b"502 what\r\n"),
        (b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"220 go\r\n250 AUTH PLAIN\r\n"),
        (b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250 AUTH PLAIN\r\n"),
    ],
)
async def test_without_tls_no_credential_leaves(answers: tuple[bytes, ...]) -> None:
    async with scripted(*answers) as (port, heard):
        with pytest.raises((Refused, Unreachable)):
            await deliver(port, security="starttls")
    assert_no_credentials(heard)
    assert b"MAIL" not in heard


async def test_what_is_said_before_tls_begins_ends_the_line(
    certificates: Certificates,
) -> None:
    async with smtp_sink(certificates, starttls=True, auth=True) as sink:

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", sink.port)

            async def up() -> None:
                while data := await reader.read(65536):
                    to_server.write(data)

            async def down() -> None:
                while data := await from_server.read(65536):
                    if data.startswith(b"220 Ready"):
                        data += b"250-evil\r\n250 AUTH CRAM-MD5\r\n"
                    writer.write(data)

            try:
                await asyncio.gather(up(), down())
            except ConnectionError:
                pass
            finally:
                writer.close()
                to_server.close()

        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Refused, match="goes on talking"):
            await deliver(port, security="starttls", ca_file=certificates.ca_file)
        assert_no_credentials(sink.heard)
        server.close()


async def test_unencrypted_it_speaks_to_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def elsewhere(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", ("192.0.2.1", 25))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", elsewhere)
    with pytest.raises(Refused, match="is not this machine"):
        await deliver(25)


@pytest.mark.parametrize("offered", ["CRAM-MD5", "NTLM GSSAPI", "XOAUTH2"])
async def test_it_logs_in_only_by_ways_it_trusts(offered: str) -> None:
    async with scripted(b"220 hi\r\n", f"250-hi\r\n250 AUTH {offered}\r\n".encode()) as (
        port,
        heard,
    ):
        with pytest.raises(Refused, match="no way to log in"):
            await deliver(port)
    assert_no_credentials(heard)


async def test_a_refused_password_needs_the_user(certificates: Certificates) -> None:
    async def wrong() -> str:
        return "wrong"

    async with smtp_sink(certificates, auth=True) as sink:
        settings = SmtpSettings("localhost", sink.port, "tls", USER, ca_file=certificates.ca_file)
        with pytest.raises(NotAuthorized, match="refused the user name or password"):
            await SmtpPostman(settings, wrong, QUICK).deliver("a@b.c", TO, LETTER, nothing)
    assert sink.letters == []


@pytest.mark.parametrize(
    ("verb", "answer", "trouble"),
    [
        ("MAIL", "451 later", Unreachable),
        ("MAIL", "553 not you", Refused),
        ("MAIL", "530 who are you", NotAuthorized),
        ("MAIL", "421 closing", Unreachable),
        ("RCPT", "450 greylisted", Unreachable),
        ("RCPT", "550 nobody", Refused),
        ("DATA", "452 full", Unreachable),
        ("DATA", "552 too big", Refused),
        ("DATA", "354 what", Unknown),
        ("DATA", "", Unknown),
    ],
)
async def test_every_refusal_is_what_it_is(
    verb: str, answer: str, trouble: type[Exception]
) -> None:
    async with smtp_sink(answers={verb: [answer]}) as sink:
        with pytest.raises(trouble):
            await deliver(sink.port)
    assert sink.letters == []


async def test_who_was_refused_is_named_and_the_others_have_it() -> None:
    to = ("bert@example.net", "carl@example.net", "dora@example.net")
    answers = {to[0]: ["550 no such user"], to[2]: ["450 busy"]}
    async with smtp_sink(answers=answers) as sink:
        receipt = await deliver(sink.port, to=to)
    assert [letter.recipients for letter in sink.letters] == [(to[1],)]
    assert {name: each.for_good for name, each in receipt.refusals.items()} == {
        to[0]: True,
        to[2]: False,
    }
    assert "no such user" in receipt.refusals[to[0]].reason


async def test_a_letter_is_sent_whatever_becomes_of_quit() -> None:
    async with smtp_sink(answers={"QUIT": ["gone"]}) as sink:
        assert await deliver(sink.port) == Receipt()
    assert len(sink.letters) == 1


async def test_a_letter_too_large_does_not_leave() -> None:
    async with smtp_sink(size=50) as sink:
        with pytest.raises(Refused, match="takes 50 bytes at most"):
            await deliver(sink.port)
    assert b"MAIL" not in sink.heard


async def test_no_answer_to_the_final_dot_is_unknown() -> None:
    answers = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
    async with scripted(*answers) as (port, heard):
        with pytest.raises(Unknown, match="did not say"):
            await deliver(port)
    assert heard.endswith(b"\r\n.\r\n")


async def test_the_dot_waits_for_the_disk() -> None:
    states: list[bytes] = []
    async with smtp_sink() as sink:

        async def before_dot() -> None:
            while True:
                if sink.heard.count(b"The figures.\r\n") == 10_000:
                    break
                await asyncio.sleep(0.01)
            states.append(bytes(sink.heard[-100:]))
            assert sink.letters == []

        await deliver(sink.port, LETTER * 10_000, before_dot=before_dot)
    assert states[0].endswith(b"The figures.\r\n")
    assert len(sink.letters) == 1


async def test_a_failing_disk_keeps_the_dot_back() -> None:
    async def before_dot() -> None:
        raise OSError("full")

    async with smtp_sink() as sink:
        with pytest.raises(OSError, match="full"):
            await deliver(sink.port, before_dot=before_dot)
        await asyncio.sleep(0.05)
    assert sink.letters == []


@pytest.mark.parametrize(
    "body",
    [
        b"a\n.\nb",
        b"a\r.\rb",
        b"a\r\n.\r\nb",
        b"a\r\n.\rb\n.\r\n",
        b".",
        b"..\r\n.a",
        b"a\rb\nc",
        b"",
    ],
)
async def test_no_body_ends_a_letter_early(body: bytes) -> None:
    smuggled = b"\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<x@example.org>\r\nDATA\r\nx"
    async with smtp_sink() as sink:
        await deliver(sink.port, b"Subject: x\r\n\r\n" + body + smuggled)
    (letter,) = sink.letters
    assert letter.sender == "anna@example.org"
    assert b"\r" not in letter.content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "bert@example.net\r\nRCPT TO:<evil@example.org>",
        "bert\n@example.net",
        "bert@example.net\0",
        "<bert@example.net>",
        "bert @example.net",
        "bert@example.net>",
        "@a:bert@example.net",
        "bert",
        "",
        "bert@exa mple.net",
        "bert@exämple\u202e.net",
    ],
)
async def test_an_address_cannot_be_a_command(address: str) -> None:
    async with smtp_sink() as sink:
        with pytest.raises(Refused):
            await deliver(sink.port, to=(address,))
        with pytest.raises(Refused):
            await deliver(sink.port, sender=address)
    assert sink.heard == b""


async def test_international_domains_are_spelt_for_the_network() -> None:
    async with smtp_sink() as sink:
        await deliver(sink.port, to=("bert@exämple.net",))
    assert sink.letters[0].recipients == ("bert@xn--exmple-cua.net",)


async def test_a_closed_port_and_an_unknown_name_are_for_later() -> None:
    with pytest.raises(Unreachable, match="refused the connection"):
        await deliver(1)


async def test_a_silent_server_is_left(certificates: Certificates) -> None:
    async with scripted(b"") as (port, _):
        with pytest.raises(Unreachable, match="in time"):
            await deliver(port)
