"""Opening a POP3 session: no password where it could be overheard, no trust too early."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.servers.certificates import Certificates, write_certificates
from tests.servers.pop3_server import CAPABILITIES, PASSWORD, Pop3Server
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.logins import LOGINS
from tuimail.backend.pop3.opening import open_session
from tuimail.backend.server import Patience, Security, Server
from tuimail.backend.tls import fingerprint_of

QUICK = Patience(silence=0.5, handshake=0.5, opening=1.0)
WITH_STLS = (*CAPABILITIES, "STLS")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def context(certificates: Certificates) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificates.cert_file, certificates.key_file)
    return made


async def log_in(
    port: int,
    security: Security,
    ca_file: Path | None = None,
    fingerprint: str | None = None,
    host: str = "localhost",
) -> frozenset[str]:
    async def secret() -> str:
        return PASSWORD

    settings = Server(host, port, security, "anna", ca_file, fingerprint)
    session = await open_session(settings, secret, QUICK)
    assert await session.quit()
    return session.capabilities


def credentials(server: Pop3Server) -> list[bytes]:
    words = (b"USER", b"PASS", b"AUTH")
    return [line for line in server.lines if line[:4].upper() in words]


async def test_stls_comes_before_any_password(
    certificates: Certificates, context: ssl.SSLContext
) -> None:
    async with Pop3Server(capabilities=WITH_STLS, tls=context).open() as server:
        await log_in(server.port, "starttls", certificates.ca_file)
        assert server.lines[1] == b"STLS\r\n"
        assert [line[:4] for line in credentials(server)] == [b"AUTH"]


async def test_a_server_without_stls_hears_no_password() -> None:
    async with Pop3Server().open() as server:
        with pytest.raises(Refused, match="STLS"):
            await log_in(server.port, "starttls")
        assert credentials(server) == []


@pytest.mark.parametrize("answer", [b"-ERR no\r\n", b"+OK go\r\n+OK in\r\n", b"+OK go\r\n+O"])
async def test_stls_refused_or_with_more_behind_it_ends_the_session(answer: bytes) -> None:
    async with Pop3Server(capabilities=WITH_STLS, stls_answer=answer).open() as server:
        with pytest.raises(Refused):
            await log_in(server.port, "starttls")
        assert credentials(server) == []


async def test_a_certificate_of_a_stranger_is_refused_with_its_fingerprint(
    context: ssl.SSLContext,
) -> None:
    async with Pop3Server(capabilities=WITH_STLS, tls=context).open() as server:
        with pytest.raises(Refused, match="fingerprint is sha256:"):
            await log_in(server.port, "starttls")
        assert credentials(server) == []


async def test_a_pinned_certificate_needs_no_authority_and_another_one_is_refused(
    context: ssl.SSLContext, certificates: Certificates
) -> None:
    der = ssl.PEM_cert_to_DER_cert(
        certificates.cert_file.read_text().split("-----END")[0] + ("-----END CERTIFICATE-----\n")
    )

    class Shown:
        def getpeercert(self, binary_form: bool) -> bytes:
            return der

    pin = fingerprint_of(Shown())  # type: ignore[arg-type]  # all that is asked of it
    async with Pop3Server(capabilities=WITH_STLS, tls=context).open() as server:
        await log_in(server.port, "starttls", fingerprint=pin)
        server.lines.clear()
        with pytest.raises(Refused, match="another certificate"):
            await log_in(server.port, "starttls", fingerprint="sha256:" + "0" * 64)
        assert credentials(server) == []


async def test_unencrypted_is_only_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async def elsewhere(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("192.0.2.7", 110))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", elsewhere)
    with pytest.raises(Refused, match="not this machine"):
        await log_in(110, "none", host="mail.example.org")


@pytest.mark.parametrize(
    "greeting",
    [b"* OK IMAP4rev1\r\n", b"HTTP/1.1 400\r\n", b"\r\n", b"+OK " + b"x" * 100_000],
)
async def test_what_does_not_greet_as_pop3_hears_nothing(greeting: bytes) -> None:
    async with Pop3Server(greeting=greeting).open() as server:
        with pytest.raises(Refused):
            await log_in(server.port, "none")
        assert credentials(server) == []


async def test_a_server_that_turns_us_away_may_be_asked_again() -> None:
    async with Pop3Server(greeting=b"-ERR too many\r\n").open() as server:
        with pytest.raises(Unreachable, match="too many"):
            await log_in(server.port, "none")


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(closing, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_silence_is_not_waited_for_for_ever() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port:
        with pytest.raises(Unreachable):
            await log_in(port, "none")


async def test_a_byte_now_and_then_is_silence_too() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            writer.write(b"+")
            await writer.drain()
            await asyncio.sleep(0.1)

    async with listening(slow) as port, asyncio.timeout(3):
        with pytest.raises((Unreachable, Refused)):
            await log_in(port, "none")


async def test_a_handshake_that_never_ends_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(silent) as port, asyncio.timeout(3):
        with pytest.raises(Unreachable):
            await log_in(port, "tls")


async def test_nobody_there_is_unreachable() -> None:
    async with listening(lambda reader, writer: asyncio.sleep(0)) as port:
        pass
    with pytest.raises(Unreachable):
        await log_in(port, "none")


async def test_a_password_with_a_line_break_is_never_sent() -> None:
    async def secret() -> str:
        return "pass\r\nDELE 1"

    async with Pop3Server(capabilities=("USER",)).open() as server:
        settings = Server("localhost", server.port, "none", "anna")
        with pytest.raises(Refused, match="line break"):
            await open_session(settings, secret, QUICK)
        assert server.heard["PASS"] == server.heard["DELE"] == 0


@pytest.mark.parametrize(
    ("capabilities", "asked"),
    [(CAPABILITIES, 1), (("USER", "UIDL", "TOP"), 2), (("USER",), 2), (None, 2)],
)
async def test_what_a_server_can_do_is_asked_again_after_the_log_in_where_some_is_missing(
    capabilities: tuple[str, ...] | None, asked: int
) -> None:
    async with Pop3Server(capabilities=capabilities).open() as server:
        found = await log_in(server.port, "none")
        assert server.heard["CAPA"] == asked
        assert found >= {name for name in capabilities or () if " " not in name}


async def test_each_log_in_counts_and_what_said_nothing_does_not() -> None:
    times = LOGINS._times["localhost"]
    before = len(times)
    async with Pop3Server().open() as server:
        await log_in(server.port, "none")
        assert len(times) == before + 1
        server.login_answer = b"-ERR [IN-USE] elsewhere\r\n"
        with pytest.raises(Unreachable):
            await log_in(server.port, "none")
        assert len(times) == before + 2
        server.greeting = b"-ERR too many\r\n"
        with pytest.raises(Unreachable):
            await log_in(server.port, "none")
        assert len(times) == before + 2
