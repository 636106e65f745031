"""A screen's connection to a running engine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from tuimail import __version__
from tuimail.engine.events import Event
from tuimail.engine.frames import LARGEST, AskStatus, BadFrame, Frame, Hello, decode, encode, split
from tuimail.engine.requests import Request, Status
from tuimail.engine.sockets import UnsafeSocket, check_folder, peer_is_me

DEADLINE = 10.0
LEAVING = 2.0

CONVERSATION_ENDS = (OSError, EOFError, TimeoutError, BadFrame, asyncio.LimitOverrunError)


class NobodyThere(Exception):
    """No engine answers at the socket."""


class Visit:
    """One connection; it ends when the engine does."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.version = version

    @classmethod
    async def begin(cls, path: Path, version: str = __version__) -> "Visit":
        """Raises NobodyThere, or UnsafeSocket if somebody else's folder or engine is there."""
        if not path.parent.exists():
            raise NobodyThere
        check_folder(path.parent)
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=LARGEST)
        except OSError as error:
            raise NobodyThere from error
        try:
            answer = await _greet(reader, writer, version)
        except BaseException:
            writer.transport.abort()
            raise
        return cls(reader, writer, answer.version)

    async def send(self, request: Request) -> None:
        """Raises NobodyThere if the engine went away."""
        for part in split(request):
            await self._write(part)

    async def status(self) -> Status:
        """Raises NobodyThere."""
        await self._write(AskStatus())
        async for frame in self._frames():
            if isinstance(frame, Status):
                return frame
        raise NobodyThere

    async def news(self) -> AsyncIterator[Event]:
        """Ends when the engine does."""
        async for frame in self._frames():
            if isinstance(frame, Event):
                yield frame

    async def leave(self) -> None:
        """What was sent still gets there: hang up, and wait until the engine does."""
        try:
            async with asyncio.timeout(LEAVING):
                self._writer.write_eof()
                while await self._reader.read(LARGEST):
                    pass
        except (OSError, TimeoutError):
            return
        finally:
            self._writer.transport.abort()

    async def _write(self, frame: Frame) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                self._writer.write(encode(frame))
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise NobodyThere from error

    async def _frames(self) -> AsyncIterator[Frame]:
        while True:
            try:
                yield decode(await self._reader.readuntil())
            except CONVERSATION_ENDS:
                self._writer.transport.abort()
                return


async def _greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> Hello:
    peer: socket.socket = writer.get_extra_info("socket")
    if not peer_is_me(peer):
        raise UnsafeSocket("Somebody else's program answers at the engine's socket.")
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(encode(Hello(version)))
            answer = decode(await reader.readuntil())
    except CONVERSATION_ENDS as error:
        raise NobodyThere from error
    if not isinstance(answer, Hello):
        raise NobodyThere
    return answer
