"""What goes on side by side while an account is connected."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tuimail.backend.base import Busy, Refused
from tuimail.engine.bodies import Bodies
from tuimail.engine.link import Link
from tuimail.engine.pull import Pull
from tuimail.engine.push import Push
from tuimail.engine.retry import Surroundings, pause
from tuimail.engine.tasks import first_of, unending
from tuimail.engine.troubles import in_words
from tuimail.model.mail import INBOX
from tuimail.store.store import CacheLost, Store

LOOK_AGAIN = 300.0
BETWEEN_PULLS = 0.5
LONGEST_SLEEP = 60.0
ON_THE_SCREEN = 50


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked of an account and not done yet; they outlive a lost connection."""

    push: asyncio.Event = field(default_factory=asyncio.Event)
    pull: asyncio.Event = field(default_factory=asyncio.Event)
    sync: asyncio.Event = field(default_factory=asyncio.Event)
    retry: asyncio.Event = field(default_factory=asyncio.Event)


class Session:
    """Pushes, pulls and downloads until the connection is lost.

    `calm` is set while making messages readable delays nothing else. `pulled` is called after
    each pull, with what it could not read.
    """

    def __init__(
        self,
        link: Link,
        wishes: Wishes,
        bodies: Bodies,
        calm: asyncio.Event,
        pulled: Callable[[Refused | None], None],
    ) -> None:
        self._link = link
        self._tell_problem = pulled
        self._wishes = wishes
        self._bodies = bodies
        self._calm = calm
        self._push = Push(link, wishes.pull)
        self._pull = Pull(link)
        self.over = asyncio.Event()
        self._pulls_begun = 0
        self._thorough_at = 0.0
        # Whether also what could not be had is to be asked for at once.
        self._everything = False
        self._pulls_ended = 0
        self._pulled = asyncio.Condition()
        self._news = asyncio.Event()
        self._deaf = asyncio.Event()
        self._more_bodies = asyncio.Event()
        self._push_idle = asyncio.Event()
        self._pull_idle = asyncio.Event()
        self._download_idle = asyncio.Event()

    async def run(self) -> None:
        """Ends only by an exception; `over` is set then."""
        account = self._link.account
        try:
            await self._push.replay(pulled=False)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(unending(self._push_always(), f"push {account}"))
                tasks.create_task(unending(self._pull_always(), f"pull {account}"))
                tasks.create_task(unending(self._listen_always(), f"listen {account}"))
                tasks.create_task(unending(self._download_always(), f"download {account}"))
        finally:
            self.over.set()

    async def sync(self) -> None:
        """Return when all that could be pushed, pulled and downloaded now is.

        After much mail some of it cannot be searched by its text yet.
        """
        async with self._pulled:
            begun = self._pulls_begun
            self._thorough_at = 0.0
            self._everything = True
            self._wishes.pull.set()
            await self._pulled.wait_for(lambda: self._pulls_ended > begun)
        await self._push_idle.wait()
        await self._download_idle.wait()
        await self._bodies.read_soon()

    async def problem(self) -> Refused | None:
        """What the server does not give out or does not list, if anything."""
        words = in_words(await self._link.disk(Store.troubles)) or self._pull.unlisted
        if not words:
            return None
        return Busy(words) if self._pull.busy else Refused(words)

    def is_busy(self) -> bool:
        return not (
            self._push_idle.is_set()
            and self._pull_idle.is_set()
            and self._download_idle.is_set()
            and self._bodies.all_read.is_set()
        )

    async def _push_always(self) -> None:
        while True:
            began = self._link.clock()
            self._push_idle.clear()
            self._wishes.push.clear()
            if self._pulls_ended:
                await self._push.replay(pulled=True)
            await self._push.run()
            if not self._wishes.push.is_set():
                self._push_idle.set()
            await self._until_pushable(began)

    async def _until_pushable(self, since: datetime) -> None:
        """What became due while others were pushed goes at once."""
        timer = await self._push.next_timer(since)
        seconds = LONGEST_SLEEP
        if timer is not None:
            seconds = min(seconds, max(0.0, (timer - self._link.clock()).total_seconds()))
        try:
            async with asyncio.timeout(None if timer is None else seconds):
                await self._wishes.push.wait()
        except TimeoutError:
            return

    async def _pull_always(self) -> None:
        surroundings = Surroundings()
        while True:
            began = time.monotonic()
            try:
                await self._pull_once(began)
            except CacheLost:
                await asyncio.sleep(BETWEEN_PULLS)
                continue
            await self._tell_pulled()
            await self._until_news(surroundings)
            if not self._wishes.pull.is_set():
                await asyncio.sleep(began + BETWEEN_PULLS - time.monotonic())

    async def _pull_once(self, began: float) -> None:
        self._pull_idle.clear()
        self._calm.clear()
        self._pulls_begun += 1
        self._wishes.pull.clear()
        if self._everything:
            self._everything = False
            await self._link.disk(Store.hurry_troubles)
        thorough = began >= self._thorough_at
        self._thorough_at = began + LOOK_AGAIN if thorough else self._thorough_at
        news = self._news.is_set()
        self._news.clear()
        await self._pull.run(thorough=thorough, news=news)

    async def _tell_pulled(self) -> None:
        self._tell_problem(await self.problem())
        self._bodies.forget_absent()
        self._download_idle.clear()
        self._more_bodies.set()
        self._push_idle.clear()
        self._wishes.push.set()
        self._pull_idle.set()
        async with self._pulled:
            self._pulls_ended = self._pulls_begun
            self._pulled.notify_all()

    async def _until_news(self, surroundings: Surroundings) -> None:
        await first_of(
            self._news.wait(), self._wishes.pull.wait(), self._until_another_look(surroundings)
        )

    async def _until_another_look(self, surroundings: Surroundings) -> None:
        """A line that was open before this machine slept or moved may be dead."""
        if not await pause(LOOK_AGAIN, self._wishes.retry, surroundings):
            self._wishes.retry.clear()
            self._deaf.set()

    async def _listen_always(self) -> None:
        """What comes while a pull is under way makes another one follow."""
        await self._pull_idle.wait()
        while True:
            self._deaf.clear()
            await first_of(self._listen(), self._deaf.wait())

    async def _listen(self) -> None:
        try:
            await self._link.backend.listen(INBOX, self._news.set)
        except Refused:
            await asyncio.sleep(LOOK_AGAIN)

    async def _download_always(self) -> None:
        while True:
            await self._more_bodies.wait()
            self._more_bodies.clear()
            first = True
            while await self._headers_first() and await self._bodies.download_some():
                if first:
                    await self._bodies.extract_some(ON_THE_SCREEN)
                first = False
            if not self._more_bodies.is_set():
                self._download_idle.set()
                self._calm.set()

    async def _headers_first(self) -> bool:
        await self._pull_idle.wait()
        return True
