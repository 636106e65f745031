"""One account's life: connect, keep in step, and come back after an outage."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tuimail.backend.base import Backend, NotAuthorized, Refused, Unreachable
from tuimail.engine.bodies import EVERYTHING, Bodies, BodyPolicy
from tuimail.engine.disk import Disk
from tuimail.engine.events import (
    BodiesFailed,
    Connection,
    ConnectionChanged,
    Event,
    JournalChanged,
    MailboxesChanged,
    SecretNeeded,
)
from tuimail.engine.link import Link
from tuimail.engine.reporting import Reports
from tuimail.engine.requests import AccountStatus
from tuimail.engine.retry import LONGEST, LONGEST_WHILE_WATCHED, Surroundings, pause, pause_after
from tuimail.engine.secret_keeper import FindSecret, SecretKeeper
from tuimail.engine.session import Session, Wishes
from tuimail.engine.tasks import first_of
from tuimail.mime.worker import Parser
from tuimail.model.mail import AccountName, MessageKey
from tuimail.model.operation import EntryState
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.store.store import AccountFolders, Store, StoreError

log = logging.getLogger(__name__)

LOOK_AT_CACHE = 2.0
EXPIRE = 6 * 3600.0
AFTER_DISK_TROUBLE = 60.0
AFTER_REFUSAL = 5
TRIES = 3
NO_REASON = SafeText("")

EXPECTED = (StoreError, NotAuthorized, Refused, Unreachable)

OpenBackend = Callable[[Callable[[], Awaitable[str]]], Backend]


@dataclass(frozen=True, slots=True)
class AccountSetup:
    """What an engine needs to run an account; the backend asks for the secret as it needs it."""

    name: AccountName
    folders: AccountFolders
    open_backend: OpenBackend
    find_secret: FindSecret
    policy: BodyPolicy = EVERYTHING


class Account:
    """Keeps one store and one server in step until it is cancelled."""

    def __init__(
        self,
        setup: AccountSetup,
        parser: Parser,
        publish: Callable[[Event], None],
        clock: Callable[[], datetime],
        watched: Callable[[], bool],
    ) -> None:
        self.name = setup.name
        self._publish = publish
        self._watched = watched
        self._keeper = SecretKeeper(setup.find_secret)
        self._disk = Disk(
            lambda: Store(setup.name, setup.folders, writer=True, clock=clock),
            f"store of {setup.name}",
        )
        self._link = Link(
            account=setup.name,
            backend=setup.open_backend(self._keeper.secret),
            disk=self._disk,
            parser=parser,
            publish=publish,
            clock=clock,
        )
        self._bodies = Bodies(self._link, setup.policy)
        self._wishes = Wishes()
        self._reports = Reports(self._link)
        self._surroundings = Surroundings()
        self._calm = asyncio.Event()
        self._decided = asyncio.Event()
        self._session: Session | None = None
        self._state = ConnectionChanged(setup.name, Connection.CONNECTING)
        self._trouble: Exception | None = None

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._stay_connected(), name=f"connection of {self.name}")
                tasks.create_task(self._answer_syncs(), name=f"syncs of {self.name}")
                tasks.create_task(self._serve_waiting(), name=f"fetches of {self.name}")
                tasks.create_task(self._read_always(), name=f"reading of {self.name}")
                tasks.create_task(self._keep_house(), name=f"cache of {self.name}")
        finally:
            await self._link.backend.close()
            await self._disk.close()

    async def end_flight(self) -> None:
        """Return when nothing is between the server and the store; nothing new gets there."""
        await self._link.exchange.acquire()

    def ring(self) -> None:
        self._wishes.push.set()

    def fetch(self, keys: frozenset[MessageKey]) -> None:
        self._wishes.bodies.put_nowait(keys)

    def sync(self) -> None:
        """Answered by one `SyncFinished`, with a failure while nothing can be tried."""
        self._wishes.sync.set()
        waits = self._state.connection in (Connection.OFFLINE, Connection.NEEDS_SECRET)
        if waits and self._keeper.may_try():
            self._decided.clear()
            self._wishes.retry.set()

    def reconnect(self) -> None:
        self._wishes.retry.set()
        self._wishes.pull.set()

    def give_secret(self, secret: str) -> None:
        self._keeper.give(secret)
        self._wishes.retry.set()

    def standing(self) -> Sequence[Event]:
        """What somebody who comes now has to know."""
        events: list[Event] = [
            self._state,
            MailboxesChanged(self.name),
            JournalChanged(self.name),
        ]
        if self._state.connection is Connection.NEEDS_SECRET:
            events.append(SecretNeeded(self.name, self._state.reason))
        return events

    async def status(self) -> AccountStatus:
        entries = await self._disk(Store.pending)
        parked = sum(entry.state is EntryState.PARKED for entry in entries)
        state = self._state
        return AccountStatus(
            self.name, state.connection, state.reason, len(entries) - parked, parked
        )

    async def has_work(self) -> bool:
        """Whether there is something to do for which nobody has to be there."""
        match self._state.connection:
            case Connection.NEEDS_SECRET:
                return False
            case Connection.CONNECTING:
                return True
            case _:
                busy = self._session is not None and self._session.is_busy()
                return busy or (await self.status()).pending > 0

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            self._wishes.retry.clear()
            self._say(Connection.CONNECTING)
            self._trouble = trouble = await self._live()
            was_online = self._session is not None
            self._session = None
            self._calm.set()
            await self._link.backend.close()
            failures = 0 if was_online else failures + 1
            await self._recover(trouble, failures)

    async def _live(self) -> Exception:
        """Connect and keep in step; returns what put an end to it."""
        try:
            await self._link.backend.connect()
            self._keeper.accepted()
            session = Session(self._link, self._wishes, self._bodies, self._calm)
            self._session = session
            self._say(Connection.ONLINE)
            await session.run()
        except Exception as trouble:
            cause = _cause(trouble)
            if not isinstance(cause, EXPECTED):
                log.exception("%s: a mistake of tuimail", self.name)
            return cause
        return Unreachable("The connection has ended.")

    async def _recover(self, trouble: Exception, failures: int) -> None:
        reason = _words(trouble)
        log.info("%s: offline after %s", self.name, type(trouble).__name__)
        if isinstance(trouble, NotAuthorized):
            self._keeper.refused()
            self._say(Connection.NEEDS_SECRET, reason)
            self._publish(SecretNeeded(self.name, reason))
            await self._wishes.retry.wait()
            return
        self._say(Connection.OFFLINE, reason)
        if isinstance(trouble, Refused):
            failures += AFTER_REFUSAL
        longest = LONGEST_WHILE_WATCHED if self._watched() else LONGEST
        seconds = pause_after(failures, random.random(), longest)  # noqa: S311 (jitter)
        await pause(seconds, self._wishes.retry, self._surroundings)

    async def _answer_syncs(self) -> None:
        while True:
            await self._wishes.sync.wait()
            self._wishes.sync.clear()
            began = time.monotonic()
            trouble = await self._synced()
            self._publish(await self._reports.finished(began, trouble))

    async def _synced(self) -> Exception | None:
        """Sync once, as soon as it is known whether that can be; returns what prevented it."""
        for _ in range(TRIES):
            await self._decided.wait()
            session = self._session
            if session is None:
                break
            await first_of(session.sync(), session.over.wait())
            if not session.over.is_set():
                return session.problem()
            self._decided.clear()
            self._wishes.retry.set()
        return self._trouble

    async def _serve_waiting(self) -> None:
        while True:
            keys = await self._wishes.bodies.get()
            await self._decided.wait()
            try:
                if self._session is None:
                    await self._bodies.read_here(keys, self._state.reason)
                else:
                    await self._bodies.fetch(keys)
            except (StoreError, OSError) as trouble:
                self._publish(BodiesFailed(keys, safe_line(str(trouble))))

    async def _read_always(self) -> None:
        while True:
            await self._bodies.unread.wait()
            await self._calm.wait()
            try:
                await self._bodies.extract_some()
            except (StoreError, OSError) as trouble:
                log.warning("%s: %s", self.name, trouble)
                await asyncio.sleep(AFTER_DISK_TROUBLE)

    async def _keep_house(self) -> None:
        """Notice that the cache was deleted, and forget what is old."""
        generation = await self._disk(_generation)
        expire_at = time.monotonic()
        while True:
            if time.monotonic() >= expire_at:
                await self._disk(Store.expire)
                expire_at += EXPIRE
            await asyncio.sleep(LOOK_AT_CACHE)
            now = await self._disk(_generation)
            if now != generation:
                log.warning("%s: the cache was deleted; pulling from nothing", self.name)
                generation = now
                self._wishes.pull.set()
                self._publish(MailboxesChanged(self.name))

    def _say(self, connection: Connection, reason: SafeText = NO_REASON) -> None:
        tries_now = connection is Connection.OFFLINE and self._wishes.retry.is_set()
        if connection is Connection.CONNECTING or tries_now:
            self._decided.clear()
        else:
            self._decided.set()
        self._state = ConnectionChanged(self.name, connection, reason)
        self._publish(self._state)


def _generation(store: Store) -> int:
    return store.generation


def _cause(trouble: Exception) -> Exception:
    """What explains most of the exceptions of tasks that ended together."""
    causes = list(_leaves(trouble))
    for kind in EXPECTED:
        for cause in causes:
            if isinstance(cause, kind):
                return cause
    return trouble


def _leaves(trouble: BaseException) -> Iterator[Exception]:
    if isinstance(trouble, BaseExceptionGroup):
        for each in trouble.exceptions:
            yield from _leaves(each)
    elif isinstance(trouble, Exception):
        yield trouble


def _words(trouble: Exception) -> SafeText:
    if isinstance(trouble, EXPECTED):
        return safe_line(str(trouble), 500)
    return SafeText(f"tuimail made a mistake ({type(trouble).__name__}); its log says more.")
