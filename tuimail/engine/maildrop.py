"""Visits a POP3 server again and again, beside the session that works on its mail here."""

import asyncio
import logging
import math
import random
from collections.abc import Callable, Collection

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.logins import MOST, WITHIN
from tuimail.engine.drain import Drain, Pop3Access
from tuimail.engine.events import Connection, ConnectionChanged, SecretNeeded
from tuimail.engine.link import Link
from tuimail.engine.retry import Surroundings, pause, pause_after
from tuimail.engine.secret_keeper import SecretKeeper
from tuimail.engine.trouble import cause_of, words_of
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Store

BETWEEN_VISITS = 300.0
AFTER_REFUSAL = 5
# Between two log-ins that we make by ourselves: one of the six is left to the user.
AFTER_LOG_IN = WITHIN / (MOST - 1) + 0.1
# A line that breaks and brings something each time is not waited for longer and longer.
WHILE_IT_BRINGS = 3
NO_REASON = SafeText("")

log = logging.getLogger(__name__)


class LeftOut(Refused):
    """The visit went to its end, but not all was done."""


class Maildrop:
    """`state` says how the server was met last, `trouble` what was wrong with the last visit.

    `arrived` is called when a visit brings the first mail, and at its end.
    """

    def __init__(
        self, link: Link, access: Pop3Access, keeper: SecretKeeper, arrived: Callable[[], None]
    ) -> None:
        self._link = link
        self._access = access
        self._keeper = keeper
        self._arrived = arrived
        self._surroundings = Surroundings()
        self._wanted = asyncio.Event()
        self._asked: set[int] = set()
        self._drain: Drain | None = None
        self._visits = 0
        self._seen = -math.inf
        self._visited = asyncio.Condition()
        self.state = ConnectionChanged(link.account, Connection.CONNECTING)
        self.trouble: Exception | None = None

    @property
    def needs_secret(self) -> bool:
        return self.state.connection.needs_help

    @property
    def busy(self) -> bool:
        return self._drain is not None or not self._visits

    async def expect_mail(self) -> None:
        """Where the journal knows of mail here, a Maildir that is away is no new one."""
        if await self._link.disk(_holds_mail):
            await asyncio.to_thread(self._access.maildir.expect)

    async def run(self) -> None:
        failures = 0
        while True:
            self._wanted.clear()
            self._drain = Drain(self._link, self._access, self._asked)
            self._drain.arrived = self._arrived
            self.trouble = await self._visit(self._drain)
            failures = _failures(failures, self.trouble, self._drain)
            self._arrived()
            self._say()
            entered = self._drain.entered
            async with self._visited:
                self._seen = asyncio.get_running_loop().time() if entered is None else entered
                self._drain = None
                self._visits += 1
                self._visited.notify_all()
            await self._until_next(failures, entered)

    async def visit(self, asked: float | None = None) -> Exception | None:
        """Return after a visit that sees all that is there now, or was when it was `asked` for.

        Returns what was wrong. One under way serves if it has not logged in yet. A refused
        password is not tried again.
        """
        if self.needs_secret and not self._keeper.may_try():
            return self.trouble
        asked = asyncio.get_running_loop().time() if asked is None else asked
        async with self._visited:
            while self._seen < asked:
                if self._drain is None or self._drain.entered is not None:
                    self._wanted.set()
                await self._visited.wait()
        return self.trouble

    async def rested(self) -> None:
        """Return when no mail is being fetched: what can wait takes nothing from it."""
        async with self._visited:
            await self._visited.wait_for(lambda: self._drain is None or self._drain.entered is None)

    async def bring(self, uids: Collection[int]) -> Exception | None:
        """Fetch these, which were left on the server for their size; returns what was wrong."""
        self._asked |= set(uids)
        try:
            return await self.visit()
        finally:
            self._asked -= set(uids)

    def reconnect(self) -> None:
        self._wanted.set()

    def give_secret(self, secret: str) -> None:
        self._keeper.give(secret)
        self._wanted.set()

    async def _visit(self, drain: Drain) -> Exception | None:
        if self.state.connection is not Connection.ONLINE:
            self._publish(ConnectionChanged(self._link.account, Connection.CONNECTING))
        try:
            problems = await drain.run()
            self._keeper.accepted()
        except Exception as trouble:  # noqa: BLE001 (where the account's tasks end)
            return cause_of(trouble)
        return LeftOut(problems[0]) if problems else None

    def _say(self) -> None:
        connection = Connection.ONLINE
        reason = NO_REASON if self.trouble is None else words_of(self.trouble)
        if isinstance(self.trouble, NotAuthorized):
            self._keeper.refused()
            connection = self._keeper.wanted
        elif self.trouble is not None and not isinstance(self.trouble, LeftOut):
            connection = Connection.OFFLINE
            log.info("%s: the visit ended with %s", self._link.account, type(self.trouble).__name__)
        self._publish(ConnectionChanged(self._link.account, connection, reason))
        if connection.needs_help:
            self._link.publish(SecretNeeded(self._link.account, reason, self._keeper.token))

    def _publish(self, state: ConnectionChanged) -> None:
        self.state = state
        self._link.publish(state)

    async def _until_next(self, failures: int, entered: float | None) -> None:
        match self.trouble:
            case None:
                seconds = BETWEEN_VISITS
            case NotAuthorized():
                await self._wanted.wait()
                return
            case Unreachable():
                seconds = pause_after(failures, random.random())  # noqa: S311 (jitter)
            case _:
                seconds = pause_after(failures + AFTER_REFUSAL, random.random())  # noqa: S311
        if entered is not None:
            seconds = max(seconds, entered + AFTER_LOG_IN - asyncio.get_running_loop().time())
        await pause(seconds, self._wanted, self._surroundings)


def _holds_mail(store: Store) -> bool:
    return any(drop.here for drop in store.maildrop.drops())


def _failures(before: int, trouble: Exception | None, drain: Drain) -> int:
    """How many visits failed one after the other, as far as that says how long to wait."""
    if trouble is None:
        return 0
    return min(before + 1, WHILE_IT_BRINGS) if drain.brought else before + 1
