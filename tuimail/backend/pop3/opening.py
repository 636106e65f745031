"""Opening a POP3 session: encrypted as asked, logged in with one try (N1-N3, N14)."""

import asyncio
from collections.abc import Awaitable, Callable

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.opening import Steps, Tls, connect, open_line
from tuimail.backend.pop3.line import Line
from tuimail.backend.pop3.session import Pop3Session
from tuimail.backend.server import Patience, Server
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.wire.pop3 import Challenge, Rows, Shape, Status
from tuimail.wire.pop3_commands import (
    Unsendable,
    password,
    plain_answer,
    read_capabilities,
    simple,
    user,
)

Secret = Callable[[], Awaitable[str]]

# RFC 2449 8.1, RFC 3206: the mailbox or the server is busy, and not the user mistaken.
_LATER = frozenset({"IN-USE", "LOGIN-DELAY", "SYS/TEMP"})
_NEVER = frozenset({"SYS/PERM"})
# All that a session makes use of.
_ENOUGH = frozenset({"PIPELINING", "TOP", "UIDL"})
# What servers without codes say while another session holds the maildrop.
_BUSY = ("lock", "in use", "busy", "try again later")


async def open_session(
    settings: Server, secret: Secret, patience: Patience | None = None
) -> Pop3Session:
    """A session that is logged in and knows what the server can do."""
    patience = patience or Patience()
    line = await _open_line(settings, patience)
    try:
        async with asyncio.timeout(patience.silence):
            capabilities = await _capabilities(line)
            known = await secret()
            entered = asyncio.get_running_loop().time()
            await _log_in(line, settings, known, capabilities)
            if not capabilities >= _ENOUGH:
                # RFC 2449 5: what is announced may be more after the log-in.
                capabilities |= await _capabilities(line)
            return Pop3Session(line, capabilities, entered)
    except TimeoutError as slow:
        line.drop()
        raise Unreachable(f"{settings.host} did not answer the log-in in time") from slow
    except BaseException:
        line.drop()
        raise


async def _open_line(settings: Server, patience: Patience) -> Line:
    async def connected(line: Line, host: str, port: int, tls: Tls | None) -> None:
        async with asyncio.timeout(patience.opening):
            await connect(line, host, port, tls, patience)

    def new() -> Line:
        return Line(settings.host, patience)

    return await open_line(settings, Steps(new, connected, _greeted, _encrypted))


async def _greeted(line: Line) -> None:
    greeting = await line.status()
    if not greeting.ok:
        raise Unreachable(f"{line.host} turned us away: {line.said(greeting.text)}")


async def _encrypted(line: Line, tls: Tls) -> None:
    if "STLS" not in await _capabilities(line):
        raise Refused(f"{line.host} does not offer STLS; no password was sent")
    status = await line.start_tls(simple("STLS"), tls.context, tls.name)
    if not status.ok:
        raise Refused(f"{line.host} refused STLS; no password was sent")


async def _capabilities(line: Line) -> frozenset[str]:
    """What CAPA lists; nothing where the server does not know it."""
    line.send(simple("CAPA", Shape.ROWS))
    if not (await line.status()).ok:
        return frozenset()
    rows = await line.event()
    return read_capabilities(rows.rows) if isinstance(rows, Rows) else frozenset()


async def _log_in(line: Line, settings: Server, secret: str, capabilities: frozenset[str]) -> None:
    try:
        if "AUTH=PLAIN" in capabilities:
            status = await _authenticate_plain(line, plain_answer(settings.username, secret))
        else:
            line.send(user(settings.username))
            status = await line.status()
            if status.ok:
                line.send(password(secret))
                status = await line.status()
    except Unsendable as unsendable:
        raise Refused(f"User name or password for {line.host}: {unsendable}") from unsendable
    if not status.ok:
        raise _refusal(line.host, status)


async def _authenticate_plain(line: Line, answer: bytes) -> Status:
    line.send(simple("AUTH PLAIN", Shape.CHALLENGE))
    event = await line.event()
    if isinstance(event, Challenge):
        line.answer(answer)
        event = await line.event()
    if not isinstance(event, Status):
        raise Refused(f"{line.host} asks for more than a password")
    return event


def _refusal(host: str, status: Status) -> Exception:
    text = _words(status)
    if status.code in _NEVER:
        return Refused(f"{host} did not let us log in: {text}")
    busy = not status.code and any(word in status.text.lower() for word in _BUSY)
    if status.code in _LATER or busy:
        return Unreachable(f"{host} cannot log us in now: {text}")
    return NotAuthorized(f"{host} refused the user name or password: {text}")


def _words(status: Status) -> SafeText:
    return safe_line(status.text, 200) or SafeText("no reason given")
