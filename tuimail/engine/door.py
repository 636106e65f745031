"""The engine's Unix socket: for its own user alone, bounded in every way (security.md S1-S5)."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tuimail import __version__
from tuimail.engine.broadcast import Listener
from tuimail.engine.channel import Served
from tuimail.engine.frames import LARGEST, AskStatus, BadFrame, Frame, Hello, decode, encode, split
from tuimail.engine.requests import FetchBodies, GiveSecret, Reconnect, Ring, Stop, SyncNow
from tuimail.engine.sockets import UnsafeSocket, listen, peer_is_me
from tuimail.engine.tasks import first_of

MOST_CONNECTIONS = 64
DEADLINE = 10.0
LOOK_AT_SOCKET = 2.0
GOODBYE = 1.0

log = logging.getLogger(__name__)


class Door:
    """Lets screens in; its socket is made anew if it vanishes, by us who hold the lock."""

    def __init__(
        self,
        engine: Served,
        path: Path,
        *,
        version: str = __version__,
        deadline: float = DEADLINE,
        look_at_socket: float = LOOK_AT_SOCKET,
    ) -> None:
        self._engine = engine
        self._path = path
        self._version = version
        self._deadline = deadline
        self._look_at_socket = look_at_socket
        self._inside: set[asyncio.StreamWriter] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._listening: socket.socket | None = None
        self._closed = False

    def open(self) -> None:
        """Raises UnsafeSocket."""
        self._listening = listen(self._path)

    def close(self) -> None:
        """Let nobody in any more; those inside stay."""
        self._closed = True
        if self._listening is not None:
            with suppress(OSError):
                self._path.unlink()
            self._listening.close()
            self._listening = None

    async def serve(self) -> None:
        """Let screens in until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await first_of(self._accept_all(tasks), self._vanished())
                self._reopen()

    async def say_goodbye(self) -> None:
        """Return when all inside have heard the last news, or soon."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._empty.wait()

    async def _accept_all(self, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while self._listening is not None:
            peer, _ = await loop.sock_accept(self._listening)
            if len(self._inside) >= MOST_CONNECTIONS or not peer_is_me(peer):
                peer.close()
                continue
            tasks.create_task(self._welcome(peer), name="screen")

    async def _vanished(self) -> None:
        """Return when the socket is not at its path any more, after a log-out for example."""
        while True:
            await asyncio.sleep(self._look_at_socket)
            if not self._closed and not self._path.is_socket():
                return

    def _reopen(self) -> None:
        log.warning("the socket vanished and is made again")
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        try:
            self._listening = listen(self._path)
        except UnsafeSocket as trouble:
            log.warning("%s", trouble)

    async def _welcome(self, peer: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=peer, limit=LARGEST)
        self._inside.add(writer)
        self._empty.clear()
        try:
            await self._converse(reader, writer)
        except (OSError, EOFError, TimeoutError, BadFrame, asyncio.LimitOverrunError) as end:
            log.debug("a screen left: %s", type(end).__name__)
        finally:
            self._inside.discard(writer)
            if not self._inside:
                self._empty.set()
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(self._deadline):
            if not isinstance(decode(await reader.readuntil()), Hello):
                raise BadFrame("no hello")
        if self._closed:
            raise EOFError
        await self._write(writer, [Hello(self._version)])
        with self._engine.listen() as listener:
            await first_of(self._obey(reader, writer), self._tell(listener, writer))

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            match await self._read(reader):
                case AskStatus():
                    await self._write(writer, [await self._engine.status()])
                case (
                    Ring() | FetchBodies() | SyncNow() | Reconnect() | GiveSecret() | Stop()
                ) as request:
                    self._engine.serve(request)
                case _:
                    raise BadFrame("no request")

    async def _read(self, reader: asyncio.StreamReader) -> Frame:
        """The next frame: when it comes is open, but once begun it has to end."""
        begun = await reader.readexactly(1)
        async with asyncio.timeout(self._deadline):
            return decode(begun + await reader.readuntil())

    async def _tell(self, listener: Listener, writer: asyncio.StreamWriter) -> None:
        async for batch in listener.batches():
            await self._write(writer, [part for event in batch for part in split(event)])

    async def _write(self, writer: asyncio.StreamWriter, frames: Sequence[Frame]) -> None:
        """Raises TimeoutError if the reader does not read."""
        async with asyncio.timeout(self._deadline):
            for frame in frames:
                writer.write(encode(frame))
                await writer.drain()
