"""Handing letters to a submission server.

Until the final dot leaves, a lost line means that the server has nothing; after it only an
answer tells (RFC 5321 4.2.5, security.md O1).
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.postman import Receipt, Refusal, Unknown, listed
from tuimail.backend.sasl import Memory, Secret
from tuimail.backend.smtp.kept import KeptLine
from tuimail.backend.smtp.line import Reply, SmtpLine, wire_size
from tuimail.backend.smtp.opening import OTHER_NAME, NameRefused, name_of, open_line
from tuimail.backend.smtp.settings import SmtpPatience, SmtpSettings
from tuimail.model.address import BadAddress, check_sendable
from tuimail.model.safe_text import safe_line

T = TypeVar("T")

__all__ = ["SmtpPatience", "SmtpPostman", "SmtpSettings"]

_ACCEPTED = frozenset({250, 251, 252})
_START_INPUT = 354
# What a server says to a parameter that it does not know, or not in this way (RFC 5321 4.2.4).
_OF_PARAMETER = frozenset({501, 504, 552, 555})
_OF_NAME = re.compile(r"\b(?:helo|ehlo)\b", re.IGNORECASE)


# Makes a letter ASCII; raises ValueError with the end of a sentence where it cannot be.
Encode = Callable[[bytes], bytes]


class SmtpPostman:
    """Delivers letters to one server; those that follow soon go over the same line."""

    def __init__(
        self,
        settings: SmtpSettings,
        secret: Secret,
        patience: SmtpPatience | None = None,
        encode: Encode | None = None,
    ) -> None:
        self._encode = encode or _as_it_is
        self._settings = settings
        self._secret = secret
        self._patience = patience or SmtpPatience()
        self._memory = Memory()
        self._kept = KeptLine()

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

        begun = False

        async def over(line: SmtpLine) -> Receipt:
            nonlocal begun
            delivery = _Delivery(line, self._settings, self._encode)
            fit = await delivery.begin(sender, recipients, content)
            begun = True
            refusals = await delivery.address(recipients)
            await delivery.hand_over(fit, before_dot)
            return Receipt(refusals)

        if (line := await self._kept.take()) is not None:
            try:
                return await self._carried(line, over)
            except Unreachable:
                # Some servers take so many letters on one line, and no more.
                if begun:
                    raise
        return await self._under_some_name(over)

    async def check(self) -> None:
        """Connect and log in, as for a letter, and leave again."""

        async def nothing(line: SmtpLine) -> None:
            return

        await self._under_some_name(nothing)
        self.leave()

    def leave(self) -> None:
        """End what was kept open for the next letter."""
        self._kept.leave()

    async def _under_some_name(self, act: Callable[[SmtpLine], Awaitable[T]]) -> T:
        """Where the name is ours to choose, the second one follows a refusal of the first."""
        given = self._settings
        try:
            return await self._on_a_line(act)
        except NameRefused as refusal:
            if given.ehlo_name:
                raise
            self._settings = replace(given, ehlo_name=OTHER_NAME)
            try:
                return await self._on_a_line(act)
            except NameRefused:
                self._settings = given
                raise refusal from None

    async def _on_a_line(self, act: Callable[[SmtpLine], Awaitable[T]]) -> T:
        line = await open_line(self._settings, self._secret, self._patience, self._memory)
        return await self._carried(line, act)

    async def _carried(self, line: SmtpLine, act: Callable[[SmtpLine], Awaitable[T]]) -> T:
        """Where it was the letter that was refused, the line is as good for the next one."""
        try:
            done = await act(line)
        except BaseException as failure:
            if isinstance(failure, Refused) and not isinstance(failure, NameRefused):
                self._kept.keep(line)
            else:
                line.close()
            raise
        self._kept.keep(line)
        return done


def _as_it_is(content: bytes) -> bytes:
    raise ValueError("it has other characters")


def _check(address: str) -> None:
    try:
        check_sendable(address)
    except BadAddress as bad:
        raise Refused(str(bad)) from bad


class _Delivery:
    """One letter on one line: its envelope, its content, and the verdict."""

    def __init__(self, line: SmtpLine, settings: SmtpSettings, encode: Encode) -> None:
        self._line = line
        self._encode = encode
        self._settings = settings

    async def begin(self, sender: str, recipients: Sequence[str], content: bytes) -> bytes:
        """MAIL, with parameters as far as the server knows them; the content as it may go."""
        path = b"FROM:<" + _wire(sender) + b">"
        eight = not content.isascii()
        may_be_eight = "8BITMIME" in self._line.extensions
        content = content if may_be_eight or not eight else await self._encoded(content)
        always = self._international((sender, *recipients))
        size = self._size(content)
        body = [b"BODY=8BITMIME"] if eight and may_be_eight else []
        reply = await self._line.command(b"MAIL", path, *size, *body, *always)
        if size and reply.code in _OF_PARAMETER:
            reply = await self._line.command(b"MAIL", path, *body, *always)
        if body and reply.code in _OF_PARAMETER:
            content = await self._encoded(content)
            reply = await self._line.command(b"MAIL", path, *always)
        if reply.code != 250:
            raise self._meaning(reply)
        return content

    async def address(self, recipients: Sequence[str]) -> dict[str, Refusal]:
        """RCPT; at least one recipient was accepted, the others are in the answer."""
        refusals: dict[str, Refusal] = {}
        for recipient in recipients:
            reply = await self._line.command(b"RCPT", b"TO:<" + _wire(recipient) + b">")
            if _is_of_name(reply):
                raise self._meaning(reply)
            if reply.code not in _ACCEPTED:
                refusals[recipient] = Refusal(reply.words, for_good=reply.final)
        if len(refusals) == len(recipients):
            raise self._none_accepted(refusals)
        return refusals

    async def hand_over(self, content: bytes, before_dot: Callable[[], Awaitable[None]]) -> None:
        """DATA, the letter, and, once `before_dot` has returned, the dot."""
        host = self._settings.host
        reply = await self._line.command(b"DATA")
        if reply.code != _START_INPUT:
            raise self._meaning(reply)
        await self._line.write(content)
        await before_dot()
        if not self._line.alive:
            raise Unreachable(f"{host} closed the connection")
        verdict = await self._line.end_content()
        if verdict is None:
            raise Unknown(f"{host} did not say whether it has the letter")
        if 400 <= verdict.code < 600:
            raise self._meaning(verdict)
        if not verdict.good:
            raise Unknown(f"{host} answered the letter with: {verdict.words}")

    def _size(self, content: bytes) -> list[bytes]:
        """RFC 1870; Refused if the server says that it takes less."""
        limit = self._line.extensions.get("SIZE")
        if limit is None:
            return []
        size, host = wire_size(content), self._settings.host
        most = int(limit[:15]) if limit.isdecimal() else 0
        if 0 < most < size:
            raise Refused(
                f"The letter has {_amount(size)}, but {host} takes {_amount(most)} at most:"
                " make it smaller, or send it in parts"
            )
        return [b"SIZE=%d" % size]

    def _international(self, addresses: Sequence[str]) -> list[bytes]:
        if all(_wire(address).isascii() for address in addresses):
            return []
        if "SMTPUTF8" not in self._line.extensions:
            raise Refused(f"{self._settings.host} cannot send to addresses that are not ASCII")
        return [b"SMTPUTF8"]

    async def _encoded(self, content: bytes) -> bytes:
        """For a server that takes ASCII only (RFC 6152 3)."""
        try:
            return await asyncio.to_thread(self._encode, content)
        except ValueError as reason:
            host = self._settings.host
            raise Refused(f"{host} takes letters in ASCII only (no 8BITMIME), and {reason}") from (
                reason
            )

    def _meaning(self, reply: Reply) -> Exception:
        if _is_of_name(reply):
            return NameRefused(self._line, name_of(self._settings), reply)
        return self._line.refusal(reply)

    def _none_accepted(self, refusals: Mapping[str, Refusal]) -> Exception:
        sentence = f"{self._settings.host} accepts none of the recipients: {listed(refusals)}"
        if all(refusal.for_good for refusal in refusals.values()):
            return Refused(sentence)
        return Unreachable(sentence)


def _is_of_name(reply: Reply) -> bool:
    """Whether it is we who are refused, by what we call ourselves."""
    return reply.final and _OF_NAME.search(reply.text) is not None


def _amount(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size} bytes"


def _wire(address: str) -> bytes:
    """As the envelope spells it: the domain in ASCII, the rest as it is."""
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise Refused(f"{safe_line(domain, 100)} is no domain") from error
    return f"{local}@{domain}".encode()
