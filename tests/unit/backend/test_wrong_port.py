"""A port for the other way to begin is told as that, and soon."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from tests.servers.certificates import Certificates, write_certificates
from tuimail.backend import wrong_port
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.imap.login import open_session as open_imap
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.pop3.opening import open_session as open_pop3
from tuimail.backend.server import Security, Server
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings

# Whoever does not look at the port is silent for longer than a test may last.
PATIENCE = Patience(silence=60, handshake=60, opening=60, quiet=0.05)
GREETINGS = {"imap": b"* OK hi\r\n", "pop3": b"+OK hi\r\n", "smtp": b"220 hi\r\n"}

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("ca"), "localhost", "127.0.0.1")


class Port:
    """What was heard on it, a line each connection."""

    def __init__(self) -> None:
        self.number = 0
        self.heard: list[bytes] = []


@asynccontextmanager
async def port(greeting: bytes, tls: Certificates | None, delay: float = 0) -> AsyncIterator[Port]:
    """A server that greets after a `delay` and then only listens."""
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls.cert_file, tls.key_file)
    made = Port()
    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await asyncio.sleep(delay)
            writer.write(greeting)
            made.heard.append(await reader.read())
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    made.number = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await asyncio.wait_for(asyncio.gather(*filter(None, tasks)), 5)


async def secret() -> str:
    return "sesame"


async def begin(protocol: str, number: int, security: Security, patience: Patience) -> None:
    """Open what is not to be opened, in five seconds at most."""
    async with asyncio.timeout(5):
        if protocol == "imap":
            settings = ImapSettings("localhost", number, security, "u1")
            await open_imap(settings, secret, patience, lambda _: None)
        elif protocol == "pop3":
            await open_pop3(Server("localhost", number, security, "u1"), secret, patience)
        else:
            opening = SmtpPatience(patience.opening, patience.silence, 1, patience.quiet)
            smtp = SmtpSettings("localhost", number, security, "u1")
            await SmtpPostman(smtp, secret, opening).check()


@pytest.mark.parametrize("security", ["starttls", "none"])
@pytest.mark.parametrize("protocol", GREETINGS)
async def test_a_port_where_tls_begins_at_once_is_told_soon(
    protocol: str, security: Security, certificates: Certificates
) -> None:
    async with port(GREETINGS[protocol], certificates) as there:
        words = f'wants TLS from the start on port {there.number}: .* "tls" there, not "{security}"'
        with pytest.raises(Refused, match=words):
            await begin(protocol, there.number, security, PATIENCE)
    assert set(there.heard) <= {b""}


@pytest.mark.parametrize("delay", [0, 0.2], ids=["at once", "later"])
@pytest.mark.parametrize("protocol", GREETINGS)
async def test_a_port_that_greets_without_tls_is_told_soon(protocol: str, delay: float) -> None:
    patience = Patience(60, 60, 60, quiet=2 * delay or 0.5)
    async with port(GREETINGS[protocol], None, delay) as there:
        words = f'greets without TLS on port {there.number}: .* "starttls" there, not "tls"'
        with pytest.raises(Refused, match=words):
            await begin(protocol, there.number, "tls", patience)
    assert not any(b"sesame" in heard for heard in there.heard)


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-x\r\n"])
async def test_what_is_no_mail_server_at_all_is_not_called_one(words: bytes) -> None:
    patience = Patience(1, 0.5, 1, quiet=0.05)
    async with port(words, None) as there:
        with pytest.raises((Refused, Unreachable)) as failure:
            await begin("imap", there.number, "tls", patience)
    assert "starttls" not in str(failure.value)


@pytest.mark.parametrize("protocol", GREETINGS)
async def test_a_server_that_takes_its_time_to_greet_is_waited_for(protocol: str) -> None:
    """It does not offer to encrypt: so far we came."""
    async with port(GREETINGS[protocol], None, delay=0.3) as there:
        with pytest.raises((Refused, Unreachable)) as failure:
            await begin(protocol, there.number, "starttls", Patience(1, 1, 1, quiet=0.05))
    assert "TLS from the start" not in str(failure.value)


async def test_nobody_speaks_first_on_a_port_where_the_server_has_to(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may take who does for a sender of spam."""
    async with port(b"", None) as there:
        monkeypatch.setattr(wrong_port, "_GREETING_PORTS", {there.number})
        with pytest.raises(Unreachable):
            await begin("smtp", there.number, "starttls", Patience(0.3, 0.3, 0.3, quiet=0.05))
    assert there.heard == [b""]


async def test_a_certificate_that_is_not_trusted_is_no_wrong_port(
    certificates: Certificates,
) -> None:
    async with port(b"* OK hi\r\n", certificates) as there:
        with pytest.raises(Refused, match="is not trusted"):
            await begin("imap", there.number, "tls", PATIENCE)
