"""One account's connection: made, lost, and made again when that may help."""

import asyncio
import logging
import random
from collections.abc import Callable

from tuimail.backend.base import NotAuthorized, Refused
from tuimail.engine.bodies import Bodies
from tuimail.engine.events import Connection, ConnectionChanged, SecretNeeded
from tuimail.engine.link import Link
from tuimail.engine.retry import LONGEST, LONGEST_WHILE_WATCHED, Surroundings, pause, pause_after
from tuimail.engine.secret_keeper import SecretKeeper
from tuimail.engine.session import Session, Wishes
from tuimail.engine.tasks import unending
from tuimail.engine.trouble import cause_of, words_of
from tuimail.model.safe_text import SafeText

AFTER_REFUSAL = 5
NO_REASON = SafeText("")

log = logging.getLogger(__name__)


class Lifeline:
    """Keeps a session going; `session` is None while there is none, `trouble` says why.

    `calm` is set while making messages readable delays nothing else. `watched` tells whether
    somebody sits before a screen: then outages are looked at more often.
    """

    def __init__(
        self,
        link: Link,
        bodies: Bodies,
        wishes: Wishes,
        keeper: SecretKeeper,
        watched: Callable[[], bool],
    ) -> None:
        self._link = link
        self._bodies = bodies
        self._wishes = wishes
        self._keeper = keeper
        self._watched = watched
        self._surroundings = Surroundings()
        self._decided = asyncio.Event()
        # A log-in alone shows nothing: many a server lets us in and closes at the next word.
        self._has_pulled = False
        self.calm = asyncio.Event()
        self.session: Session | None = None
        self.state = ConnectionChanged(link.account, Connection.CONNECTING)
        self.trouble: Exception | None = None

    async def run(self) -> None:
        failures = 0
        while True:
            self._say(Connection.CONNECTING)
            self.trouble = trouble = await self._live()
            failures = 0 if self._has_pulled else failures + 1
            self.session = None
            self.calm.set()
            await self._link.backend.close()
            await self._recover(trouble, failures)

    async def settled(self) -> Session | None:
        """The session, or None, as soon as it is known whether there is one."""
        await self._decided.wait()
        return self.session

    def try_now(self) -> None:
        """Do not wait any longer, unless a refused password would only be tried again."""
        state = self.state.connection
        if (state is Connection.OFFLINE or state.needs_help) and self._keeper.may_try():
            self._try_at_once()

    def try_again(self, lost: Session) -> None:
        """The same for who was in the middle of something when `lost` ended."""
        if self.session in (None, lost) and self._keeper.may_try():
            self._try_at_once()

    def fail(self, trouble: Exception) -> None:
        """Something else made it impossible to go on for now."""
        self.session = None
        self.trouble = trouble
        self._say(Connection.OFFLINE, words_of(trouble))

    def give_secret(self, secret: str) -> None:
        self._keeper.give(secret)
        self._wishes.retry.set()

    def _try_at_once(self) -> None:
        self._decided.clear()
        self._wishes.retry.set()

    async def _live(self) -> Exception:
        """Connect and keep in step; returns what put an end to it."""
        self._has_pulled = False
        try:
            await self._link.backend.connect()
            self._wishes.retry.clear()
            self._keeper.accepted()
            self.session = Session(self._link, self._wishes, self._bodies, self.calm, self._pulled)
            self._say(Connection.ONLINE)
            await unending(self.session.run(), f"session of {self._link.account}")
        except Exception as trouble:  # noqa: BLE001 (where the account's tasks end)
            return cause_of(trouble)

    def _pulled(self, problem: Refused | None) -> None:
        """Some of the mail may be refused while the rest comes; say so, and when it is over."""
        self._has_pulled = True
        reason = NO_REASON if problem is None else words_of(problem)
        if reason != self.state.reason:
            self._say(Connection.ONLINE, reason)

    async def _recover(self, trouble: Exception, failures: int) -> None:
        log.info("%s: offline after %s", self._link.account, type(trouble).__name__)
        if isinstance(trouble, NotAuthorized):
            await self._wait_for_help(words_of(trouble))
            return
        self._say(Connection.OFFLINE, words_of(trouble))
        if isinstance(trouble, Refused):
            failures += AFTER_REFUSAL
        longest = LONGEST_WHILE_WATCHED if self._watched() else LONGEST
        seconds = pause_after(failures, random.random(), longest)  # noqa: S311 (jitter)
        await pause(seconds, self._wishes.retry, self._surroundings)
        self._wishes.retry.clear()

    async def _wait_for_help(self, reason: SafeText) -> None:
        """What was wished for before the password was refused is no reason to try it again."""
        self._keeper.refused()
        self._wishes.retry.clear()
        self._say(self._keeper.wanted, reason)
        self._link.publish(SecretNeeded(self._link.account, reason, self._keeper.token))
        await self._wishes.retry.wait()
        self._wishes.retry.clear()

    def _say(self, connection: Connection, reason: SafeText = NO_REASON) -> None:
        tries_at_once = connection is Connection.OFFLINE and self._wishes.retry.is_set()
        if connection is Connection.CONNECTING or tries_at_once:
            self._decided.clear()
        else:
            self._decided.set()
        self.state = ConnectionChanged(self._link.account, connection, reason)
        self._link.publish(self.state)
