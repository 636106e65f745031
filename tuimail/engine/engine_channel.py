"""The way to the engine's own process, which is started where there is none."""

import asyncio
from collections.abc import AsyncIterator

from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.events import BodiesArrived, BodiesFailed, EngineGone, Event, SyncFinished
from tuimail.engine.process import Hold, Place, status_of, visit_or_start
from tuimail.engine.requests import FetchBodies, Request, Status, SyncNow
from tuimail.engine.visit import NobodyThere, Visit
from tuimail.model.mail import AccountName, MessageKey


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
    """Connects at the first `send` or `news`, and again when an engine dies.

    It starts one where there is none, not before `hold` returns.
    """

    def __init__(self, place: Place, hold: Hold | None = None) -> None:
        self._place = place
        self._hold = hold
        self._visit: Visit | None = None
        self._turn = asyncio.Lock()
        self._unanswered = Unanswered()
        self._stopped: EngineUnavailable | None = None

    async def send(self, request: Request) -> None:
        self._unanswered.asked(request)
        try:
            await (await self._visited()).send(request)
        except NobodyThere:
            self._visit = None
            await (await self._visited()).send(request)

    async def news(self) -> AsyncIterator[Event]:
        """Ends with `EngineGone` when the engine was told to stop."""
        while True:
            visit = await self._visited()
            async for event in visit.news():
                self._unanswered.heard(event)
                if isinstance(event, EngineGone):
                    self._stopped = EngineUnavailable(event.reason)
                yield event
            if self._stopped is not None:
                return
            await self._replace(visit)

    async def status(self) -> Status | None:
        return await status_of(self._place)

    async def close(self) -> None:
        self._stopped = EngineUnavailable("This program is about to end.")
        if self._visit is not None:
            await self._visit.leave()

    async def _visited(self) -> Visit:
        async with self._turn:
            if self._stopped is not None:
                raise self._stopped
            if self._visit is None:
                self._visit = await visit_or_start(self._place, self._hold)
            return self._visit

    async def _replace(self, lost: Visit) -> None:
        """Reach the next engine and ask it what the lost one did not answer."""
        if self._visit is lost:
            self._visit = None
        for request in self._unanswered.requests():
            await self.send(request)


def _without(sync: SyncNow | None, account: AccountName) -> SyncNow | None:
    """What is left to answer; a sync of all accounts counts as answered by any."""
    if sync is None or sync.accounts <= {account}:
        return None
    return SyncNow(sync.accounts - {account})
