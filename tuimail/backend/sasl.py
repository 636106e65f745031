"""Logging in (RFC 4422): which ways there are, in what order, and what each answer means.

The next way is tried only where the way was refused, and one more where an answer does not
tell that from a refused password (security.md N13, N14).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.exchange import FOR_PASSWORDS, FOR_TOKENS, Answer, Exchange, Verdict, Way
from tuimail.backend.server import Server
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

Secret = Callable[[], Awaitable[str]]

# So many answers that may mean a refused password are taken until somebody is asked.
_UNCLEAR = 2
# A shorter secret is found in ordinary words, too.
_TELLTALE = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server announces: mechanisms in capitals, and whether it has a COMMAND."""

    mechanisms: frozenset[str]
    command: bool = False


@dataclass(slots=True)
class Memory:
    """How earlier log-ins ended: the next one begins with the way that let us in.

    One at which the line ended without an answer, or hung, comes last: it may be why.
    """

    worked: Way | None = None
    unanswered: set[Way] = field(default_factory=set)


class Speaker(Protocol):
    """A line on which one log-in is tried."""

    @property
    def offer(self) -> Offer: ...

    def forms(self, exchange: Exchange) -> Sequence[bool]:
        """With its first response in the command, or without: what to try first."""

    async def ask(self, exchange: Exchange, *, initial: bool) -> Answer:
        """Try it; raises Unreachable if the line ends."""


class LogIn:
    """One log-in, over as many lines as it takes: no way is tried twice."""

    def __init__(self, server: Server, secret: Secret, memory: Memory) -> None:
        self._server = server
        self._memory = memory
        self._find_secret = secret
        self._secret: str | None = None
        self._tried: set[Way] = set()
        self._words = EMPTY
        self._unclear = 0

    async def prepare(self, offer: Offer) -> None:
        """Have the secret ready; Refused if there is no way that the settings allow."""
        ways_in(self._server, offer)
        if self._secret is None:
            self._secret = await self._find_secret()

    async def over(self, speaker: Speaker) -> bool:
        """Log in; False if the line ended after a refusal, and another may get us in.

        Raises Unreachable, NotAuthorized and Refused.
        """
        answered = False
        for way in self._left(speaker.offer):
            self._memory.unanswered.add(way)
            try:
                answer = await self._ask(speaker, way)
            except Unreachable as ended:
                if answered:
                    # It was the refusal before that ended the line.
                    self._memory.unanswered.discard(way)
                    return False
                raise (self._refusal() if self._unclear else ended) from ended
            answered = True
            self._memory.unanswered.discard(way)
            self._tried.add(way)
            if way is self._memory.worked and answer.verdict is Verdict.UNCLEAR:
                # It has let us in before: it is not the way that is refused.
                answer = replace(answer, verdict=Verdict.PASSWORD)
            if self._is_in(answer):
                self._memory.worked = way
                return True
        raise self._refusal()

    def _left(self, offer: Offer) -> list[Way]:
        left = [way for way in ways_in(self._server, offer) if way not in self._tried]
        known = self._memory
        return sorted(left, key=lambda way: (way is not known.worked, way in known.unanswered))

    async def _ask(self, speaker: Speaker, way: Way) -> Answer:
        answer: Answer | None = None
        for initial in speaker.forms(self._exchange(way)):
            try:
                answer = await speaker.ask(self._exchange(way), initial=initial)
            except Unreachable:
                if answer is None:
                    raise
                break
            if answer.verdict is not Verdict.WAY or not answer.misread:
                break
        return self._discreet(answer or Answer(Verdict.WAY))

    def _exchange(self, way: Way) -> Exchange:
        return Exchange(way, self._server, self._secret or "")

    def _discreet(self, answer: Answer) -> Answer:
        """Without the secret, should the server have repeated it."""
        secret = self._secret or ""
        if len(secret) < _TELLTALE or secret not in answer.words:
            return answer
        return replace(answer, words=SafeText(answer.words.replace(secret, "…")))

    def _is_in(self, answer: Answer) -> bool:
        """Raises where no other way is left to be tried."""
        host = self._server.host
        match answer.verdict:
            case Verdict.IN:
                return True
            case Verdict.LATER:
                raise Unreachable(f"{host} cannot log us in now: {answer.words}")
            case Verdict.BUSY if not self._unclear:
                raise Unreachable(f"{host} cannot log us in now: {answer.words}")
            case Verdict.NEVER:
                raise Refused(f"{host} did not let us log in: {answer.words}")
            case Verdict.WAY:
                self._words = self._words or answer.words
            case _:
                if not self._unclear:
                    self._words = answer.words
                self._unclear += 1
                if answer.verdict is not Verdict.UNCLEAR or self._unclear >= _UNCLEAR:
                    raise self._refusal()
        return False

    def _refusal(self) -> Exception:
        host = self._server.host
        if not self._unclear:
            return Refused(f"{host} did not accept the way of logging in: {self._words}")
        if self._server.auth != "oauth2":
            return NotAuthorized(f"{host} refused the user name or password: {self._words}")
        return NotAuthorized(
            f"{host} refused the access token: {self._words}; token_command has to print another"
        )


def ways_in(server: Server, offer: Offer) -> tuple[Way, ...]:
    """What the server announces of what the settings allow, in the order of trying.

    Raises Refused where that is nothing: a token is never sent as a password.
    """
    allowed = FOR_TOKENS if server.auth == "oauth2" else FOR_PASSWORDS
    announced = [
        way for way in allowed if (offer.command if way is Way.COMMAND else way in offer.mechanisms)
    ]
    if not server.sasl:
        found = tuple(announced)
    else:
        pinned = {server.sasl, *([Way.COMMAND] if server.sasl == Way.LOGIN else [])}
        found = tuple(way for way in announced if way in pinned)
    if not found:
        raise Refused(_no_way(server, offer))
    return found


def _no_way(server: Server, offer: Offer) -> str:
    has = safe_line(" ".join(sorted(offer.mechanisms)), 200) or "no mechanism"
    if server.sasl:
        wanted = f"log-in by {server.sasl}, which the settings ask for"
    elif server.auth == "oauth2":
        wanted = "log-in with an access token (XOAUTH2 or OAUTHBEARER)"
    else:
        wanted = "way to log in with a password that tuimail knows"
    words = f"{server.host} offers no {wanted}; nothing secret was sent (it has {has})"
    if server.auth == "oauth2" or offer.mechanisms.isdisjoint(FOR_TOKENS):
        return words
    return (
        f'{words}; it takes access tokens, with auth = "oauth2" and token_command in the settings'
    )
