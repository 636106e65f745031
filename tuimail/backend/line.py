"""One line to a server, whatever is spoken on it: watched, encrypted, ended once for all."""

import asyncio
import logging
import ssl
from typing import cast

from tuimail.backend.base import Unreachable
from tuimail.backend.network import keep_alive
from tuimail.backend.server import Patience
from tuimail.backend.watchdog import Watchdog
from tuimail.model.safe_text import SafeText, safe_line

log = logging.getLogger(__name__)


class BaseLine(asyncio.Protocol):
    """Reads and writes one connection; once it failed, every call raises why.

    While it `awaits_tls`, anybody may have said what was read: nothing of that is shown.
    """

    def __init__(self, host: str, patience: Patience) -> None:
        self.host = host
        self.encrypted = False
        self.awaits_tls = False
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._failure: Exception | None = None
        self._watchdog = Watchdog(patience.silence, self._is_awaited, self._silent)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.encrypted = self.tls_object is not None
        self._watchdog.progress()
        self._watchdog.watch()

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

    def pause(self) -> None:
        """Stop reading until `resume`: nobody takes what was read."""
        if not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self._watchdog.progress()
            if self.alive:
                self._transport.resume_reading()

    def said(self, text: str) -> SafeText:
        """The server's words, as far as they may be shown."""
        if self.awaits_tls:
            return SafeText("its words are not shown, since the line is not encrypted yet")
        return safe_line(text, 200) or SafeText("no reason given")

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
        if self._transport is not None:
            self._transport.abort()
        self._ended(error)

    def drop(self) -> None:
        """End the line without a word to the server."""
        self.fail(Unreachable(f"The connection to {self.host} is closed"))

    # What a protocol adds.

    def _is_awaited(self) -> bool:
        """Whether the server owes us something."""
        raise NotImplementedError

    def _ended(self, error: Exception) -> None:
        """Tell `error` to whoever waits."""
        raise NotImplementedError

    def _open_transport(self) -> asyncio.Transport:
        self.check()
        if self._transport is None:
            raise Unreachable(f"{self.host} is not connected")
        return self._transport

    async def _encrypt(self, context: ssl.SSLContext, name: str) -> None:
        """Once the server has agreed; what it said before is the caller's to forget."""
        transport = await self._loop.start_tls(
            self._open_transport(),
            self,
            context,
            server_hostname=name,
            ssl_handshake_timeout=self._patience.handshake,
        )
        self.check()
        self._transport = transport
        self.encrypted = True
        self.awaits_tls = False

    def _silent(self) -> None:
        seconds = round(self._patience.silence)
        self.fail(Unreachable(f"{self.host} did not answer for {seconds} seconds"))
