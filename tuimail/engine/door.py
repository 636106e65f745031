"""The engine's Unix socket: for its own user alone, bounded in every way (security.md S1-S5)."""

import asyncio
import logging
import resource
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
# The others are for stores, servers and the parser.
SHARE_OF_FILES = 4
_AFTER_REFUSAL = 0.05
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
        self._most = most_connections()
        self._guests = 0
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
        """Goes on as long as there is a socket, also where there is nothing left to open."""
        refused = 0
        while (listening := self._listening) is not None:
            try:
                await self._accept_one(listening, tasks)
            except OSError as trouble:
                if listening is not self._listening:
                    break
                if not refused:
                    log.warning("nobody can come in for now: %s", trouble.strerror)
                refused += 1
                await asyncio.sleep(min(_AFTER_REFUSAL * refused, self._look_at_socket))
            else:
                refused = 0
        # Until it is looked for: who cannot have one now must not ask again and again.
        await asyncio.sleep(self._look_at_socket)

    async def _accept_one(self, listening: socket.socket, tasks: asyncio.TaskGroup) -> None:
        peer, _ = await asyncio.get_running_loop().sock_accept(listening)
        if self._guests >= self._most or not _is_me(peer):
            peer.close()
            return
        self._guests += 1
        tasks.create_task(self._welcome(peer), name="screen")

    async def _vanished(self) -> None:
        """Return when the socket is not at its path any more, after a log-out for example."""
        while True:
            await asyncio.sleep(self._look_at_socket)
            if not self._closed and not _is_socket(self._path):
                return

    def _reopen(self) -> None:
        if self._closed:
            return
        if self._listening is not None:
            log.warning("the socket vanished and is made again")
            self._listening.close()
            self._listening = None
        try:
            self._listening = listen(self._path)
        except UnsafeSocket as trouble:
            log.warning("%s", trouble)

    async def _welcome(self, peer: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=peer, limit=LARGEST)
        except OSError:
            self._guests -= 1
            peer.close()
            return
        self._inside.add(writer)
        self._empty.clear()
        try:
            await self._converse(reader, writer)
        except (OSError, EOFError, TimeoutError, BadFrame, asyncio.LimitOverrunError) as end:
            log.debug("a screen left: %s", type(end).__name__)
        finally:
            self._guests -= 1
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


def most_connections() -> int:
    """Fewer where this process may not have many files open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, files // SHARE_OF_FILES))


def _is_me(peer: socket.socket) -> bool:
    """Whoever is gone already is nobody."""
    try:
        return peer_is_me(peer)
    except OSError:
        return False


def _is_socket(path: Path) -> bool:
    try:
        return path.is_socket()
    except OSError:
        return False
