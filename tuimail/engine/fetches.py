"""Whoever waits for messages is answered: the small ones do not stand behind the large."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from tuimail.engine.bodies import Bodies
from tuimail.engine.bringing import Bringing
from tuimail.engine.events import BodiesFailed
from tuimail.engine.lifeline import Lifeline
from tuimail.engine.link import Link
from tuimail.engine.trouble import words_of
from tuimail.model.mail import MessageKey
from tuimail.store.store import StoreError


@dataclass(frozen=True, slots=True)
class Asked:
    """Messages that somebody waits for; `large`: whatever their size."""

    keys: frozenset[MessageKey]
    large: bool = False


class Fetches:
    """What was asked for outlives a lost connection; what takes long has a lane of its own."""

    def __init__(
        self, link: Link, bodies: Bodies, lifeline: Lifeline, bringing: Bringing | None
    ) -> None:
        self._link = link
        self._bodies = bodies
        self._lifeline = lifeline
        self._bringing = bringing
        self._quick: asyncio.Queue[Asked] = asyncio.Queue()
        self._slow: asyncio.Queue[Asked] = asyncio.Queue()

    def ask(self, asked: Asked) -> None:
        if asked.large and self._bringing is not None:
            self._bringing.asked.update(asked.keys)
        (self._slow if asked.large else self._quick).put_nowait(asked)

    def unanswered(self) -> list[Asked]:
        """Takes away what was not begun yet."""
        waiting: list[Asked] = []
        for lane in (self._quick, self._slow):
            while not lane.empty():
                waiting.append(lane.get_nowait())
        return waiting

    async def serve_quick(self) -> None:
        await self._serve_lane(self._quick, self._serve_small)

    async def serve_slow(self) -> None:
        await self._serve_lane(self._slow, self._serve)

    async def _serve_lane(
        self, lane: "asyncio.Queue[Asked]", serve: Callable[[Asked], Awaitable[None]]
    ) -> None:
        while True:
            asked = await lane.get()
            try:
                await serve(asked)
            except (StoreError, OSError) as trouble:
                self._link.publish(BodiesFailed(asked.keys, words_of(trouble)))
            except Exception as mistake:
                # Whoever asked is still waiting.
                self._link.publish(BodiesFailed(asked.keys, words_of(mistake)))
                raise
            except BaseException:
                lane.put_nowait(asked)
                raise

    async def _serve_small(self, asked: Asked) -> None:
        big = await self._bodies.big_ones(asked.keys)
        if big:
            self._slow.put_nowait(Asked(big))
        if left := asked.keys - big:
            await self._serve(Asked(left))

    async def _serve(self, asked: Asked) -> None:
        large: Collection[MessageKey] = asked.keys if asked.large else ()
        if await self._lifeline.settled() is None:
            await self._bodies.read_here(asked.keys, self._lifeline.state.reason, large)
            return
        left = asked.keys
        if self._bringing is not None:
            left -= await self._bringing.bring(left)
        await self._bodies.fetch(left, large)
