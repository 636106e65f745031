"""At most three connections to an account: sync, the user's own, and IDLE."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tuimail.backend.base import Alert, NotAuthorized, Refused, Unreachable
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.login import Secret, open_session
from tuimail.backend.imap.session import Session
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.backend.logins import LOGINS, SPARED
from tuimail.backend.sasl import Memory
from tuimail.wire.imap_commands import simple

log = logging.getLogger(__name__)

# A line that was silent for so long is asked whether it is still there.
STALE = 60.0
# The user's line is given back when it was not used for so long.
UNUSED = 60.0
# A server that allows no second line is not asked again for so long.
ALONE = 15 * 60.0

Open = Callable[[], Awaitable[Line]]


class Slot:
    """One connection: opened when needed, opened anew when lost, closed when unused."""

    def __init__(self, open_line: Open, patience: Patience, unused: float | None = None) -> None:
        self._open = open_line
        self._patience = patience
        self._unused = unused
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._users = 0
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def alive(self) -> bool:
        return self._session is not None and self._session.line.alive

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Session]:
        """The session, alive as far as can be known."""
        self._users += 1
        try:
            async with self._opening:
                session = self._session = await self._fit()
            yield session
        finally:
            self._users -= 1
            self._expire_later()

    async def answers(self) -> bool:
        """Whether the line is open and the server says so just now.

        A line that is busy is watched anyway, and its answer may take long.
        """
        if self._session is None:
            return False
        line = self._session.line
        return (line.alive and line.busy) or await self._answers(line)

    async def close(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self._session is not None:
            await self._session.line.close()

    async def _fit(self) -> Session:
        session = self._session
        if session is None or not session.line.alive:
            return Session(await self._open())
        line = session.line
        if line.busy or line.quiet_for < STALE or await self._answers(line):
            return session
        return Session(await self._open())

    async def _answers(self, line: Line) -> bool:
        try:
            async with asyncio.timeout(self._patience.probe):
                await line.run(simple("NOOP"))
        except (Unreachable, Refused):
            return False
        except TimeoutError:
            line.fail(Unreachable(f"The connection to {line.host} was lost"))
        return line.alive

    def _expire_later(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        if self._unused is not None:
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(self._unused, self._expire)

    def _expire(self) -> None:
        if self._session is not None and not self._users:
            line = self._session.line
            line.drop()
            self._session = None


class Lines:
    """The connections of one account; the password that logged in serves all of them."""

    def __init__(
        self, settings: ImapSettings, secret: Secret, patience: Patience, alert: Alert
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._patience = patience
        self._alert = alert
        self._password: str | None = None
        self._memory = Memory()
        self._alone_until = 0.0
        self._closed = True
        self.sync = Slot(self._open, patience)
        self._idle = Slot(self._open, patience)
        self._user = Slot(self._open, patience, UNUSED)

    async def connect(self) -> None:
        self._closed = False
        async with self.sync.use():
            log.debug("%s: connected", self._settings.host)

    async def close(self) -> None:
        self._closed = True
        self._password = None
        for slot in (self._idle, self._user, self.sync):
            await slot.close()

    @asynccontextmanager
    async def user(self) -> AsyncIterator[Session]:
        """The user's line, or the sync line where no second one can be had now."""
        too_soon = LOGINS.seconds_left(self._settings.host, SPARED) > 0 and self.sync.alive
        own = (self._user.alive or not too_soon) and await self._has_room_for(self._user)
        slot = self._user if own else self.sync
        async with slot.use() as session:
            yield session

    @asynccontextmanager
    async def idle(self) -> AsyncIterator[Session | None]:
        """The line to wait on, None where the server allows no further one."""
        if not self._idle.alive:
            await LOGINS.ample(self._settings.host)
        if not await self._has_room_for(self._idle):
            yield None
            return
        async with self._idle.use() as session:
            yield session

    async def _has_room_for(self, slot: Slot) -> bool:
        """Whether `slot` can be opened beside the sync line; raises if nothing can."""
        if slot.alive:
            return True
        loop = asyncio.get_running_loop()
        if loop.time() < self._alone_until:
            return False
        try:
            async with slot.use():
                return True
        except (Unreachable, NotAuthorized, Refused) as refusal:
            if not await self.sync.answers():
                raise
            log.info("%s: no further line: %s", self._settings.host, refusal)
            self._alone_until = loop.time() + ALONE
            return False

    async def _open(self) -> Line:
        self._check_open()
        try:
            line = await open_session(
                self._settings, self._known_secret, self._patience, self._alert, self._memory
            )
        except NotAuthorized:
            self._password = None
            raise
        if self._closed:
            await line.close()
        self._check_open()
        return line

    def _check_open(self) -> None:
        if self._closed:
            raise Unreachable(f"There is no connection to {self._settings.host}")

    async def _known_secret(self) -> str:
        """A token is asked for anew each time: it lives for an hour only."""
        if self._settings.auth == "oauth2":
            return await self._secret()
        if self._password is None:
            self._password = await self._secret()
        return self._password
