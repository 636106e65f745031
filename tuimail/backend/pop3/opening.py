"""Opening a POP3 session: encrypted as asked, logged in with one try (N1-N3, N14)."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.exchange import Answer, Exchange, Verdict, Way
from tuimail.backend.logins import LOGINS, Turn
from tuimail.backend.opening import Steps, Tls, connect, open_line
from tuimail.backend.pop3.line import Line
from tuimail.backend.pop3.session import Pop3Session
from tuimail.backend.sasl import LogIn, Memory, Offer, Secret
from tuimail.backend.server import Patience, Server
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.wire.pop3 import Challenge, Rows, Shape, Status
from tuimail.wire.pop3_commands import (
    Unsendable,
    authenticate,
    password,
    read_capabilities,
    simple,
    user,
)

_MECHANISM = "AUTH="
_LONGEST_COMMAND = 255
# What is said where AUTH is only understood together with its first response.
_MISSES_RESPONSE = re.compile(r"argument|parameter|initial|syntax|missing|expect", re.IGNORECASE)

# RFC 2449 8.1, RFC 3206: the mailbox or the server is busy, and not the user mistaken.
_LATER = frozenset({"IN-USE", "LOGIN-DELAY"})
_NEVER = frozenset({"SYS/PERM"})
# All that a session makes use of.
_ENOUGH = frozenset({"PIPELINING", "TOP", "UIDL"})
# What servers without codes say while another session holds the maildrop.
_BUSY = ("lock", "in use", "busy", "try again later")


async def open_session(
    settings: Server,
    secret: Secret,
    patience: Patience | None = None,
    memory: Memory | None = None,
) -> Pop3Session:
    """A session that is logged in and knows what the server can do."""
    patience = patience or Patience()
    log_in = LogIn(settings, secret, memory or Memory())
    while True:
        async with LOGINS.turn(settings.host) as turn:
            line = await _open_line(settings, patience)
            try:
                session = await _begun(line, log_in, patience, turn)
            except BaseException:
                line.drop()
                raise
        if session is not None:
            return session
        line.drop()


async def _begun(line: Line, log_in: LogIn, patience: Patience, turn: Turn) -> Pop3Session | None:
    """None if the line ended, and another may get us in."""
    async with _in_time(line, patience):
        capabilities = await _capabilities(line)
    speaker = _Speaker(line, capabilities)
    await log_in.prepare(speaker.offer)
    turn.take()
    async with _in_time(line, patience):
        entered = asyncio.get_running_loop().time()
        if not await log_in.over(speaker):
            return None
        if not capabilities >= _ENOUGH:
            # RFC 2449 5: what is announced may be more after the log-in.
            capabilities |= await _capabilities(line)
        return Pop3Session(line, capabilities, entered)


@asynccontextmanager
async def _in_time(line: Line, patience: Patience) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(patience.silence):
            yield
    except TimeoutError as slow:
        raise Unreachable(f"{line.host} did not answer the log-in in time") from slow


async def _open_line(settings: Server, patience: Patience) -> Line:
    async def connected(line: Line, host: str, port: int, tls: Tls | None) -> None:
        async with asyncio.timeout(patience.opening):
            await connect(line, host, port, tls, patience)

    def new() -> Line:
        return Line(settings.host, patience)

    return await open_line(settings, Steps(new, connected, _greeted, _encrypted, patience.quiet))


async def _greeted(line: Line) -> None:
    greeting = await line.status()
    if not greeting.ok:
        raise Unreachable(f"{line.host} turned us away: {line.said(greeting.text)}")


async def _encrypted(line: Line, tls: Tls) -> None:
    if "STLS" not in await _capabilities(line):
        raise Refused(f"{line.host} does not offer STLS; nothing secret was sent")
    status = await line.start_tls(simple("STLS"), tls.context, tls.name)
    if not status.ok:
        raise Refused(f"{line.host} refused STLS; nothing secret was sent")


async def _capabilities(line: Line) -> frozenset[str]:
    """What CAPA lists; nothing where the server does not know it."""
    line.send(simple("CAPA", Shape.ROWS))
    if not (await line.status()).ok:
        return frozenset()
    rows = await line.event()
    return read_capabilities(rows.rows) if isinstance(rows, Rows) else frozenset()


class _Speaker:
    """AUTH, and USER with PASS, on one line (sasl.Speaker)."""

    def __init__(self, line: Line, capabilities: frozenset[str]) -> None:
        self._line = line
        self.offer = Offer(
            frozenset(
                name.removeprefix(_MECHANISM)
                for name in capabilities
                if name.startswith(_MECHANISM)
            ),
            # RFC 1939 has no way to say that it is there, and every server has it.
            command=True,
        )

    def forms(self, exchange: Exchange) -> Sequence[bool]:
        """RFC 5034 4: a command has 255 bytes at most, and the first response may wait."""
        if exchange.way in (Way.COMMAND, Way.LOGIN):
            return (False,)
        fits = len(exchange.initial) + len(exchange.way) + len("AUTH  \r\n") <= _LONGEST_COMMAND
        return (False, True) if fits else (False,)

    async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
        try:
            if exchange.way is Way.COMMAND:
                status = await self._user_and_password(exchange)
            else:
                status = await self._authenticate(exchange, initial=initial)
        except Unsendable as unsendable:
            host = self._line.host
            raise Refused(f"User name or password for {host}: {unsendable}") from unsendable
        return _answer(status, exchange)

    async def _user_and_password(self, exchange: Exchange) -> Status:
        name, secret = exchange.words
        commands = user(name), password(secret)
        exchange.told = True
        for command in commands:
            self._line.send(command)
            status = await self._line.status()
            if not status.ok:
                break
        return status

    async def _authenticate(self, exchange: Exchange, *, initial: bool) -> Status:
        response = exchange.initial if initial else b""
        exchange.told = initial
        self._line.send(authenticate(exchange.way, response))
        event = await self._line.event()
        while isinstance(event, Challenge):
            if exchange.given_up:
                raise Unreachable(f"{self._line.host} does not end the log-in")
            self._line.answer(exchange.answer(event.text.encode()) + b"\r\n")
            event = await self._line.event()
        if not isinstance(event, Status):
            raise Refused(f"{self._line.host} answers something else than was asked")
        return event


def _answer(status: Status, exchange: Exchange) -> Answer:
    if status.ok:
        return Answer(Verdict.IN)
    words = safe_line(status.text, 200) or SafeText("no reason given")
    if status.code in _NEVER:
        return Answer(Verdict.NEVER, words)
    if status.code in _LATER:
        return Answer(Verdict.LATER, words)
    busy = not status.code and any(word in status.text.lower() for word in _BUSY)
    if status.code == "SYS/TEMP" or busy:
        return Answer(Verdict.BUSY, words)
    if status.code == "AUTH":
        return Answer(Verdict.PASSWORD, exchange.complaint or words)
    answer = exchange.refused(status.text)
    misread = not exchange.told and _MISSES_RESPONSE.search(status.text) is not None
    return replace(answer, misread=misread)
