"""A submission server on loopback that counts letters, and answers as a test scripts it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificates import Certificates

PASSWORD = "hunter2 ä"
USER = "anna"
CREDENTIALS = (b"AUTH", b"aHVudGVy", b"hunter")


@dataclass(frozen=True, slots=True)
class Received:
    """One letter that came whole; `content` as on the wire, its dots unstuffed."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class Sink:
    """What came, and what is answered: by verb, else by recipient; the first ones first.

    `heard` is what clients said, decrypted; an empty answer means: close the line.
    """

    port: int = 0
    letters: list[Received] = field(default_factory=list)
    heard: bytearray = field(default_factory=bytearray)
    answers: dict[str, list[str]] = field(default_factory=dict)

    def scripted(self, name: str) -> str | None:
        waiting = self.answers.get(name)
        return waiting.pop(0) if waiting else None


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._sink.scripted("MAIL")
        if answer is not None:
            return answer
        envelope.mail_from = address
        return "250 fine"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._sink.scripted("RCPT") or self._sink.scripted(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self._sink.scripted("DATA")
        if answer == "":
            _hang_up(server)
            return "250 too late"
        if answer is not None and not answer.startswith("2"):
            return answer
        content = envelope.original_content or b""
        sender = envelope.mail_from or ""
        self._sink.letters.append(Received(sender, tuple(envelope.rcpt_tos), content))
        return answer or "250 taken"

    async def handle_QUIT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self._sink.scripted("QUIT") is not None:
            _hang_up(server)
        return "221 bye"


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Listening(SMTP):
    """aiosmtpd, overheard."""

    def __init__(self, sink: Sink, **options: Any) -> None:
        super().__init__(
            _Handler(sink), loop=asyncio.get_running_loop(), hostname="sink.test", **options
        )
        self._sink = sink

    def data_received(self, data: bytes) -> None:
        self._sink.heard += data
        super().data_received(data)


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def smtp_sink(
    certificates: Certificates | None = None,
    *,
    starttls: bool = False,
    auth: bool = False,
    size: int = 0,
    answers: Mapping[str, Sequence[str]] | None = None,
) -> AsyncIterator[Sink]:
    """With certificates it speaks TLS from the start, or after STARTTLS."""
    sink = Sink(answers={name: list(each) for name, each in (answers or {}).items()})
    context = None
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates.cert_file, certificates.key_file)
    options: dict[str, Any] = {
        "tls_context": context if starttls else None,
        "data_size_limit": size or None,
        "enable_SMTPUTF8": True,
        "auth_require_tls": starttls,
        "authenticator": _authenticate if auth else None,
        "auth_exclude_mechanism": () if auth else ("PLAIN", "LOGIN"),
    }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Listening(sink, **options),
        "127.0.0.1",
        0,
        ssl=None if starttls else context,
    )
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
