"""A line that can be slow, stall, or break at a chosen byte, between a client and a server."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

CHUNK = 1 << 16


class Direction(StrEnum):
    TO_SERVER = "to the server"
    TO_CLIENT = "to the client"


class Kind(StrEnum):
    CUT = "cut"  # both ends see the connection end
    STALL = "stall"  # nothing passes any more, nobody is told


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes once, after `at` bytes have passed in `direction` over all connections."""

    kind: Kind
    direction: Direction
    at: int


@dataclass(eq=False, slots=True)
class _Line:
    """One connection: the writers towards both ends, and the task that feeds them."""

    writers: dict[Direction, asyncio.StreamWriter]
    flows: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] = field(init=False)


class Proxy:
    """Listens at `port` and passes bytes on; `passed` counts them by direction.

    `delay` is seconds one way, with no limit on throughput.
    """

    def __init__(
        self, host: str, port: int, *, delay: float = 0.0, faults: Iterable[Fault] = ()
    ) -> None:
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self.passed = dict.fromkeys(Direction, 0)
        self.delay = delay
        self._faults: list[Fault] = []
        self.plan(*faults)
        self._server_address = host, port
        self._lines: set[_Line] = set()
        self._listener: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.shut()

    async def open(self) -> None:
        """Listen, after a `shut` on the same port again."""
        self._listener = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """The network is away: lines break, new ones are refused."""
        if self._listener is not None:
            self._listener.close()
        await self.cut()

    async def cut(self) -> None:
        """Break every line; new ones are welcome."""
        lines = tuple(self._lines)
        for line in lines:
            line.task.cancel()
        await asyncio.gather(*(line.task for line in lines), return_exceptions=True)

    def stall(self) -> None:
        """Let nothing pass on the lines there are, and tell nobody."""
        for line in self._lines:
            line.flows.clear()

    def plan(self, *faults: Fault) -> None:
        """These faults are still to come, and no others."""
        self._faults = sorted(faults, key=lambda fault: fault.at)

    def resume(self) -> None:
        for line in self._lines:
            line.flows.set()

    async def _serve(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            from_server, to_server = await asyncio.open_connection(*self._server_address)
        except OSError:
            to_client.transport.abort()
            return
        writers = {Direction.TO_CLIENT: to_client, Direction.TO_SERVER: to_server}
        for writer in writers.values():
            writer.transport.set_write_buffer_limits(0)  # so that drain() means: all is out
        line = _Line(writers)
        line.flows.set()
        line.task = asyncio.create_task(self._relay(line, from_client, from_server))
        self._lines.add(line)
        await asyncio.wait([line.task])
        self._lines.discard(line)

    async def _relay(
        self, line: _Line, from_client: asyncio.StreamReader, from_server: asyncio.StreamReader
    ) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass_on(line, from_client, Direction.TO_SERVER))
                tasks.create_task(self._pass_on(line, from_server, Direction.TO_CLIENT))
        finally:
            for writer in line.writers.values():
                writer.transport.abort()

    async def _pass_on(
        self, line: _Line, reader: asyncio.StreamReader, direction: Direction
    ) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write(line, queue, direction))
            clock = asyncio.get_running_loop().time
            data = b"."
            while data:
                try:
                    data = await reader.read(CHUNK)
                except ConnectionError:
                    data = b""
                await queue.put((clock() + self.delay, data))

    async def _write(
        self, line: _Line, queue: asyncio.Queue[tuple[float, bytes]], direction: Direction
    ) -> None:
        clock = asyncio.get_running_loop().time
        writer = line.writers[direction]
        while True:
            due, data = await queue.get()
            if due > clock():
                await asyncio.sleep(due - clock())
            await line.flows.wait()
            if not data:
                with suppress(OSError):
                    writer.write_eof()
                return
            await self._deliver(line, writer, direction, data)

    async def _deliver(
        self, line: _Line, writer: asyncio.StreamWriter, direction: Direction, data: bytes
    ) -> None:
        while fault := self._fault_within(direction, len(data)):
            head = data[: fault.at - self.passed[direction]]
            data = data[len(head) :]
            await self._send(writer, direction, head)
            self._faults.remove(fault)
            line.flows.clear()
            if fault.kind is Kind.CUT:
                line.task.cancel()
            await line.flows.wait()
        await self._send(writer, direction, data)

    def _fault_within(self, direction: Direction, length: int) -> Fault | None:
        end = self.passed[direction] + length
        return next((f for f in self._faults if f.direction is direction and f.at <= end), None)

    async def _send(self, writer: asyncio.StreamWriter, direction: Direction, data: bytes) -> None:
        self.passed[direction] += len(data)
        writer.write(data)
        with suppress(ConnectionError):
            await writer.drain()
