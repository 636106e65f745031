"""Opens lines to a server through aioimaplib; nobody else imports it."""

import asyncio
import ssl
from collections.abc import Callable

import aioimaplib  # type: ignore[import-untyped]  # ships no types

from tuimail.backend import opening
from tuimail.backend.base import Alert, Refused, Unreachable
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.opening import Steps, Tls, connect


class ImapClient(aioimaplib.IMAP4):  # type: ignore[misc]  # the base class is untyped
    """aioimaplib's client with our reader and writer: its own lose data and hang."""

    def __init__(self, line: Line, host: str, port: int, tls: Tls | None, patience: Patience):
        self._line = line
        self._tls = tls
        self._patience = patience
        super().__init__(host, port, timeout=patience.opening)

    def create_client(
        self,
        host: str,
        port: int,
        loop: asyncio.AbstractEventLoop | None,
        conn_lost_cb: Callable[[Exception | None], None] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        running = loop or asyncio.get_running_loop()
        self.protocol = self._line
        self._client_task = running.create_task(
            connect(self._line, host, port, self._tls, self._patience)
        )

    async def opened(self) -> None:
        """Return once connected (and encrypted); raises what the system raises."""
        try:
            async with asyncio.timeout(self._patience.opening):
                await self._client_task
        finally:
            self._client_task.cancel()


async def open_line(settings: ImapSettings, patience: Patience, alert: Alert) -> Line:
    """A line to the server, greeted, encrypted as asked, and nothing secret said yet."""

    async def connected(line: Line, host: str, port: int, tls: Tls | None) -> None:
        await ImapClient(line, host, port, tls, patience).opened()

    def new() -> Line:
        return Line(settings.host, pipeline=settings.pipeline, patience=patience, alert=alert)

    return await opening.open_line(
        settings, Steps(new, connected, _greeted, _encrypted, patience.quiet)
    )


async def _greeted(line: Line) -> None:
    greeting = await line.greeting
    if greeting.condition == "BYE":
        raise Unreachable(f"{line.host} turned us away: {line.said(greeting.text)}")
    if greeting.condition == "PREAUTH" and not line.encrypted:
        raise Refused(
            f"{line.host} claims a log-in on an unencrypted line; nothing secret was sent"
        )


async def _encrypted(line: Line, tls: Tls) -> None:
    if "STARTTLS" not in await line.ask_capabilities():
        raise Refused(f"{line.host} does not offer STARTTLS; nothing secret was sent")
    status = await line.start_tls(tls.context, tls.name)
    if status.condition != "OK":
        raise Refused(f"{line.host} refused STARTTLS; nothing secret was sent")
