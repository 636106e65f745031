"""Handing letters to a submission server through aiosmtplib; nobody else imports it.

TLS is always stated: aiosmtplib's default would go on in the clear where STARTTLS is
stripped. Until the final dot leaves, a lost line means that the server has nothing; after
it only an answer tells (RFC 5321 4.2.5, security.md O1).
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.network import loopback_address, told
from tuimail.backend.opening import Check, open_trusted
from tuimail.backend.postman import Receipt, Refusal, Unknown, listed
from tuimail.backend.server import Server
from tuimail.model.address import BadAddress, check_sendable
from tuimail.model.safe_text import SafeText, safe_line

# What we call ourselves: the name of the user's machine is nobody's business.
_OURSELVES = "[127.0.0.1]"
_PIECE = 64 * 1024
_GO_ON = 354

Secret = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class SmtpSettings(Server):
    """How to reach a submission server."""


@dataclass(frozen=True, slots=True)
class SmtpPatience:
    """Seconds until we give up: on opening, on an answer, and on the one after the final dot.

    RFC 5321 4.5.3.2 grants the last one ten minutes; who leaves earlier does not know.
    """

    opening: float = 30
    answer: float = 60
    verdict: float = 600


class SmtpPostman:
    """Delivers letters to one server, each over a line of its own."""

    def __init__(
        self, settings: SmtpSettings, secret: Secret, patience: SmtpPatience | None = None
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._patience = patience or SmtpPatience()

    async def deliver(
        self,
        sender: str,
        recipients: Sequence[str],
        content: bytes,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Receipt:
        """Return once the server has it; `before_dot` is over before the final dot leaves.

        Raises Unreachable, NotAuthorized and Refused while the server surely has nothing,
        Unknown if it may have the letter.
        """
        for address in (sender, *recipients):
            _check(address)
        client = _Client(self._settings, self._patience)
        try:
            await client.open(self._secret)
            refusals = await client.announce(sender, recipients, content)
            await client.hand_over(content, before_dot)
            client.leave()
        finally:
            client.close()
        return Receipt(refusals)

    async def check(self) -> None:
        """Connect and log in, as for a letter, and leave again."""
        client = _Client(self._settings, self._patience)
        try:
            await client.open(self._secret)
            client.leave()
        finally:
            client.close()


def _check(address: str) -> None:
    try:
        check_sendable(address)
    except BadAddress as bad:
        raise Refused(str(bad)) from bad


class _Client:
    """One line to the server, from its greeting to QUIT."""

    def __init__(self, settings: SmtpSettings, patience: SmtpPatience) -> None:
        self._settings = settings
        self._patience = patience
        self._smtp = self._new()

    def _new(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            port=settings.port,
            local_hostname=_OURSELVES,
            timeout=self._patience.answer,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
        )

    async def open(self, secret: Secret) -> None:
        """Connect, encrypt as the settings say, and log in where that is offered."""
        await open_trusted(self._settings, self._attempt)
        await self._ask(b"EHLO", _OURSELVES.encode(), expected=(250,), then=self._note_extensions)
        await self._log_in(secret)

    async def announce(
        self, sender: str, recipients: Sequence[str], content: bytes
    ) -> dict[str, Refusal]:
        """The envelope; at least one recipient was accepted, the others are in the answer."""
        options = self._options((sender, *recipients), content)
        path = b"FROM:<" + _wire(sender) + b">"
        await self._ask(b"MAIL", path, *options, expected=(250,))
        refusals: dict[str, Refusal] = {}
        for recipient in recipients:
            answer = await self._command(b"RCPT", b"TO:<" + _wire(recipient) + b">")
            if answer.code not in (250, 251, 252):
                refusals[recipient] = Refusal(_words(answer), for_good=500 <= answer.code < 600)
        if len(refusals) == len(recipients):
            raise self._none_accepted(refusals)
        return refusals

    async def hand_over(self, content: bytes, before_dot: Callable[[], Awaitable[None]]) -> None:
        """DATA, the letter, and, once `before_dot` has returned, the dot."""
        await self._ask(b"DATA", expected=(_GO_ON,))
        await self._write(_pieces(content))
        await before_dot()
        if not self._smtp.is_connected:
            raise Unreachable(f"{self._settings.host} closed the connection")
        try:
            answer = await self._smtp.execute_command(b".", timeout=self._patience.verdict)
        except (aiosmtplib.SMTPException, OSError) as lost:
            raise Unknown(f"{self._settings.host} did not say whether it has the letter") from lost
        if not 200 <= answer.code < 300:
            raise self._verdict(answer)

    def leave(self) -> None:
        """QUIT, without waiting: meanwhile a crash would make a sent letter an unknown one."""
        if self._smtp.protocol is not None and self._smtp.is_connected:
            self._smtp.protocol.write(b"QUIT\r\n")

    def close(self) -> None:
        self._smtp.close()

    async def _attempt(self, context: ssl.SSLContext | None, check: Check) -> None:
        self._smtp.close()
        self._smtp = self._new()
        await self._connect(context)
        check(self._tls_object())

    async def _connect(self, context: ssl.SSLContext | None) -> None:
        settings = self._settings
        try:
            host = settings.host
            if context is None:
                host = await loopback_address(host, settings.port, "nothing is sent unencrypted")
            async with asyncio.timeout(self._patience.opening):
                await self._smtp.connect(hostname=host, tls_context=context)
        except aiosmtplib.SMTPResponseException as answer:
            raise self._meaning(_Answer(answer.code, answer.message)) from answer
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure

    def _failure(self, failure: Exception) -> Exception:
        """What aiosmtplib's or the system's error means; a doubted certificate stays one."""
        cause = failure.__cause__ if isinstance(failure, aiosmtplib.SMTPConnectError) else None
        host = self._settings.host
        match cause or failure:
            case ssl.SSLCertVerificationError() as doubted:
                return doubted
            case TimeoutError():
                return Unreachable(f"{host} did not answer in time")
            case aiosmtplib.SMTPServerDisconnected():
                return Unreachable(f"{host} closed the connection")
            case aiosmtplib.SMTPException():
                return Refused(f"{host} does not offer STARTTLS; no password was sent")
            case OSError() as system:
                return told(system, host)
            case _:
                return Unreachable(f"{host} cannot be reached")

    def _tls_object(self) -> ssl.SSLObject | None:
        found: ssl.SSLObject | None = self._smtp.get_transport_info("ssl_object")
        return found

    def _note_extensions(self, answer: "_Answer") -> None:
        self._smtp.last_ehlo_response = aiosmtplib.SMTPResponse(answer.code, answer.text)

    async def _log_in(self, secret: Secret) -> None:
        """A server that offers no log-in may still take the letter, and else says so."""
        methods = self._smtp.server_auth_methods
        if not methods or not self._settings.username:
            return
        wanted = ("xoauth2",) if self._settings.auth == "oauth2" else ("plain", "login")
        method = next((each for each in wanted if each in methods), None)
        if method is None:
            raise Refused(f"{self._settings.host} offers no way to log in that tuimail knows")
        log_in = getattr(self._smtp, f"auth_{method}")
        password = await secret()
        try:
            await log_in(self._settings.username, password)
        except aiosmtplib.SMTPAuthenticationError as refusal:
            raise self._not_let_in(_Answer(refusal.code, refusal.message)) from refusal
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure

    def _not_let_in(self, answer: "_Answer") -> Exception:
        if 400 <= answer.code < 500:
            return Unreachable(f"{self._settings.host} cannot log us in now: {_words(answer)}")
        return NotAuthorized(f"{self._settings.host} refused the log-in: {_words(answer)}")

    def _options(self, addresses: Sequence[str], content: bytes) -> list[bytes]:
        """Of MAIL; Refused if the server cannot take such a letter."""
        extensions = self._smtp.esmtp_extensions
        host = self._settings.host
        options = []
        if "size" in extensions:
            size = _size(content)
            limit = extensions["size"].strip()
            most = int(limit[:15]) if limit.isdecimal() else 0
            if 0 < most < size:
                raise Refused(
                    f"The letter has {_amount(size)}, but {host} takes {_amount(most)} at most:"
                    " make it smaller, or send it in parts"
                )
            options.append(b"SIZE=%d" % size)
        if not content.isascii() and "8bitmime" in extensions:
            options.append(b"BODY=8BITMIME")
        if not all(_wire(address).isascii() for address in addresses):
            if "smtputf8" not in extensions:
                raise Refused(f"{host} cannot send to addresses that are not ASCII")
            options.append(b"SMTPUTF8")
        return options

    async def _write(self, pieces: Iterable[bytes]) -> None:
        """Give the line a piece at a time, so that little waits on this machine at the end."""
        protocol = self._smtp.protocol
        if protocol is None or not isinstance(protocol.transport, asyncio.WriteTransport):
            raise Unreachable(f"{self._settings.host} closed the connection")
        protocol.transport.set_write_buffer_limits(high=1, low=0)
        try:
            for piece in pieces:
                protocol.write(piece)
                async with asyncio.timeout(self._patience.answer):
                    await protocol._drain_helper()
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure

    async def _ask(
        self,
        *words: bytes,
        expected: Sequence[int],
        then: "Callable[[_Answer], None] | None" = None,
    ) -> None:
        answer = await self._command(*words)
        if answer.code not in expected:
            raise self._meaning(answer)
        if then is not None:
            then(answer)

    async def _command(self, *words: bytes) -> "_Answer":
        try:
            answer = await self._smtp.execute_command(*words)
        except aiosmtplib.SMTPResponseException as broken:
            return _Answer(broken.code, broken.message)
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise self._failure(failure) from failure
        return _Answer(answer.code, answer.message)

    def _meaning(self, answer: "_Answer") -> Exception:
        """4xx: later; 530 and its like: the user must help; other 5xx: never."""
        host = self._settings.host
        if answer.code in (530, 534, 535):
            return NotAuthorized(f"{host} wants a log-in: {_words(answer)}")
        if 500 <= answer.code < 600:
            return Refused(f"{host} refused: {_words(answer)}")
        return Unreachable(f"{host} cannot take it now: {_words(answer)}")

    def _verdict(self, answer: "aiosmtplib.SMTPResponse") -> Exception:
        """On the whole letter; an answer that is none leaves it unknown."""
        found = _Answer(answer.code, answer.message)
        if 400 <= found.code < 600:
            return self._meaning(found)
        return Unknown(f"{self._settings.host} answered the letter with: {_words(found)}")

    def _none_accepted(self, refusals: Mapping[str, Refusal]) -> Exception:
        sentence = f"{self._settings.host} accepts none of the recipients: {listed(refusals)}"
        if all(refusal.for_good for refusal in refusals.values()):
            return Refused(sentence)
        return Unreachable(sentence)


@dataclass(frozen=True, slots=True)
class _Answer:
    code: int
    text: str


def _pieces(content: bytes) -> Iterator[bytes]:
    """The letter as it is sent, dots stuffed, in pieces that end with a line."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _PIECE) + 1 or len(content)
        yield PERIOD_REGEX.sub(b"..", normalize_message_line_endings(content[start:end]))
        start = end


def _size(content: bytes) -> int:
    """With every line end as it is sent (RFC 1870 does not count stuffed dots)."""
    ends = content.count(b"\r\n")
    bare = content.count(b"\n") + content.count(b"\r") - 2 * ends
    return len(content) + bare + 2 * (not content.endswith((b"\r", b"\n")))


def _amount(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size} bytes"


def _words(answer: _Answer) -> SafeText:
    text = " ".join(answer.text.split())
    return safe_line(f"{answer.code} {text}".strip(), 300)


def _wire(address: str) -> bytes:
    """As the envelope spells it: the domain in ASCII, the rest as it is."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise Refused(f"{safe_line(domain, 100)} is no domain") from error
    return f"{local}@{domain}".encode()
