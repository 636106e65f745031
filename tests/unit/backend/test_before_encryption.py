"""Where TLS was asked for, nothing that was said before it is shown or believed (N1, N2)."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.servers.certificates import Certificates, write_certificates
from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.imap.login import open_session as open_imap
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.pop3.opening import open_session as open_pop3
from tuimail.backend.server import Security, Server
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings

QUICK = Patience(silence=1, handshake=1, opening=1)
EVIL = "Call 555-0100 at once"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return write_certificates(tmp_path_factory.mktemp("ca"), "localhost", "127.0.0.1")


@asynccontextmanager
async def saying(*answers: bytes, tls: Certificates | None = None) -> AsyncIterator[int]:
    """A server that says one answer to each line, {tag} being the line's first word."""
    context = None
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls.cert_file, tls.key_file)
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        tag = b""
        try:
            for answer in answers:
                writer.write(answer.replace(b"{tag}", tag))
                await writer.drain()
                if not (line := await reader.readline()):
                    break
                tag = line.split()[0]
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await asyncio.wait([task for task in serving if task is not None], timeout=5)


async def secret() -> str:
    return "sesame"


async def open_line(protocol: str, port: int, security: Security, alerts: list[str]) -> None:
    if protocol == "imap":
        settings = ImapSettings("localhost", port, security, "u1")
        await (await open_imap(settings, secret, QUICK, alerts.append)).close()
    elif protocol == "smtp":
        patience = SmtpPatience(opening=2, answer=1, verdict=1)
        await SmtpPostman(SmtpSettings("localhost", port, security), secret, patience).check()
    else:
        plain = Server("localhost", port, security, "u1")
        await (await open_pop3(plain, secret, QUICK)).quit()


IMAP_CAN = b"* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n"
IMAP = [
    [b"* OK [ALERT] %s\r\n", b"{tag} OK no capabilities\r\n"],
    [b"* OK [ALERT] %s\r\n", IMAP_CAN, b"{tag} NO %s\r\n"],
    [b"* OK hi\r\n", IMAP_CAN, b"* OK [ALERT] %s\r\n{tag} NO [ALERT] %s\r\n"],
    [b"* OK hi\r\n", IMAP_CAN, b"{tag} BAD %s\r\n"],
    [b"* OK hi\r\n", b"* BYE %s\r\n"],
    [b"* OK hi\r\n", b"* NO [ALERT] %s\r\n* CAPABILITY IMAP4rev1\r\n{tag} OK [ALERT] %s\r\n"],
    [b"* BYE %s\r\n"],
    [b"* PREAUTH [ALERT] %s\r\n"],
    [b"* OK hi\r\n", IMAP_CAN, b"{tag} OK go\r\n* OK [ALERT] %s\r\n"],
    [b"%s\r\n"],
]
POP3_CAN = b"+OK\r\nSTLS\r\n.\r\n"
POP3 = [
    [b"-ERR %s\r\n"],
    [b"+OK %s\r\n", b"-ERR %s\r\n"],
    [b"+OK hi\r\n", POP3_CAN, b"-ERR %s\r\n"],
    [b"+OK hi\r\n", POP3_CAN, b"-ERR [SYS/TEMP] %s\r\n"],
    [b"+OK hi\r\n", POP3_CAN, b"+OK go\r\n+OK %s\r\n"],
    [b"+OK hi\r\n", POP3_CAN, b"%s\r\n"],
]

SMTP_CAN = b"250-me\r\n250 STARTTLS\r\n"
SMTP = [
    [b"554 %s\r\n"],
    [b"421 %s\r\n"],
    [b"%s\r\n"],
    [b"220 hi\r\n", b"550 %s\r\n", b"550 %s\r\n"],
    [b"220 hi\r\n", b"502 %s\r\n", b"502 %s\r\n", b"502 %s\r\n"],
    [b"220 hi\r\n", b"250-me\r\n250 %s\r\n"],
    [b"220 hi\r\n", SMTP_CAN, b"454 %s\r\n"],
    [b"220 hi\r\n", SMTP_CAN, b"220 go\r\n250 %s\r\n"],
    [b"220 hi\r\n", SMTP_CAN, b"220 go\r\n%s"],
]


@pytest.mark.parametrize(
    ("protocol", "answers"),
    [
        *(("imap", answers) for answers in IMAP),
        *(("pop3", answers) for answers in POP3),
        *(("smtp", answers) for answers in SMTP),
    ],
)
async def test_words_of_anybody_on_the_line_are_not_shown(
    protocol: str, answers: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alerts: list[str] = []
    said = [answer.replace(b"%s", EVIL.encode()) for answer in answers]
    async with saying(*said) as port:
        with pytest.raises((Refused, Unreachable)) as refusal:
            await open_line(protocol, port, "starttls", alerts)
    assert EVIL not in str(refusal.value)
    assert (alerts, EVIL in caplog.text) == ([], False)


async def test_an_alert_of_the_encrypted_server_is_shown(certificates: Certificates) -> None:
    alerts: list[str] = []
    said = f"* BYE [ALERT] {EVIL}\r\n".encode()
    async with saying(said, tls=certificates) as port:
        settings = ImapSettings("localhost", port, "tls", "u1", ca_file=certificates.ca_file)
        with pytest.raises(Unreachable, match=EVIL):
            await open_imap(settings, secret, QUICK, alerts.append)
    assert alerts == [EVIL]


async def test_where_no_encryption_was_asked_for_the_words_of_this_machine_are_shown() -> None:
    alerts: list[str] = []
    async with saying(f"* BYE [ALERT] {EVIL}\r\n".encode()) as port:
        with pytest.raises(Unreachable, match=EVIL):
            await open_line("imap", port, "none", alerts)
    assert alerts == [EVIL]


@pytest.mark.parametrize("behind", [b"250 AUTH PLAIN\r\n", b"x", b"\r\n", b"220 go\r\n"])
async def test_plain_bytes_behind_an_agreed_starttls_end_the_line(
    behind: bytes, certificates: Certificates
) -> None:
    said = [b"220 hi\r\n", SMTP_CAN, b"220 go\r\n" + behind]
    async with saying(*said) as port:
        settings = SmtpSettings("localhost", port, "starttls", ca_file=certificates.ca_file)
        with pytest.raises(Refused, match="goes on talking before the encryption begins"):
            await SmtpPostman(settings, secret, SmtpPatience(2, 1, 1)).check()
