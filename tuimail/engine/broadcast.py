"""News to everyone who listens: merged while a listener is slow, at most ten a second."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import assert_never

from tuimail.engine.events import (
    BodiesArrived,
    BodiesFailed,
    ConnectionChanged,
    EngineGone,
    Event,
    JournalChanged,
    MailboxChanged,
    MailboxesChanged,
    OperationParked,
    OutboxChanged,
    Progress,
    SecretNeeded,
    ServerAlert,
    SyncFinished,
)

TEN_A_SECOND = 0.1
# What somebody asked for and waits for.
ANSWERS = (BodiesArrived, BodiesFailed, SyncFinished, EngineGone)


class Broadcast:
    """Tells every listener everything that was published since it came."""

    def __init__(self, interval: float = TEN_A_SECOND) -> None:
        self._interval = interval
        self._listeners: set[Listener] = set()

    def publish(self, event: Event) -> None:
        for listener in self._listeners:
            listener.hear(event)

    @contextmanager
    def listen(self) -> Iterator["Listener"]:
        listener = Listener(self._interval)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def end(self) -> None:
        """Let every listener's iteration end once it has heard all."""
        for listener in self._listeners:
            listener.end()


class Listener:
    """One listener's news not yet heard; older news about the same thing gives way."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._unheard: dict[Hashable, Event] = {}
        self._news = asyncio.Event()
        self._answers = asyncio.Event()
        self._ended = False

    def hear(self, event: Event) -> None:
        subject = _subject(event)
        earlier = self._unheard.pop(subject, None)
        self._unheard[subject] = event if earlier is None else _merged(earlier, event)
        self._news.set()
        if isinstance(event, ANSWERS):
            self._answers.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()
        self._answers.set()

    async def batches(self) -> AsyncIterator[list[Event]]:
        """What is new, oldest first; at most one batch an interval, but answers come at once."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._answers.clear()
            if self._unheard:
                batch = list(self._unheard.values())
                self._unheard.clear()
                yield batch
            if self._ended:
                return
            await self._rest()

    async def _rest(self) -> None:
        if self._interval:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._answers.wait()

    async def events(self) -> AsyncIterator[Event]:
        async for batch in self.batches():
            for event in batch:
                yield event


def _subject(event: Event) -> Hashable:
    """What an event is about: of two about the same, one is enough."""
    match event:
        case BodiesArrived() | EngineGone():
            return type(event).__name__
        case ConnectionChanged(account=account) | SecretNeeded(account=account):
            return (type(event), account)
        case Progress(account=account, what=what):
            return (Progress, account, what)
        case (
            MailboxChanged()
            | MailboxesChanged()
            | JournalChanged()
            | OutboxChanged()
            | BodiesFailed()
            | OperationParked()
            | ServerAlert()
            | SyncFinished()
        ):
            return event
        case _:
            assert_never(event)


def _merged(earlier: Event, later: Event) -> Event:
    if isinstance(earlier, BodiesArrived) and isinstance(later, BodiesArrived):
        return BodiesArrived(earlier.keys | later.keys)
    return later
