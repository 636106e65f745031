"""Opening a line: encrypted as asked, and only to whom the settings trust (N1, N4)."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from tuimail.backend.base import Refused, Unreachable, Untrusted
from tuimail.backend.line import BaseLine
from tuimail.backend.network import NEXT_FAMILY, is_address, loopback_address, told
from tuimail.backend.server import Patience, Server
from tuimail.backend.tls import (
    check_pin,
    client_context,
    fingerprint_of,
    reason_of,
    unverified_context,
)
from tuimail.backend.wrong_port import begun

T = TypeVar("T")
L = TypeVar("L", bound=BaseLine)

# Called with the encryption as soon as it stands, before anything is said over it.
Check = Callable[[ssl.SSLObject | None], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tls:
    """A context and the name that the certificate must have."""

    context: ssl.SSLContext
    name: str


@dataclass(frozen=True, slots=True)
class Steps(Generic[L]):
    """How a protocol begins: a new line is connected, greeted, and encrypted if it was not.

    After `quiet` seconds without a greeting it is looked whether the port is the wrong one.
    """

    new: Callable[[], L]
    connected: Callable[[L, str, int, Tls | None], Awaitable[None]]
    greeted: Callable[[L], Awaitable[None]]
    encrypted: Callable[[L, Tls], Awaitable[None]]
    quiet: float


async def open_line(server: Server, steps: Steps[L]) -> L:
    """A line to the server, greeted, encrypted as asked, and nothing secret said yet."""

    async def attempt(context: ssl.SSLContext | None, check: Check) -> L:
        line = steps.new()
        line.awaits_tls = server.security == "starttls"
        try:
            await _open(line, server, steps, Tls(context, server.host) if context else None, check)
        except BaseException:
            line.drop()
            raise
        return line

    return await open_trusted(server, attempt)


async def open_trusted(
    server: Server, attempt: Callable[[ssl.SSLContext | None, Check], Awaitable[T]]
) -> T:
    """What `attempt` opens; Untrusted, with its fingerprint, if the certificate is not trusted.

    `attempt` gets no context where nothing is to be encrypted, and closes what it opened
    when it fails, as it will when its check raises.
    """
    context = None if server.security == "none" else client_context(server)
    try:
        return await attempt(context, partial(check_pin, server))
    except ssl.SSLCertVerificationError as refusal:
        shown = await _presented(server, attempt)
        reason = f"The certificate of {server.host} is not trusted ({reason_of(refusal)})"
        raise Untrusted(reason, shown) from refusal


async def connect(
    line: asyncio.Protocol, host: str, port: int, tls: Tls | None, patience: Patience
) -> None:
    """Raises what the system raises."""
    await asyncio.get_running_loop().create_connection(
        lambda: line,
        host,
        port,
        ssl=tls.context if tls else None,
        server_hostname=tls.name if tls else None,
        ssl_handshake_timeout=patience.handshake if tls else None,
        # Of an address there is one family only. The race leaks a socket when it is cancelled.
        happy_eyeballs_delay=None if is_address(host) else NEXT_FAMILY,
    )


async def _open(line: L, server: Server, steps: Steps[L], tls: Tls | None, check: Check) -> None:
    at_once = tls if server.security == "tls" else None

    async def begin(host: str) -> None:
        await steps.connected(line, host, server.port, at_once)
        line.keep_alive()
        if not at_once:
            await steps.greeted(line)

    with in_words(server.host):
        host = server.host
        if tls is None:
            host = await loopback_address(host, server.port, "mail is not fetched unencrypted")
        await begun(server, begin(host), steps.quiet)
    if at_once:
        check(line.tls_object)
        await steps.greeted(line)
    if tls and not at_once:
        with in_words(server.host):
            await steps.encrypted(line, tls)
        check(line.tls_object)


@contextmanager
def in_words(host: str) -> Iterator[None]:
    """A doubted certificate is looked at again; everything else is told."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except OSError as failure:
        raise told(failure, host) from failure


class _Looked(Exception):
    """The certificate was seen: there is nothing more to do on that line."""


async def _presented(
    server: Server, attempt: Callable[[ssl.SSLContext | None, Check], Awaitable[T]]
) -> str:
    """The fingerprint of what the server shows, asked for on a line of its own."""
    shown = ""

    def look(encryption: ssl.SSLObject | None) -> None:
        nonlocal shown
        shown = fingerprint_of(encryption)
        raise _Looked

    try:
        await attempt(unverified_context(), look)
    except _Looked:
        return shown
    except (Refused, Unreachable, ssl.SSLError):
        log.debug("%s: no second look at its certificate", server.host)
    return ""
