"""Logging in over a line that may carry a secret, and saying who we are."""

import asyncio
from collections.abc import Sequence

from tuimail import __version__
from tuimail.backend.base import Alert, Refused, Unreachable
from tuimail.backend.exchange import Answer, Exchange, Way
from tuimail.backend.imap.answers import login_answer
from tuimail.backend.imap.connection import open_line
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.logins import LOGINS, Turn
from tuimail.backend.sasl import LogIn, Memory, Offer, Secret
from tuimail.wire.imap_commands import Command, authenticate, identify, login
from tuimail.wire.imap_errors import Unsendable

__all__ = ["Secret", "open_session"]

_MECHANISM = "AUTH="


async def open_session(
    settings: ImapSettings,
    secret: Secret,
    patience: Patience,
    alert: Alert,
    memory: Memory | None = None,
) -> Line:
    """A line that is logged in and knows what the server can do."""
    log_in = LogIn(settings, secret, memory or Memory())
    while True:
        async with LOGINS.turn(settings.host) as turn:
            line = await open_line(settings, patience, alert)
            try:
                if await _is_in(line, log_in, settings, patience, turn):
                    return line
            except BaseException:
                line.drop()
                raise
            line.drop()


async def _is_in(
    line: Line, log_in: LogIn, settings: ImapSettings, patience: Patience, turn: Turn
) -> bool:
    announced = frozenset[str]()
    if line.greeting.result().condition != "PREAUTH":
        announced = await line.ask_capabilities()
        speaker = _Speaker(line, settings, announced)
        await log_in.prepare(speaker.offer)
        turn.take()
        if not await _log_in(speaker, log_in, patience):
            return False
    if not await line.ask_capabilities():
        # It does not say it again: what it announced before is better than nothing.
        line.capabilities = announced
    await _introduce(line, announced | line.capabilities)
    return True


async def _log_in(speaker: "_Speaker", log_in: LogIn, patience: Patience) -> bool:
    host = speaker.line.host
    try:
        async with asyncio.timeout(patience.silence):
            return await log_in.over(speaker)
    except TimeoutError as slow:
        raise Unreachable(f"{host} did not answer the log-in in time") from slow
    except Unsendable as unsendable:
        raise Refused(f"User name or password for {host}: {unsendable}") from unsendable


async def _introduce(line: Line, capabilities: frozenset[str]) -> None:
    """Some servers let nobody see a mailbox who has not said what he is (RFC 2971).

    Nothing waits for the answer, and nothing depends on it.
    """
    if "ID" in capabilities:
        command = identify(name="tuimail", version=__version__)
        await line.start(command, patient=line.window > 1)


class _Speaker:
    """AUTHENTICATE and LOGIN on one line (sasl.Speaker)."""

    def __init__(self, line: Line, settings: ImapSettings, capabilities: frozenset[str]) -> None:
        self.line = line
        self._settings = settings
        self._at_once = "SASL-IR" in capabilities
        self.offer = Offer(
            frozenset(
                name.removeprefix(_MECHANISM)
                for name in capabilities
                if name.startswith(_MECHANISM)
            ),
            command="LOGINDISABLED" not in capabilities,
        )

    def forms(self, exchange: Exchange) -> Sequence[bool]:
        if exchange.way in (Way.COMMAND, Way.LOGIN):
            return (False,)
        return (True, False) if self._at_once else (False,)

    async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
        # What was announced to a stranger says nothing of what we may do.
        self.line.capabilities = frozenset()
        status = await self.line.run(self._command(exchange, initial=initial))
        return login_answer(status, exchange)

    def _command(self, exchange: Exchange, *, initial: bool) -> Command:
        if exchange.way is Way.COMMAND:
            exchange.told = True
            user, secret = exchange.words
            return login(user, secret)
        if not initial:
            return authenticate(exchange.way, exchange.answer)
        exchange.told = True
        return authenticate(exchange.way, exchange.answer, exchange.initial)
