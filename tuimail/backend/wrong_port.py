"""A port where TLS begins at once and one where it does not: which of them is meant, soon told.

Where we wait for a greeting and the server for TLS, nobody says a word until somebody gives up.
"""

import asyncio
import ssl
from collections.abc import Coroutine
from typing import TypeVar

from tuimail.backend.base import Refused
from tuimail.backend.server import Server
from tuimail.backend.tls import unverified_context

T = TypeVar("T")

_LONGEST_LOOK = 5.0
# Where nobody is to speak before the server: who does may be taken for a sender of spam.
_GREETING_PORTS = frozenset({25, 110, 143, 587, 2525})
# RFC 9051 7.1, RFC 1939 3, RFC 5321 4.3.1.
_GREETINGS = (b"* ", b"+OK", b"220")


async def begun(server: Server, beginning: Coroutine[object, object, T], quiet: float) -> T:
    """What `beginning` comes to; Refused if the port is one for the other way to begin.

    That is looked at, on a line of its own, after `quiet` seconds or where TLS has failed.
    """
    task = asyncio.create_task(beginning, name=f"greeting of {server.host}")
    look: asyncio.Task[bool] | None = None
    try:
        await asyncio.wait([task], timeout=quiet)
        if not task.done() or _speaks_no_tls(task):
            look = asyncio.create_task(_is_other(server), name=f"look at {server.host}")
            waits = [look] if task.done() else [look, task]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if look.done() and look.result() and not _has_begun(task):
                raise Refused(_words(server))
        return await task
    finally:
        tasks = [each for each in (task, look) if each is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _has_begun(task: "asyncio.Task[T]") -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _speaks_no_tls(task: "asyncio.Task[T]") -> bool:
    failure = None if task.cancelled() else task.exception()
    doubted = isinstance(failure, ssl.SSLCertVerificationError)
    return isinstance(failure, ssl.SSLError) and not doubted


async def _is_other(server: Server) -> bool:
    """Whether the server begins in the way that the settings do not say."""
    try:
        async with asyncio.timeout(_LONGEST_LOOK):
            if server.security == "tls":
                return await _greets(server)
            return server.port not in _GREETING_PORTS and await _begins_tls(server)
    except OSError:
        return False


async def _greets(server: Server) -> bool:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        return (await reader.read(64)).startswith(_GREETINGS)
    finally:
        writer.transport.abort()


async def _begins_tls(server: Server) -> bool:
    """Nothing is said over it."""
    _, writer = await asyncio.open_connection(
        server.host, server.port, ssl=unverified_context(), server_hostname=server.host
    )
    writer.transport.abort()
    return True


def _words(server: Server) -> str:
    if server.security == "tls":
        return (
            f"{server.host} greets without TLS on port {server.port}: security has to be"
            ' "starttls" there, not "tls"'
        )
    return (
        f"{server.host} wants TLS from the start on port {server.port}: security has to be"
        f' "tls" there, not "{server.security}"'
    )
