"""The way to the engine's own process, which is started where there is none."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from tuimail.engine.channel import EngineUnavailable, Outdated, gone
from tuimail.engine.events import BodiesArrived, BodiesFailed, EngineGone, Event, SyncFinished
from tuimail.engine.process import Hold, Place, status_of, visit_or_start, visit_running
from tuimail.engine.requests import FetchBodies, Request, Status, SyncNow
from tuimail.engine.visit import NobodyThere, Visit
from tuimail.model.mail import AccountName, MessageKey

log = logging.getLogger(__name__)

# So often an engine is looked for that nobody here may start.
LOOK_FOR_ENGINE = 2.0
# An engine that ends sooner is not asked again at once.
STEADY = 5.0
LONGEST_PAUSE = 5.0
_FIRST_PAUSE = 0.1
_TRIES = 2


class Unanswered:
    """What was asked and has to be asked again of the next engine if this one dies."""

    def __init__(self) -> None:
        self._sync: SyncNow | None = None
        self._bodies: dict[bool, frozenset[MessageKey]] = {}

    def asked(self, request: Request) -> None:
        match request:
            case SyncNow():
                self._sync = request
            case FetchBodies(keys=keys, large=large):
                self._bodies[large] = self._bodies.get(large, frozenset()) | keys
            case _:
                pass

    def heard(self, event: Event) -> None:
        match event:
            case SyncFinished(account=account):
                self._sync = _without(self._sync, account)
            case BodiesArrived(keys=keys) | BodiesFailed(keys=keys):
                self._bodies = {large: asked - keys for large, asked in self._bodies.items()}
            case _:
                pass

    def requests(self) -> list[Request]:
        fetches: list[Request] = [
            FetchBodies(keys, large) for large, keys in self._bodies.items() if keys
        ]
        return fetches if self._sync is None else [*fetches, self._sync]


class EngineChannel:
    """Connects at the first `send` or `news`, and again to whatever engine comes next.

    It starts one where there is none, not before `hold` returns; but none where one was told
    to stop, and by itself none where one cannot be started.
    """

    def __init__(
        self, place: Place, hold: Hold | None = None, *, look_again: float = LOOK_FOR_ENGINE
    ) -> None:
        self._place = place
        self._hold = hold
        self._look_again = look_again
        self._visit: Visit | None = None
        self._turn = asyncio.Lock()
        self._unanswered = Unanswered()
        # Set while an engine may be there, or this channel is closed.
        self._reached = asyncio.Event()
        self._stopped: EngineUnavailable | None = None
        self._leaving: Visit | None = None
        self._closed = False

    async def send(self, request: Request) -> None:
        for _ in range(_TRIES):
            try:
                visit = await self._visited()
                self._unanswered.asked(request)
                return await self._send_to(visit, request)
            except NobodyThere:
                continue
        raise EngineUnavailable("The engine ends as soon as it is asked; its log says more.")

    async def _send_to(self, visit: Visit, request: Request) -> None:
        try:
            await visit.send(request)
        except NobodyThere:
            self._lose(visit)
            raise

    async def news(self) -> AsyncIterator[Event]:
        """Goes on until `close`: `EngineGone` tells that there is none for now, and why."""
        losses = 0
        while not self._closed:
            began = time.monotonic()
            try:
                visit = await self._visited()
                async for event in visit.news():
                    self._hear(event, visit)
                    yield event
                self._leaving = None
                self._lose(visit)
            except EngineUnavailable as absence:
                if self._closed:
                    return
                yield gone(absence)
                await self._until_reached()
            except NobodyThere:
                log.info("an engine ended before it could be asked")
            if self._stopped is not None:
                await self._until_reached()
            await asyncio.sleep(min(_FIRST_PAUSE * losses**2, LONGEST_PAUSE))
            losses = losses + 1 if time.monotonic() - began < STEADY else 0

    async def status(self) -> Status | None:
        return await status_of(self._place)

    async def close(self) -> None:
        self._closed = True
        self._reached.set()
        for visit in (self._visit, self._leaving):
            if visit is not None:
                await visit.leave()

    async def _visited(self) -> Visit:
        """The engine, which has been asked what the one before it did not answer."""
        async with self._turn:
            if self._closed:
                raise EngineUnavailable("This program is about to end.")
            if self._visit is None:
                await self._begin(await self._reach())
            if self._visit is None:
                raise NobodyThere
            return self._visit

    async def _begin(self, visit: Visit) -> None:
        self._visit, self._stopped = visit, None
        self._reached.set()
        for request in self._unanswered.requests():
            await self._send_to(visit, request)

    async def _reach(self) -> Visit:
        if self._stopped is None:
            return await visit_or_start(self._place, self._hold)
        visit = None if self._leaving else await visit_running(self._place)
        if visit is None:
            raise self._stopped
        return visit

    def _hear(self, event: Event, visit: Visit) -> None:
        self._unanswered.heard(event)
        if isinstance(event, EngineGone):
            self._stopped = (Outdated if event.outdated else EngineUnavailable)(event.reason)
            # It still lets in who comes before it has left.
            self._leaving = visit
            self._lose(visit)

    def _lose(self, lost: Visit) -> None:
        if self._visit is lost:
            self._visit = None

    async def _until_reached(self) -> None:
        """Return when an engine is there that somebody else has started, or our own `send` has."""
        while self._visit is None and not self._closed:
            self._reached.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_again):
                    await self._reached.wait()
            with suppress(EngineUnavailable, NobodyThere):
                await self._look()

    async def _look(self) -> None:
        """Connect if there is an engine; start none."""
        async with self._turn:
            if self._visit is not None or self._closed:
                return
            visit = await visit_running(self._place)
            if visit is not None:
                await self._begin(visit)


def _without(sync: SyncNow | None, account: AccountName) -> SyncNow | None:
    """What is left to answer; a sync of all accounts counts as answered by any."""
    if sync is None or sync.accounts <= {account}:
        return None
    return SyncNow(sync.accounts - {account})
