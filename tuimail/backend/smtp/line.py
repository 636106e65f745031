"""One line to a submission server, over aiosmtplib's protocol; nobody else imports it."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.protocol import PERIOD_REGEX, SMTPProtocol, normalize_message_line_endings

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.network import told
from tuimail.backend.opening import Tls, connect
from tuimail.backend.server import Patience
from tuimail.backend.smtp.settings import SmtpPatience, SmtpSettings
from tuimail.model.safe_text import SafeText, safe_line

_PIECE = 64 * 1024
# Some old servers say "AUTH=LOGIN".
_EXTENSION = re.compile(r"([A-Za-z0-9-]+)[ =]*(.*)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `code` is below zero where the server does not speak SMTP."""

    code: int
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300

    @property
    def final(self) -> bool:
        """It will be no other one later."""
        return 500 <= self.code < 600

    @property
    def words(self) -> SafeText:
        return safe_line(f"{self.code} {' '.join(self.text.split())}".strip(), 300)


class _Protocol(SMTPProtocol):
    """aiosmtplib's, which notes what nobody has asked for."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self._overheard = False

    @property
    def has_more(self) -> bool:
        return self._overheard or bool(self._buffer)

    def data_received(self, data: bytes) -> None:
        waiter = self._response_waiter
        self._overheard |= not self._response_pending or waiter is None or waiter.done()
        super().data_received(data)

    def begin_anew(self) -> None:
        """Nothing that was said before is of any use."""
        self._overheard = False
        self._over_ssl = True
        self._buffer.clear()


class SmtpLine:
    """Commands and their answers; raises Unreachable when the line has ended."""

    def __init__(self, settings: SmtpSettings, patience: SmtpPatience) -> None:
        self.host = settings.host
        self.awaits_tls = settings.security == "starttls"
        self.extensions: Mapping[str, str] = {}
        self._port = settings.port
        self._patience = patience
        self._protocol = _Protocol()

    async def open(self, address: str, tls: Tls | None) -> Reply:
        """The greeting; raises what the system raises."""
        patience = Patience(handshake=self._patience.opening)
        async with asyncio.timeout(self._patience.opening):
            await connect(self._protocol, address, self._port, tls, patience)
            return await self._hear(self._protocol.read_response(self._patience.answer))

    @property
    def tls_object(self) -> ssl.SSLObject | None:
        transport = self._protocol.transport
        return None if transport is None else transport.get_extra_info("ssl_object")

    @property
    def alive(self) -> bool:
        return self._protocol.is_connected

    async def command(self, *words: bytes) -> Reply:
        return await self._hear(
            self._protocol.execute_command(*words, timeout=self._patience.answer)
        )

    async def start_tls(self, tls: Tls) -> None:
        """Once the server has agreed; raises what the system raises."""
        transport = self._protocol.transport
        if self._protocol.has_more:
            raise Refused(f"{self.host} goes on talking before the encryption begins")
        if not isinstance(transport, asyncio.Transport):
            raise Unreachable(f"{self.host} closed the connection")
        encrypted = await asyncio.get_running_loop().start_tls(
            transport,
            self._protocol,
            tls.context,
            server_hostname=tls.name,
            ssl_handshake_timeout=self._patience.opening,
        )
        if encrypted is None or self._protocol.has_more:
            raise Refused(f"{self.host} goes on talking before the encryption begins")
        self._protocol.begin_anew()
        self._protocol.transport = encrypted
        self.awaits_tls = False
        self.extensions = {}

    async def write(self, content: bytes) -> None:
        """The letter, dots stuffed: a piece at a time, so that at the end little waits here."""
        transport = self._protocol.transport
        if not isinstance(transport, asyncio.WriteTransport):
            raise Unreachable(f"{self.host} closed the connection")
        transport.set_write_buffer_limits(high=1, low=0)
        try:
            for piece in _pieces(content):
                self._protocol.write(piece)
                async with asyncio.timeout(self._patience.answer):
                    await self._protocol._drain_helper()
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure

    async def end_content(self) -> Reply | None:
        """The final dot and what is said to it; None if nothing is."""
        try:
            answer = await self._protocol.execute_command(b".", timeout=self._patience.verdict)
        except aiosmtplib.SMTPResponseException as broken:
            return Reply(broken.code, broken.message)
        except (aiosmtplib.SMTPException, OSError):
            return None
        return Reply(answer.code, answer.message)

    def leave(self) -> None:
        """QUIT, without waiting: meanwhile a crash would make a sent letter an unknown one."""
        if self.alive:
            self._protocol.write(b"QUIT\r\n")

    def close(self) -> None:
        if self._protocol.transport is not None:
            self._protocol.transport.close()

    def refusal(self, reply: Reply) -> Exception:
        """4xx: later; 530 and its like: the user must help; other 5xx: never."""
        if reply.code in (530, 534, 535):
            return NotAuthorized(f"{self.host} wants a log-in: {self.said(reply)}")
        if reply.final:
            return Refused(f"{self.host} refused: {self.said(reply)}")
        return Unreachable(f"{self.host} cannot take it now: {self.said(reply)}")

    def said(self, reply: Reply) -> SafeText:
        """The server's words; the number alone while anybody may have said them (N1, N2)."""
        return SafeText(str(reply.code)) if self.awaits_tls else reply.words

    async def _hear(self, answering: Awaitable[aiosmtplib.SMTPResponse]) -> Reply:
        try:
            answer = await answering
        except aiosmtplib.SMTPResponseException as broken:
            return Reply(broken.code, broken.message)
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure
        return Reply(answer.code, answer.message)

    def _failure(self, failure: Exception) -> Exception:
        if isinstance(failure, OSError):
            return told(failure, self.host)
        return Unreachable(f"{self.host} closed the connection")


def read_extensions(reply: Reply) -> dict[str, str]:
    """What EHLO's answer offers (RFC 5321 4.1.1.1): keywords in capitals, and what follows."""
    found: dict[str, str] = {}
    for line in reply.text.split("\n")[1:]:
        match = _EXTENSION.fullmatch(line.strip())
        if match is not None:
            name = match[1].upper()
            found[name] = f"{found.get(name, '')} {match[2]}".strip()
    return found


def wire_size(content: bytes) -> int:
    """With every line end as it is sent (RFC 1870 does not count stuffed dots)."""
    ends = content.count(b"\r\n")
    bare = content.count(b"\n") + content.count(b"\r") - 2 * ends
    return len(content) + bare + 2 * (not content.endswith((b"\r", b"\n")))


def _pieces(content: bytes) -> Iterator[bytes]:
    """The letter as it is sent, dots stuffed, in pieces that end with a line."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _PIECE) + 1 or len(content)
        yield PERIOD_REGEX.sub(b"..", normalize_message_line_endings(content[start:end]))
        start = end
