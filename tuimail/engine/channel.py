"""How a screen reaches the engine: a doorbell, and news in return; a socket, or memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Protocol

from tuimail.engine.broadcast import Listener
from tuimail.engine.events import EngineGone, Event
from tuimail.engine.requests import Request, Ring, Status
from tuimail.model.safe_text import safe_line


class EngineUnavailable(Exception):
    """There is no engine and none can be started; the text is a sentence for the user."""


class Outdated(EngineUnavailable):
    """A newer version runs the engine: this program may read and must not change anything."""


def gone(absence: EngineUnavailable) -> EngineGone:
    """The same as news."""
    return EngineGone(safe_line(str(absence)), outdated=isinstance(absence, Outdated))


class Channel(Protocol):
    """One listener's way to the engine; `news` is iterated by one task only."""

    async def send(self, request: Request) -> None:
        """Hand a request over. Raises EngineUnavailable."""

    def news(self) -> AsyncIterator[Event]:
        """What the engine tells, from the first `send` or this call on, until `close`."""

    async def status(self) -> Status | None:
        """How the engine is, None if there is none; starts none."""

    async def close(self) -> None: ...


class Served(Protocol):
    """The engine, as its doors see it."""

    def listen(self) -> AbstractContextManager[Listener]:
        """Attach; the first news are how everything stands."""

    def serve(self, request: Request) -> None: ...
    async def status(self) -> Status: ...


class MemoryChannel:
    """An engine in this very process."""

    def __init__(self, engine: Served) -> None:
        self._engine = engine
        self._attachment = engine.listen()
        self._listener = self._attachment.__enter__()

    async def send(self, request: Request) -> None:
        self._engine.serve(request)

    async def news(self) -> AsyncIterator[Event]:
        async for event in self._listener.events():
            yield event

    async def status(self) -> Status | None:
        return await self._engine.status()

    async def close(self) -> None:
        self._listener.end()
        self._attachment.__exit__(None, None, None)


class NoEngine:
    """TUIMAIL_ENGINE=off: everything is recorded, nothing is rung."""

    def __init__(self) -> None:
        self._closed = asyncio.Event()

    async def send(self, request: Request) -> None:
        if not isinstance(request, Ring):
            raise EngineUnavailable("The engine is switched off (TUIMAIL_ENGINE=off).")

    async def news(self) -> AsyncIterator[Event]:
        await self._closed.wait()
        for _ in ():
            yield _

    async def status(self) -> Status | None:
        return None

    async def close(self) -> None:
        self._closed.set()
