"""Opening a line to a submission server: encrypted as asked, greeted, logged in."""

import ssl
from collections.abc import Sequence
from functools import partial

from tuimail.backend.base import Refused
from tuimail.backend.exchange import Answer, Exchange, Verdict, Way, is_of_way
from tuimail.backend.logins import LOGINS, Turn
from tuimail.backend.network import loopback_address
from tuimail.backend.opening import Check, Tls, in_words, open_trusted
from tuimail.backend.sasl import LogIn, Memory, Offer, Secret
from tuimail.backend.smtp.line import Reply, SmtpLine, read_extensions
from tuimail.backend.smtp.settings import SmtpPatience, SmtpSettings
from tuimail.backend.wrong_port import begun

# What we call ourselves: the name of the user's machine is nobody's business. Some servers
# take no address.
_OURSELVES = "[127.0.0.1]"
OTHER_NAME = "localhost.localdomain"
_READY = 220
_FINE = 250
_GO_ON = 334
# RFC 5321 4.2.4, RFC 1425 4: who does not know EHLO may know HELO.
_UNKNOWN_COMMAND = frozenset({500, 502, 504})
# RFC 4954 6: what is wrong is the mechanism, or how it was said.
_OF_WAY = frozenset({500, 501, 502, 503, 504, 538})
_MISREAD = frozenset({500, 501})
_TRANSITION_NEEDED = 432
# RFC 4954 4: a longer command must not be sent; the response waits to be asked for.
_LONGEST_COMMAND = 512


async def open_line(
    settings: SmtpSettings, secret: Secret, patience: SmtpPatience, memory: Memory
) -> SmtpLine:
    """A line that may carry a letter; raises Unreachable, NotAuthorized and Refused."""
    log_in = LogIn(settings, secret, memory)
    while True:
        async with LOGINS.turn(settings.host) as turn:
            line = await open_trusted(settings, partial(_attempt, settings, patience))
            try:
                await _greet(line, settings)
                if await _log_in(line, settings, log_in, turn):
                    return line
            except BaseException:
                line.close()
                raise
            line.close()


async def _attempt(
    settings: SmtpSettings, patience: SmtpPatience, context: ssl.SSLContext | None, check: Check
) -> SmtpLine:
    line = SmtpLine(settings, patience)
    try:
        tls = Tls(context, settings.host) if context else None
        await _open(line, settings, tls, patience.quiet)
        check(line.tls_object)
    except BaseException:
        line.close()
        raise
    return line


async def _open(line: SmtpLine, settings: SmtpSettings, tls: Tls | None, quiet: float) -> None:
    with in_words(settings.host):
        address = settings.host
        if tls is None:
            address = await loopback_address(address, settings.port, "nothing is sent unencrypted")
        greeted = line.open(address, None if line.awaits_tls else tls)
        greeting = await begun(settings, greeted, quiet)
        if greeting.code != _READY:
            raise line.refusal(greeting)
        if tls is not None and line.awaits_tls:
            await _encrypt(line, settings, tls)


async def _encrypt(line: SmtpLine, settings: SmtpSettings, tls: Tls) -> None:
    await _greet(line, settings)
    if "STARTTLS" not in line.extensions:
        raise Refused(f"{line.host} does not offer STARTTLS; nothing secret was sent")
    reply = await line.command(b"STARTTLS")
    if reply.code != _READY:
        raise Refused(f"{line.host} refused STARTTLS ({reply.code}); nothing secret was sent")
    await line.start_tls(tls)


async def _greet(line: SmtpLine, settings: SmtpSettings) -> None:
    """EHLO, or HELO for servers that know nothing else."""
    name = name_of(settings)
    reply = await line.command(b"EHLO", name.encode())
    if reply.code == _FINE:
        line.extensions = read_extensions(reply)
        return
    if reply.code in _UNKNOWN_COMMAND:
        reply = await line.command(b"HELO", name.encode())
        if reply.code == _FINE:
            line.extensions = {}
            return
    raise NameRefused(line, name, reply) if reply.final else line.refusal(reply)


class NameRefused(Refused):
    """What the server has against what we call ourselves, and what helps."""

    def __init__(self, line: SmtpLine, name: str, reply: Reply) -> None:
        super().__init__(
            f"{line.host} does not accept the name {name} of this machine ({line.said(reply)});"
            " outgoing.ehlo_name in the account's settings sets another"
        )


def name_of(settings: SmtpSettings) -> str:
    return settings.ehlo_name or _OURSELVES


async def _log_in(line: SmtpLine, settings: SmtpSettings, log_in: LogIn, turn: Turn) -> bool:
    """A server that offers no log-in may still take the letter, and else says so."""
    mechanisms = frozenset(line.extensions.get("AUTH", "").upper().split())
    may_go_without = settings.auth == "password" and not settings.sasl
    if not settings.username or (not mechanisms and may_go_without):
        return True
    speaker = _Speaker(line, Offer(mechanisms))
    await log_in.prepare(speaker.offer)
    turn.take()
    return await log_in.over(speaker)


class _Speaker:
    """AUTH on one line (sasl.Speaker)."""

    def __init__(self, line: SmtpLine, offer: Offer) -> None:
        self._line = line
        self.offer = offer

    def forms(self, exchange: Exchange) -> Sequence[bool]:
        if exchange.way is Way.LOGIN:
            return (False,)
        length = len(f"AUTH {exchange.way} \r\n") + len(exchange.initial)
        return (True, False) if length <= _LONGEST_COMMAND else (False, True)

    async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
        words = [b"AUTH", exchange.way.encode()]
        if initial:
            exchange.told = True
            words.append(exchange.initial)
        reply = await self._line.command(*words)
        while reply.code == _GO_ON and not exchange.given_up:
            challenge = reply.text.encode("utf-8", "replace")
            reply = await self._line.command(exchange.answer(challenge))
        return _answer(reply, exchange)


def _answer(reply: Reply, exchange: Exchange) -> Answer:
    if reply.good:
        return Answer(Verdict.IN)
    if exchange.complaint:
        return Answer(Verdict.PASSWORD, exchange.complaint)
    if reply.code == _TRANSITION_NEEDED:
        return Answer(Verdict.PASSWORD, reply.words)
    if reply.code in _OF_WAY:
        misread = reply.code in _MISREAD and not (exchange.given_up or is_of_way(reply.text))
        return Answer(Verdict.WAY, reply.words, misread=misread)
    if not reply.final:
        return Answer(Verdict.BUSY, reply.words)
    return Answer(exchange.refused(reply.text).verdict, reply.words)
