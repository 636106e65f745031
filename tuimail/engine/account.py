"""One account: everything that keeps its store and its server in step."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from tuimail.backend.base import Alert, Backend, Unreachable
from tuimail.backend.logins import waits_told
from tuimail.engine.alerts import Alerts
from tuimail.engine.bodies import EVERYTHING, Bodies, BodyPolicy
from tuimail.engine.bringing import Bringing, Originals
from tuimail.engine.cache_watch import watch_cache
from tuimail.engine.disk import Disk
from tuimail.engine.drain import Pop3Access
from tuimail.engine.events import (
    BodiesFailed,
    Connection,
    ConnectionChanged,
    Event,
    JournalChanged,
    MailboxesChanged,
    OutboxChanged,
    SecretNeeded,
    SyncFinished,
)
from tuimail.engine.fetches import Asked, Fetches
from tuimail.engine.leaving import note_removed
from tuimail.engine.lifeline import Lifeline
from tuimail.engine.link import Link
from tuimail.engine.maildrop import Maildrop
from tuimail.engine.outbox import OutboxTask, Sending
from tuimail.engine.reporting import FAILED, Reports
from tuimail.engine.requests import AccountStatus
from tuimail.engine.secret_keeper import FindSecret, SecretKeeper
from tuimail.engine.session import Wishes
from tuimail.engine.tasks import first_of, unending
from tuimail.engine.trouble import EXPECTED, cause_of, words_of
from tuimail.mime.worker import Parser
from tuimail.model.mail import INBOX, AccountName, MessageKey
from tuimail.model.operation import EntryState
from tuimail.model.safe_text import EMPTY, SafeText
from tuimail.store.store import AccountFolders, Store, StoreError

AFTER_MISTAKE = 30.0
TRIES = 3

Secret = Callable[[], Awaitable[str]]
OpenBackend = Callable[[Secret, Alert], Backend]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AccountSetup:
    """What an engine needs to run an account; the backend asks for the secret as it needs it.

    Setups are equal if `settings` are: what the rest was made from.
    """

    name: AccountName
    folders: AccountFolders
    open_backend: OpenBackend = field(compare=False)
    find_secret: FindSecret = field(compare=False)
    token: bool = False
    policy: BodyPolicy = EVERYTHING
    originals: Originals | None = field(default=None, compare=False)
    settings: object = None
    sending: Sending | None = field(default=None, compare=False)
    open_maildrop: Callable[[Secret], Pop3Access] | None = field(default=None, compare=False)


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
        self._disk = Disk(
            partial(
                Store,
                setup.name,
                setup.folders,
                writer=True,
                clock=clock,
                originals=setup.originals,
            ),
            f"store of {setup.name}",
        )
        self._alerts = Alerts(setup.name, publish)
        keeper = SecretKeeper(setup.find_secret, token=setup.token)
        self._link = Link(
            account=setup.name,
            backend=setup.open_backend(keeper.secret, self._alerts.hear),
            disk=self._disk,
            parser=parser,
            publish=self._tell,
            clock=clock,
            removing=None if setup.open_maildrop is None else self._note_removed,
        )
        self._bodies = Bodies(self._link, setup.policy)
        self._wishes = Wishes()
        self._reports = Reports(self._link)
        self._maildrop: Maildrop | None = None
        self._log_in_waits = EMPTY
        self._sync_asked = -math.inf
        bringing: Bringing | None = None
        of_backend = keeper
        if setup.open_maildrop is not None:
            access = setup.open_maildrop(keeper.secret)
            self._maildrop = Maildrop(self._link, access, keeper, self._wishes.pull.set)
            if setup.originals is not None:
                bringing = Bringing(self._link, self._maildrop, setup.originals)
            of_backend = SecretKeeper(setup.find_secret, token=setup.token)
        self._lifeline = Lifeline(self._link, self._bodies, self._wishes, of_backend, watched)
        self._fetches = Fetches(self._link, self._bodies, self._lifeline, bringing)
        self._outbox = OutboxTask(
            account=setup.name,
            sending=setup.sending,
            disk=self._disk,
            keeper=keeper,
            publish=publish,
            filed=self._wishes.push.set,
            clock=clock,
        )

    async def run(self) -> None:
        waits_told.set(self._tell_wait)
        try:
            while True:
                await self._run_tasks()
                await first_of(asyncio.sleep(AFTER_MISTAKE), self._wishes.sync.wait())
        finally:
            await self._close(self._link.backend.close)
            await self._close(self._disk.close)

    async def _close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong at the end of one account, the others go on."""
        try:
            await close()
        except EXPECTED as trouble:
            log.warning("%s: %s", self.name, words_of(trouble))

    async def end_flight(self) -> None:
        """Return when nothing is between the server and the store; nothing new gets there."""
        await self._link.exchange.acquire()
        await self._outbox.in_flight.acquire()

    def ring(self) -> None:
        self._wishes.push.set()
        self._outbox.ring()

    def fetch(self, keys: frozenset[MessageKey], *, large: bool = False) -> None:
        self._fetches.ask(Asked(keys, large))

    def sync(self) -> None:
        """Answered by one `SyncFinished`, with a failure while nothing can be tried."""
        self._wishes.sync.set()
        self._sync_asked = asyncio.get_running_loop().time()
        self._lifeline.try_now()
        self._outbox.try_now()

    def hand_over(self, heir: "Account | None") -> None:
        """Once it has ended: let what was asked of it be answered all the same."""
        if heir is None:
            self._disappoint(SafeText("The account is not in the settings any more."))
            return
        for asked in self._fetches.unanswered():
            heir.fetch(asked.keys, large=asked.large)
        if self._wishes.sync.is_set():
            heir.sync()

    def _disappoint(self, reason: SafeText) -> None:
        """Whoever asked is still waiting."""
        for asked in self._fetches.unanswered():
            self._publish(BodiesFailed(asked.keys, reason))
        if self._wishes.sync.is_set():
            self._wishes.sync.clear()
            self._publish(SyncFinished(self.name, FAILED, reason))

    def reconnect(self) -> None:
        self._wishes.retry.set()
        self._wishes.pull.set()
        self._outbox.reconnect()
        if self._maildrop is not None:
            self._maildrop.reconnect()

    def give_secret(self, secret: str) -> None:
        """To whoever asked for it: the two servers may want different ones."""
        sending = self._outbox.needs_secret
        if sending:
            self._outbox.give_secret(secret)
        if not sending or self._state.connection.needs_help:
            if self._maildrop is not None:
                self._maildrop.give_secret(secret)
            else:
                self._lifeline.give_secret(secret)
            self._outbox.reconnect()

    def standing(self) -> Sequence[Event]:
        """What somebody who comes now has to know."""
        state = self._state
        events: list[Event] = [state, MailboxesChanged(self.name), JournalChanged(self.name)]
        if state.connection.needs_help:
            token = state.connection is Connection.NEEDS_TOKEN
            events.append(SecretNeeded(self.name, state.reason, token))
        events.append(OutboxChanged(self.name))
        return [*events, *self._alerts.told]

    async def status(self) -> AccountStatus:
        """Of an account whose store cannot be used: why not."""
        try:
            entries = await self._disk(Store.pending)
        except StoreError as trouble:
            return AccountStatus(self.name, Connection.OFFLINE, words_of(trouble), 0, 0)
        parked = sum(entry.state is EntryState.PARKED for entry in entries)
        state = self._state
        return AccountStatus(
            self.name, state.connection, state.reason, len(entries) - parked, parked
        )

    async def has_work(self) -> bool:
        """Whether there is something to do for which nobody has to be there."""
        return await self._has_letters() or await self._has_changes()

    async def _has_letters(self) -> bool:
        try:
            return await self._outbox.has_work()
        except StoreError:
            return False

    async def _has_changes(self) -> bool:
        if self._maildrop is not None and self._maildrop.busy:
            return await self._has_store()
        match self._lifeline.state.connection:
            case Connection.NEEDS_SECRET | Connection.NEEDS_TOKEN:
                return False
            case Connection.CONNECTING:
                return True
            case _:
                session = self._lifeline.session
                busy = session is not None and session.is_busy()
                return busy or await self._has_pending()

    async def _has_store(self) -> bool:
        try:
            await self._disk(Store.next_timer)
        except StoreError:
            return False
        return True

    async def _has_pending(self) -> bool:
        """Without a disk there is nothing that could be done."""
        return (await self.status()).pending > 0

    @property
    def _state(self) -> ConnectionChanged:
        """How the server is met; a Maildir that can be used says nothing about that."""
        if self._log_in_waits:
            return ConnectionChanged(self.name, Connection.CONNECTING, self._log_in_waits)
        state = self._lifeline.state
        if self._maildrop is None or state.connection is Connection.OFFLINE:
            return state
        of_server = self._maildrop.state
        all_well = of_server.connection is Connection.ONLINE and not of_server.reason
        return state if all_well else of_server

    def _tell_wait(self, words: SafeText) -> None:
        self._log_in_waits = words
        self._publish(self._state)

    def _tell(self, event: Event) -> None:
        self._publish(self._state if isinstance(event, ConnectionChanged) else event)

    async def _run_tasks(self) -> None:
        """Return when what nobody expected has ended what must go on."""
        try:
            # Before anything is asked of a server: without its journal an account stands still.
            await self._disk(Store.next_timer)
            if self._maildrop is not None:
                await self._maildrop.expect_mail()
            await unending(self._together(), f"tasks of {self.name}")
        except Exception as trouble:  # noqa: BLE001 (where the account's tasks end)
            cause = cause_of(trouble)
            self._lifeline.fail(cause)
            self._disappoint(words_of(cause))

    async def _together(self) -> None:
        always = [
            (self._lifeline.run(), "connection"),
            (self._answer_syncs(), "syncs"),
            (self._fetches.serve_quick(), "fetches"),
            (self._fetches.serve_slow(), "large fetches"),
            (self._read_always(), "reading"),
            (self._outbox.run(), "outbox"),
            (watch_cache(self._link, self._wishes.pull.set), "cache"),
        ]
        if self._maildrop is not None:
            always.append((self._maildrop.run(), "maildrop"))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._get_ready(), name=f"parser of {self.name}")
            for work, what in always:
                tasks.create_task(unending(work, f"{what} of {self.name}"))

    async def _get_ready(self) -> None:
        """Before a first sync, let the parser start while the connection is opened."""
        with suppress(OSError, StoreError):
            if not await self._disk(Store.known, INBOX):
                await self._link.parser.start()

    async def _answer_syncs(self) -> None:
        while True:
            await self._wishes.sync.wait()
            self._wishes.sync.clear()
            try:
                await self._answer_sync()
            except BaseException:
                # Whoever asked is still waiting.
                self._wishes.sync.set()
                raise

    async def _answer_sync(self) -> None:
        began = time.monotonic()
        missed = None if self._maildrop is None else await self._maildrop.visit(self._sync_asked)
        trouble = await self._synced() or missed
        self._publish(await self._reports.finished(began, trouble))

    async def _synced(self) -> Exception | None:
        """Sync once, as soon as it is known whether that can be; returns what prevented it."""
        for _ in range(TRIES):
            session = await self._lifeline.settled()
            if session is None:
                break
            await first_of(session.sync(), session.over.wait())
            if not session.over.is_set():
                return await session.problem()
            self._lifeline.try_again(session)
        return self._lifeline.trouble or Unreachable("The connection was lost again and again.")

    async def _note_removed(self, uids: Collection[int]) -> None:
        await self._disk(note_removed, uids, self._link.clock())

    async def _read_always(self) -> None:
        while True:
            await self._bodies.unread.wait()
            await self._lifeline.calm.wait()
            if self._maildrop is not None:
                await self._maildrop.rested()
            try:
                await self._bodies.extract_some()
            except (StoreError, OSError) as trouble:
                log.warning("%s: %s", self.name, trouble)
                await asyncio.sleep(AFTER_MISTAKE)
