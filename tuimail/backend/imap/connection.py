"""Opens lines to a server through aioimaplib; nobody else imports it."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aioimaplib  # type: ignore[import-untyped]  # ships no types

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.network import NEXT_FAMILY, loopback_address, told
from tuimail.backend.tls import (
    check_pin,
    client_context,
    fingerprint_of,
    reason_of,
    unverified_context,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tls:
    """A context and the name that the certificate must have."""

    context: ssl.SSLContext
    name: str


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
        self._client_task = running.create_task(self._connect(running, host, port))

    async def opened(self) -> None:
        """Return once connected (and encrypted); raises what the system raises."""
        try:
            async with asyncio.timeout(self._patience.opening):
                await self._client_task
        finally:
            self._client_task.cancel()

    async def _connect(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        tls = self._tls
        await loop.create_connection(
            lambda: self._line,
            host,
            port,
            ssl=tls.context if tls else None,
            server_hostname=tls.name if tls else None,
            ssl_handshake_timeout=self._patience.handshake if tls else None,
            happy_eyeballs_delay=NEXT_FAMILY,
        )


async def open_line(settings: ImapSettings, patience: Patience) -> Line:
    """A line to the server, greeted, encrypted as asked, and nothing secret said yet."""
    context = None if settings.security == "none" else client_context(settings)
    try:
        return await _open(settings, patience, context)
    except ssl.SSLCertVerificationError as refusal:
        shown = await _presented(settings, patience)
        known = f"; its fingerprint is {shown}" if shown else ""
        raise Refused(
            f"The certificate of {settings.host} is not trusted ({reason_of(refusal)}){known}"
        ) from refusal


async def _presented(settings: ImapSettings, patience: Patience) -> str:
    """The fingerprint of what the server shows, asked for on a line of its own."""
    try:
        line = await _open(settings, patience, unverified_context(), pinned=False)
    except (Refused, Unreachable, ssl.SSLError):
        log.debug("%s: no second look at its certificate", settings.host)
        return ""
    shown = fingerprint_of(line.tls_object)
    line.fail(Unreachable(f"The connection to {settings.host} is closed"))
    return shown


async def _open(
    settings: ImapSettings,
    patience: Patience,
    context: ssl.SSLContext | None,
    *,
    pinned: bool = True,
) -> Line:
    line = Line(settings.host, pipeline=settings.pipeline, patience=patience)
    try:
        tls = Tls(context, settings.host) if context and settings.security == "tls" else None
        await _connected(line, settings, patience, tls)
        if tls and pinned:
            check_pin(settings, line.tls_object)
        await _greeted(line)
        if context and not tls:
            await _encrypted(line, settings, context)
            if pinned:
                check_pin(settings, line.tls_object)
    except BaseException:
        line.fail(Unreachable(f"The connection to {settings.host} is closed"))
        raise
    return line


async def _connected(
    line: Line, settings: ImapSettings, patience: Patience, tls: Tls | None
) -> None:
    try:
        host = settings.host
        if settings.security == "none":
            host = await loopback_address(host, settings.port, "mail is not fetched unencrypted")
        await ImapClient(line, host, settings.port, tls, patience).opened()
        line.keep_alive()
    except ssl.SSLCertVerificationError:
        raise
    except OSError as failure:
        raise told(failure, settings.host) from failure


async def _greeted(line: Line) -> None:
    greeting = await line.greeting
    if greeting.condition == "BYE":
        raise Unreachable(f"{line.host} turned us away: {greeting.text or 'no reason given'}")
    if greeting.condition == "PREAUTH" and not line.encrypted:
        raise Refused(f"{line.host} claims a log-in on an unencrypted line; no password was sent")


async def _encrypted(line: Line, settings: ImapSettings, context: ssl.SSLContext) -> None:
    if "STARTTLS" not in await line.ask_capabilities():
        raise Refused(f"{line.host} does not offer STARTTLS; no password was sent")
    try:
        status = await line.start_tls(context, settings.host)
    except ssl.SSLCertVerificationError:
        raise
    except OSError as failure:
        raise told(failure, line.host) from failure
    if status.condition != "OK":
        raise Refused(f"{line.host} refused STARTTLS ({status.text}); no password was sent")
