"""One line to a POP3 server: commands out, events in, bounded in time and memory."""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Sequence

from tuimail.backend.base import Refused
from tuimail.backend.line import BaseLine
from tuimail.backend.server import Patience
from tuimail.wire.pop3 import Content, Dialogue, Event, ProtocolError, Status
from tuimail.wire.pop3_commands import Command

log = logging.getLogger(__name__)

# So much may lie here unread before the server has to wait.
ENOUGH = 8_000_000


class Line(BaseLine):
    """Commands go out in the order of their answers, which come as events."""

    def __init__(self, host: str, patience: Patience) -> None:
        super().__init__(host, patience)
        self._dialogue = Dialogue()
        self._events: deque[Event] = deque()
        self._unread = 0
        self._news = asyncio.Event()
        self._switching = False

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        if self._failure is not None:
            return
        try:
            events = self._dialogue.feed(data)
        except ProtocolError as violation:
            # Whatever follows the answer to STLS is one, too, and nothing of it is believed.
            self._take(violation.before if not self._switching else ())
            self.fail(Refused(f"{self.host} does not speak POP3 as it should: {violation}"))
            return
        complete = any(not isinstance(event, Content) for event in events)
        self._watchdog.heard(len(data), complete=complete)
        self._take(events)
        if self._unread > ENOUGH:
            self.pause()
        self._news.set()

    def _take(self, events: Sequence[Event]) -> None:
        self._unread += sum(map(_size, events))
        self._events += events

    # What a session calls.

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
        """The next event; what came whole before the line ended is told before its end."""
        while not self._events:
            self.check()
            self._news.clear()
            await self._news.wait()
        event = self._events.popleft()
        self._unread -= _size(event)
        if self._unread < ENOUGH // 2:
            self.resume()
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
        await self._encrypt(context, name)
        self._switching = False
        return status

    def _ended(self, error: Exception) -> None:
        self._news.set()

    def _is_awaited(self) -> bool:
        return self._failure is None and not self._paused and self._dialogue.waiting > 0


def _size(event: Event) -> int:
    return len(event.data) if isinstance(event, Content) else 0
