"""One line to an IMAP server: commands out, responses in, pipelined, never confused."""

import asyncio
import logging
import random
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tuimail.backend.base import Alert, Refused, Unreachable
from tuimail.backend.imap.pending import Collector, Pending
from tuimail.backend.imap.settings import MAX_MESSAGE, Patience
from tuimail.backend.line import BaseLine
from tuimail.model.safe_text import SafeText
from tuimail.wire.imap import ResponseReader, parse_capabilities
from tuimail.wire.imap_commands import Command
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_responses import (
    Capabilities,
    Continuation,
    Response,
    Status,
    Untagged,
)

log = logging.getLogger(__name__)

WINDOW = 32
# Responses to one command: more than any mailbox has messages.
MAX_UNTAGGED = 2_000_000
MAX_ALERTS = 20
CHUNK = 1 << 16
# What is sent without asking (RFC 7888): more is asked for, so that a server can refuse
# a large message before it travels.
UNASKED = {"LITERAL+": CHUNK, "LITERAL-": 4096}


class Line(BaseLine):
    """Every command has its answer, or raises what ended the line."""

    def __init__(
        self,
        host: str,
        *,
        pipeline: int = 0,
        patience: Patience,
        limit: int = MAX_MESSAGE,
        alert: Alert = lambda _: None,
    ) -> None:
        super().__init__(host, patience)
        self.capabilities: frozenset[str] = frozenset()
        self.greeting: asyncio.Future[Status] = self._loop.create_future()
        self._limit = limit
        self._reader = ResponseReader(limit)
        self._pending: dict[str, Pending] = {}
        self.window = pipeline or WINDOW
        self._slots = asyncio.Semaphore(self.window)
        self._writing = asyncio.Lock()
        self._writable = asyncio.Event()
        self._writable.set()
        self._expecting: Pending | None = None
        self._switching = False
        self._switched = False
        self._farewell = SafeText("")
        self._tag_prefix = "".join(random.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3))  # noqa: S311
        self._tag_count = 0
        self._untagged = 0
        self._alert = alert
        self._alerts: set[str] = set()
        self._overhearing: Collector | None = None

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        if self._failure is not None:
            return
        complete = False
        try:
            for response in self._reader.feed(data):
                self._check_switch(nothing_follows=False)
                self._dispatch(response)
                complete = True
            self._check_switch(nothing_follows=self._reader.empty)
        except ProtocolError as violation:
            self.fail(Refused(f"{self.host} does not speak IMAP as it should: {violation}"))
        self._watchdog.heard(len(data), complete=complete)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._farewell:
            self.fail(Unreachable(f"{self.host} closed the connection: {self._farewell}"))
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What the backend calls.

    @property
    def busy(self) -> bool:
        """Whether a command is under way."""
        return bool(self._pending)

    @property
    def quiet_for(self) -> float:
        """Seconds since the server last said something."""
        return self._watchdog.quiet_for

    async def ask_capabilities(self) -> frozenset[str]:
        """What the server can do, asked for unless it has said so."""
        if not self.capabilities:
            await self.run(_CAPABILITY)
        return self.capabilities

    async def run(self, command: Command, collector: Collector | None = None) -> Status:
        """Send `command` and wait for its end; `collector` hears what is said meanwhile."""
        pending = await self.start(command, collector)
        try:
            return await pending.done
        finally:
            pending.collector = None

    async def start(
        self, command: Command, collector: Collector | None = None, *, patient: bool = False
    ) -> Pending:
        """Send `command`; its end is in the answer's `done`."""
        await self._slots.acquire()
        try:
            await self._writing.acquire()
        except asyncio.CancelledError:
            self._slots.release()
            raise
        try:
            pending = self._register(command, collector, patient=patient)
            await self._send(command, pending)
        finally:
            self._writing.release()
        return pending

    def write(self, data: bytes) -> None:
        """Send more of the command under way (IDLE's DONE)."""
        self._open_transport().write(data)

    @contextmanager
    def overheard(self, collector: Collector) -> Iterator[None]:
        """Let `collector` hear all that is said, also between commands."""
        self._overhearing = collector
        try:
            yield
        finally:
            self._overhearing = None

    async def start_tls(self, context: ssl.SSLContext, server_hostname: str) -> Status:
        """STARTTLS; nothing that was said before encryption is believed after it."""
        self._switching = True
        status = await self.run(_STARTTLS)
        if status.condition != "OK":
            return status
        await self._encrypt(context, server_hostname)
        self._reader = ResponseReader(self._limit)
        self.capabilities = frozenset()
        self._switched = False
        return status

    async def close(self) -> None:
        """Say goodbye if the line is fit for it, and close."""
        if self.alive and not self._pending:
            try:
                async with asyncio.timeout(1):
                    await self.run(_LOGOUT)
            except (Unreachable, Refused, TimeoutError):
                log.debug("%s: no answer to LOGOUT", self.host)
        self.drop()

    def _ended(self, error: Exception) -> None:
        if not self.greeting.done():
            self.greeting.set_exception(type(error)(*error.args))
            self.greeting.exception()
        for pending in self._pending.values():
            pending.fail(type(error)(*error.args))
            self._slots.release()
        self._pending.clear()
        self._writable.set()

    def _register(self, command: Command, collector: Collector | None, *, patient: bool) -> Pending:
        if self._failure is not None:
            self._slots.release()
            self.check()
        self._tag_count += 1
        pending = Pending(f"{self._tag_prefix}{self._tag_count}", collector, patient=patient)
        if not self._pending:
            self._watchdog.progress()
        self._pending[pending.tag] = pending
        log.debug("%s C: %s %s", self.host, pending.tag, command.shown)
        self._watchdog.watch()
        return pending

    async def _send(self, command: Command, pending: Pending) -> None:
        pending.answers = command.answers
        self._expecting = pending
        chunks = list(command.chunks(pending.tag, self._unasked()))
        try:
            await self._write(chunks[0])
            for chunk in chunks[1:]:
                await pending.asked.wait()
                if pending.done.done():
                    return
                pending.asked.clear()
                await self._write(chunk)
        except asyncio.CancelledError:
            pending.abandon()
            self.fail(Unreachable(f"A command to {self.host} was broken off"))
            raise

    def _unasked(self) -> int:
        return max((UNASKED.get(name, -1) for name in self.capabilities), default=-1)

    async def _write(self, parts: Iterable[bytes]) -> None:
        for data in parts:
            for start in range(0, len(data), CHUNK):
                self._open_transport().write(data[start : start + CHUNK])
                if not self._writable.is_set():
                    await self._writable.wait()
                    self._watchdog.progress()

    def _check_switch(self, *, nothing_follows: bool) -> None:
        """After STARTTLS's OK nothing may come before encryption."""
        if self._switched and not nothing_follows:
            raise ProtocolError("words before encryption began")

    def _dispatch(self, response: Response) -> None:
        if isinstance(response, Continuation):
            if not self.greeting.done():
                # Such as POP3's "+OK": nothing would follow.
                raise ProtocolError("no greeting")
            self._continue(response.text)
        elif not isinstance(response, Status):
            if isinstance(response, Capabilities):
                self.capabilities = response.names
            self._spread(response)
        elif response.tag:
            self._finish(response)
        elif not self.greeting.done():
            self._greet(response)
        else:
            self._note(response)
            self._spread(response)

    def _spread(self, response: Untagged | Status) -> None:
        self._untagged += 1
        if not self.greeting.done() or self._untagged > MAX_UNTAGGED:
            raise ProtocolError("words that nobody asked for")
        if self._overhearing is not None:
            self._overhearing(response)
        heard: Collector | None = None
        for pending in self._pending.values():
            # Commands in a row that one stream has sent are heard by it once.
            if pending.collector is not None and pending.collector != heard:
                heard = pending.collector
                heard(response)

    def _greet(self, status: Status) -> None:
        if status.condition not in {"OK", "PREAUTH", "BYE"}:
            raise ProtocolError("no greeting")
        self._note(status)
        self.greeting.set_result(status)

    def _finish(self, status: Status) -> None:
        pending = self._pending.pop(status.tag, None)
        if pending is None:
            raise ProtocolError("an answer to a command that was not given")
        log.debug("%s S: %s %s %s", self.host, status.tag, status.condition, status.code.name)
        self._untagged = 0
        self._slots.release()
        self._note(status)
        if self._switching:
            self._switching = False
            self._switched = status.condition == "OK"
        pending.settle(status)

    def _note(self, status: Status) -> None:
        if status.condition == "BYE":
            self._farewell = self.said(status.text)
        if status.code.name == "CAPABILITY":
            self.capabilities = parse_capabilities(status.code.argument)
        elif status.code.name == "ALERT" and not self.awaits_tls:
            self._pass_on(status.text)

    def _pass_on(self, text: SafeText) -> None:
        if text not in self._alerts and len(self._alerts) < MAX_ALERTS:
            self._alerts.add(text)
            log.warning("%s says: %s", self.host, text)
            self._alert(text)

    def _continue(self, text: bytes) -> None:
        pending = self._expecting
        if pending is None or pending.done.done():
            return
        if pending.answers is None:
            pending.asked.set()
            return
        self.write(pending.answers(text) + b"\r\n")

    def _is_awaited(self) -> bool:
        if self._paused:
            self._watchdog.progress()
        waiting = any(not pending.patient for pending in self._pending.values())
        return waiting or not self.greeting.done()


_CAPABILITY = Command("CAPABILITY", (b"CAPABILITY",))
_STARTTLS = Command("STARTTLS", (b"STARTTLS",))
_LOGOUT = Command("LOGOUT", (b"LOGOUT",))
