"""A server on loopback that says what a test's script says, and hears everything."""

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tuimail.backend.imap.backend import ImapBackend, ImapSettings, Patience
from tuimail.backend.imap.settings import Security

QUICK = Patience(silence=0.4, handshake=0.4, opening=1.0, probe=0.3)
PASSWORD = 'hun"ter\\2 pä'
CREDENTIALS = (
    b"LOGIN",
    b"AUTHENTICATE",
    PASSWORD.encode(),
    base64.b64encode(f"\0anna\0{PASSWORD}".encode()),
)
CAPABILITIES = "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE ESEARCH"

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class Peer:
    """One connection as the server sees it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: list[bytes]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = heard
        self.tag = b""

    async def say(self, *lines: bytes | str) -> None:
        """Lines, in one segment; {tag} is the last command's."""
        words = [line.encode() if isinstance(line, str) else line for line in lines]
        await self.send(b"".join(line.replace(b"{tag}", self.tag) + b"\r\n" for line in words))

    async def send(self, data: bytes) -> None:
        if self._writer.is_closing() or self._reader.at_eof():
            raise ConnectionError("the client is gone")
        self._writer.write(data)
        await self._writer.drain()

    async def hear(self) -> bytes:
        """The next command without its tag, literals included; empty at the end."""
        command = b""
        while line := await self._reader.readline():
            self._heard.append(line)
            command += line
            literal = _LITERAL.search(line)
            if literal is None:
                break
            if not literal[2]:
                await self.say("+ go on")
            command += await self._literal(int(literal[1]))
        self.tag, _, words = command.partition(b" ")
        return words.removesuffix(b"\r\n")

    async def line(self) -> bytes:
        """One line, whatever it announces."""
        return await self._reader.readline()

    async def peek(self) -> bytes:
        """More of what the client sends, unasked for."""
        return await self._reader.read(1)

    async def greet(self, capabilities: str = CAPABILITIES) -> None:
        """Greet and let anyone in."""
        await self.say(f"* OK [CAPABILITY {capabilities}] hello")
        await self.hear()
        await self.say(f"{{tag}} OK [CAPABILITY {capabilities}] welcome")

    async def select(self, total: int = 0, validity: int = 7, next_uid: int = 1) -> bytes:
        """Answer a SELECT; the command is returned."""
        command = await self.hear()
        await self.say(
            f"* {total} EXISTS",
            f"* OK [UIDVALIDITY {validity}] ok",
            f"* OK [UIDNEXT {next_uid}] ok",
            "{tag} OK [READ-WRITE] done",
        )
        return command

    async def start_tls(self, context: ssl.SSLContext) -> None:
        plain = self._writer.transport
        try:
            await self._writer.start_tls(context)
        except AttributeError as gone:
            # Python 3.11 loses the transport where the client leaves during the handshake.
            vars(self._writer)["_transport"] = plain
            raise ConnectionError("the client is gone") from gone

    async def hang(self) -> None:
        """Say no more, until the client goes."""
        while line := await self._reader.readline():
            self._heard.append(line)

    async def _literal(self, size: int) -> bytes:
        data = await self._reader.readexactly(size)
        self._heard.append(data)
        return data


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class EvilServer:
    """`heard` holds what clients sent; `faults` are a script's own mistakes."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    faults: list[BaseException] = field(default_factory=list)

    @property
    def sent(self) -> bytes:
        return b"".join(self.heard)


@asynccontextmanager
async def serving(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[EvilServer]:
    """The n-th connection meets the n-th script, later ones the last."""
    evil = EvilServer()
    writers: set[asyncio.StreamWriter] = set()
    ended = asyncio.Condition()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = scripts[min(evil.connections, len(scripts) - 1)]
        evil.connections += 1
        writers.add(writer)
        try:
            await script(Peer(reader, writer, evil.heard))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError):
            pass
        except AssertionError as fault:
            evil.faults.append(fault)
        finally:
            writer.close()
            writers.discard(writer)
            async with ended:
                ended.notify_all()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 26, ssl=tls)
    evil.port = server.sockets[0].getsockname()[1]
    try:
        yield evil
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        async with asyncio.timeout(5), ended:
            await ended.wait_for(lambda: not writers)
    assert not evil.faults, evil.faults


def backend_for(
    evil: EvilServer,
    security: Security = "none",
    *,
    host: str = "localhost",
    ca_file: Path | None = None,
    fingerprint: str | None = None,
    password: str = PASSWORD,
    pipeline: int = 0,
) -> ImapBackend:
    """A backend of little patience for an account on `evil`."""

    async def secret() -> str:
        return password

    settings = settings_for(evil, security, host, ca_file, fingerprint, pipeline)
    return ImapBackend(settings, secret, patience=QUICK)


def settings_for(
    evil: EvilServer,
    security: Security = "none",
    host: str = "localhost",
    ca_file: Path | None = None,
    fingerprint: str | None = None,
    pipeline: int = 0,
) -> ImapSettings:
    return ImapSettings(host, evil.port, security, "anna", ca_file, fingerprint, pipeline=pipeline)


@asynccontextmanager
async def closing(backend: ImapBackend) -> AsyncIterator[ImapBackend]:
    try:
        yield backend
    finally:
        await backend.close()


@asynccontextmanager
async def account(*scripts: Script, pipeline: int = 0) -> AsyncIterator[ImapBackend]:
    """A connected account on a server of these scripts."""
    async with serving(*scripts) as evil, closing(backend_for(evil, pipeline=pipeline)) as backend:
        await backend.connect()
        yield backend
