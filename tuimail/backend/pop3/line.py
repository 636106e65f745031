"""One line to a POP3 server: commands out, events in, bounded in time and memory."""

import asyncio
import logging
import ssl
from collections import deque
from typing import cast

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.network import keep_alive
from tuimail.backend.server import Patience
from tuimail.backend.watchdog import Watchdog
from tuimail.wire.pop3 import Content, Dialogue, Event, ProtocolError, Status
from tuimail.wire.pop3_commands import Command

log = logging.getLogger(__name__)

# So much may lie here unread before the server has to wait.
ENOUGH = 8_000_000


class Line(asyncio.Protocol):
    """Reads and writes one connection; once it failed, every call raises why."""

    def __init__(self, host: str, patience: Patience) -> None:
        self.host = host
        self.encrypted = False
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._dialogue = Dialogue()
        self._transport: asyncio.Transport | None = None
        self._events: deque[Event] = deque()
        self._unread = 0
        self._news = asyncio.Event()
        self._paused = False
        self._switching = False
        self._failure: Exception | None = None
        self._watchdog = Watchdog(patience.silence, self._is_awaited, self._silent)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.encrypted = self.tls_object is not None
        self._watchdog.progress()
        self._watchdog.watch()

    def data_received(self, data: bytes) -> None:
        if self._failure is not None:
            return
        try:
            events = self._dialogue.feed(data)
        except ProtocolError as violation:
            self.fail(Refused(f"{self.host} does not speak POP3 as it should: {violation}"))
            return
        if self._switching and (len(events) > 1 or self._dialogue.unread):
            self.fail(Refused(f"{self.host} goes on talking before the encryption begins"))
            return
        complete = any(not isinstance(event, Content) for event in events)
        self._watchdog.heard(len(data), complete=complete)
        for event in events:
            self._unread += _size(event)
        self._events += events
        if self._unread > ENOUGH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(Unreachable(f"The connection to {self.host} was lost"))

    # What a session calls.

    @property
    def alive(self) -> bool:
        return self._failure is None and self._transport is not None

    @property
    def tls_object(self) -> ssl.SSLObject | None:
        """The encryption under way, for its certificate."""
        return None if self._transport is None else self._transport.get_extra_info("ssl_object")

    def keep_alive(self) -> None:
        """Let the kernel notice a dead peer."""
        keep_alive(self._open_transport().get_extra_info("socket"))

    def send(self, *commands: Command) -> None:
        """Send these in one go; their answers come as events, in this order."""
        transport = self._open_transport()
        for command in commands:
            self._dialogue.expect(command.shape)
            log.debug("%s C: %s", self.host, command.shown)
        self._watchdog.watch()
        transport.write(b"".join(command.line for command in commands))

    def answer(self, data: bytes) -> None:
        """Answer a challenge; never logged."""
        self._open_transport().write(data)

    async def event(self) -> Event:
        """The next event; raises what ended the line if there is none to come."""
        while not self._events:
            self.check()
            self._news.clear()
            await self._news.wait()
        event = self._events.popleft()
        self._unread -= _size(event)
        self._read_on()
        return event

    async def status(self) -> Status:
        """The next event, which has to be a status."""
        event = await self.event()
        if not isinstance(event, Status):
            raise Refused(f"{self.host} answers something else than was asked")
        return event

    async def start_tls(self, command: Command, context: ssl.SSLContext, name: str) -> Status:
        """STLS; nothing that was said before encryption is believed after it."""
        self._switching = True
        self.send(command)
        status = await self.status()
        if not status.ok:
            return status
        transport = await self._loop.start_tls(
            self._open_transport(),
            self,
            context,
            server_hostname=name,
            ssl_handshake_timeout=self._patience.handshake,
        )
        self.check()
        self._transport = transport
        self._switching = False
        self.encrypted = True
        return status

    def check(self) -> None:
        """Raise what ended this line, if it ended."""
        if self._failure is not None:
            raise type(self._failure)(*self._failure.args)

    def fail(self, error: Exception) -> None:
        """End the line; all that waits on it raises `error`."""
        if self._failure is not None:
            return
        self._failure = error
        log.debug("%s: closed, %s", self.host, error)
        self._watchdog.stop()
        self._events.clear()
        if self._transport is not None:
            self._transport.abort()
        self._news.set()

    def close(self) -> None:
        self.fail(Unreachable(f"The connection to {self.host} is closed"))

    def _open_transport(self) -> asyncio.Transport:
        self.check()
        if self._transport is None:
            raise Unreachable(f"{self.host} is not connected")
        return self._transport

    def _read_on(self) -> None:
        if self._paused and self._unread < ENOUGH // 2 and self._transport is not None:
            self._paused = False
            self._watchdog.progress()
            self._transport.resume_reading()

    def _is_awaited(self) -> bool:
        return self._failure is None and not self._paused and self._dialogue.waiting > 0

    def _silent(self) -> None:
        self.fail(Unreachable(f"{self.host} did not answer in time"))


def _size(event: Event) -> int:
    return len(event.data) if isinstance(event, Content) else 0
