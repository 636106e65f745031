"""A POP3 server in memory that keeps the rules, and breaks each of them on request."""

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

PASSWORD = 'hun"ter 2 pä'
CAPABILITIES = ("TOP", "UIDL", "PIPELINING", "SASL PLAIN", "USER", "RESP-CODES")


class Uidls(Enum):
    UNIQUE = auto()
    NONE = auto()
    TWINS = auto()
    CHANGING = auto()
    NUMBERS = auto()


class Quits(Enum):
    """What QUIT does."""

    WELL = auto()
    SILENT_UNDONE = auto()
    SILENT_DONE = auto()
    REFUSED = auto()
    LYING = auto()


class Cut(Exception):
    """The server ends the line; what it sent before that arrives."""


@dataclass(eq=False, slots=True)
class Letter:
    """`breaks_at`: the line ends after so many of its bytes."""

    content: bytes
    uidl: str
    listed_size: int | None = None
    refused: bool = False
    breaks_at: int | None = None
    garbled: bool = False

    @property
    def size(self) -> int:
        return len(self.content) if self.listed_size is None else self.listed_size


@dataclass
class Pop3Server:
    """`heard` counts command words; `letters` is what a session's end leaves of `ever`.

    Each line ends after it sent `breaks_every` bytes; `rows` has the last word on a listing.
    `sent` counts the bytes of all sessions, `whole` what was sent to its end.
    """

    letters: list[Letter] = field(default_factory=list)
    capabilities: tuple[str, ...] | None = CAPABILITIES
    uidls: Uidls = Uidls.UNIQUE
    quits: Quits = Quits.WELL
    greeting: bytes = b"+OK ready\r\n"
    login_answer: bytes = b"+OK in\r\n"
    stls_answer: bytes = b"+OK begin\r\n"
    tls: ssl.SSLContext | None = None
    cut_at_dele: int | None = None
    cut_at_top: bool = False
    breaks_every: int | None = None
    tops: bool = True
    counts: bool = True
    head_of: Callable[[bytes], bytes] = lambda content: content
    rows: Callable[[str, list[bytes]], list[bytes] | None] = lambda word, rows: rows
    sent: int = 0
    whole: list[Letter] = field(default_factory=list)
    ever: list[Letter] = field(default_factory=list)
    port: int = 0
    heard: Counter[str] = field(default_factory=Counter)
    lines: list[bytes] = field(default_factory=list)
    sessions: int = 0

    def add(self, *contents: bytes) -> None:
        for content in contents:
            self.letters.append(Letter(content, f"uidl-{id(content)}-{len(self.letters)}"))
            self.ever.append(self.letters[-1])

    @property
    def contents(self) -> list[bytes]:
        return sorted(letter.content for letter in self.letters)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Pop3Server"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        writer.write(self.greeting)
        session = _Session(self, reader, writer)
        try:
            while line := await reader.readline():
                self.lines.append(line)
                word = line.split()[0].decode().upper()
                self.heard[word] += 1
                if not await session.answer(word, line):
                    break
                await writer.drain()
        except Cut:
            await writer.drain()
            writer.close()
            return
        except (ConnectionError, ssl.SSLError, AttributeError):
            # Python 3.11 loses the transport where the client leaves during a handshake.
            return
        finally:
            if not writer.is_closing():
                writer.transport.abort()


class _Session:
    def __init__(
        self, server: Pop3Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._letters = list(server.letters)
        self._deleted: set[int] = set()
        self._sent = 0

    async def answer(self, word: str, line: bytes) -> bool:
        """False where the session ends."""
        if word in {"CAPA", "STLS", "AUTH", "USER", "PASS"}:
            await self._authorize(word, line)
            return True
        return self._transact(word, line)

    async def _authorize(self, word: str, line: bytes) -> None:
        server = self._server
        match word:
            case "CAPA" if server.capabilities is None:
                self._say(b"-ERR what?")
            case "CAPA":
                self._rows(each.encode() for each in server.capabilities or ())
            case "STLS":
                self._writer.write(server.stls_answer)
                if server.tls is not None and server.stls_answer.startswith(b"+OK"):
                    await self._writer.drain()
                    await self._writer.start_tls(server.tls)
            case "AUTH":
                self._say(b"+ ")
                given = base64.b64decode(await self._reader.readline())
                self._log_in(given.split(b"\0")[2] == PASSWORD.encode())
            case "USER":
                self._say(b"+OK")
            case "PASS":
                self._log_in(line[5:].rstrip(b"\r\n") == PASSWORD.encode())

    def _transact(self, word: str, line: bytes) -> bool:
        server, argument = self._server, line.split()[-1]
        match word:
            case "STAT" | "LIST" | "UIDL":
                self._overview(word)
            case "RETR" | "TOP" if not 0 < int(line.split()[1]) <= len(self._letters):
                self._say(b"-ERR no such message")
            case "RETR":
                self._retrieve(self._letters[int(argument) - 1])
            case "TOP" if server.cut_at_top:
                raise Cut
            case "TOP" if server.tops:
                content = server.head_of(self._letters[int(line.split()[1]) - 1].content)
                self._rows([*content.partition(b"\r\n\r\n")[0].split(b"\r\n"), b""])
            case "DELE":
                if server.heard["DELE"] == server.cut_at_dele:
                    return False
                self._deleted.add(int(argument))
                self._say(b"+OK")
            case "QUIT":
                return self._quit()
            case _:
                self._say(b"-ERR unknown")
        return True

    def _overview(self, word: str) -> None:
        match word:
            case "STAT" if not self._server.counts:
                self._say(b"-ERR no count")
            case "STAT":
                self._say(f"+OK {len(self._letters)} 0".encode())
            case "LIST":
                self._list("LIST", [f"{n} {letter.size}" for n, letter in self._listed()])
            case _ if self._server.uidls is Uidls.NONE:
                self._say(b"-ERR none")
            case _:
                self._list("UIDL", [f"{n} {self._uidl(n, each)}" for n, each in self._listed()])

    def _list(self, word: str, rows: list[str]) -> None:
        told = self._server.rows(word, [row.encode("utf-8") for row in rows])
        if told is None:
            self._say(b"-ERR no listing")
        else:
            self._rows(told)

    def _listed(self) -> list[tuple[int, Letter]]:
        return list(enumerate(self._letters, 1))

    def _uidl(self, number: int, letter: Letter) -> str:
        match self._server.uidls:
            case Uidls.TWINS:
                return "same"
            case Uidls.CHANGING:
                return f"session{self._server.sessions}-{letter.uidl}"
            case Uidls.NUMBERS:
                return str(number)
            case _:
                return letter.uidl

    def _log_in(self, right: bool) -> None:
        self._send(self._server.login_answer if right else b"-ERR [AUTH] wrong\r\n")

    def _retrieve(self, letter: Letter) -> None:
        if letter.refused:
            self._say(b"-ERR not this one")
            return
        if letter.garbled:
            self._say(b"<html>")
            return
        if letter.breaks_at is not None:
            self._say(b"+OK")
            self._send(letter.content[: letter.breaks_at])
            raise Cut
        lines = letter.content.split(b"\r\n")
        if lines[-1] == b"":
            lines.pop()
        self._rows(lines)
        self._server.whole.append(letter)

    def _quit(self) -> bool:
        quits = self._server.quits
        if quits in {Quits.WELL, Quits.SILENT_DONE}:
            gone = [letter for n, letter in self._listed() if n in self._deleted]
            self._server.letters = [each for each in self._server.letters if each not in gone]
        if quits in {Quits.WELL, Quits.LYING}:
            self._say(b"+OK bye")
        elif quits is Quits.REFUSED:
            self._say(b"-ERR some deleted messages not removed")
        return False

    def _rows(self, rows: object) -> None:
        self._say(b"+OK")
        assert hasattr(rows, "__iter__")
        for row in rows:
            self._say(b"." + row if row.startswith(b".") else row)
        self._say(b".")

    def _say(self, line: bytes) -> None:
        self._send(line + b"\r\n")

    def _send(self, data: bytes) -> None:
        limit = self._server.breaks_every
        some = data if limit is None else data[: limit - self._sent]
        self._sent += len(some)
        self._server.sent += len(some)
        self._writer.write(some)
        if len(some) < len(data):
            raise Cut
