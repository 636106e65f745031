"""Time that passes only while something happens: ten minutes of waiting take no time at all.

For a whole engine in this process over scripted servers. One thing happens after the other:
a server acts while the loop waits, and the loop waits for what it has a thread do, so that a
seed tells nearly the same story each time. Whenever nothing runs the clocks jump to the next
timer.
"""

import asyncio
import random
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, TypeVarTuple

import pytest

from tests.servers.scripted import ScriptedServer
from tuimail.backend.logins import LOGINS, Logins
from tuimail.mime.codec import envelope_to_json
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.mime.worker import Parser
from tuimail.model.body import body_to_json

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# So long is waited for what goes on elsewhere, again and again.
LOOK = 0.0001
# How long a turn of the loop takes: who sleeps until a moment is not to sleep for ever before it.
TURN = 1e-6
# How long what a thread did may have taken, in seconds.
TAKES = (0.0, 0.0, 0.001, 0.01, 0.1)
# With nothing due at all only another thread can bring something about.
NOTHING_DUE = 0.05


class VirtualTime:
    """Clocks that stand still but for what somebody wants to wait for."""

    def __init__(self, servers: Sequence[ScriptedServer], seed: int) -> None:
        self._servers = servers
        self._began, self._monotonic, self._time = datetime.now(UTC), time.monotonic(), time.time()
        self._ahead = 0.0
        self._random = random.Random(seed)
        self._held = ExitStack()

    def monotonic(self) -> float:
        return self._monotonic + self._ahead

    def time(self) -> float:
        return self._time + self._ahead

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._ahead)

    def jump(self, seconds: float) -> None:
        self._ahead += seconds

    def let_servers_act(self) -> None:
        """Return when they have nothing left to do; until the next time they answer nothing."""
        self.let_go()
        while any(server.is_busy() for server in self._servers):
            time.sleep(LOOK)
        for server in self._servers:
            self._held.enter_context(server.lock)

    def let_go(self) -> None:
        self._held.close()

    def takes(self) -> float:
        """How long a thread takes for something."""
        return self._random.choice(TAKES)


class _Selector(selectors.BaseSelector):
    """The loop's selector, which does not wait where nothing but time can pass."""

    def __init__(self, clock: VirtualTime) -> None:
        self._real = selectors.DefaultSelector()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._clock.let_servers_act()
        self._clock.jump(TURN)
        ready = self._real.select(NOTHING_DUE if timeout is None else 0)
        if not ready and timeout is not None:
            self._clock.jump(max(timeout, 0))
        return sorted(ready, key=lambda each: each[0].fd)

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualTime) -> None:
        super().__init__(_Selector(clock))
        self._virtual = clock

        self._any_thread = futures.ThreadPoolExecutor(1)

    def run_in_executor(
        self, executor: futures.Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        """Done at once, and told a while later."""
        done = (executor or self._any_thread).submit(func, *args)
        futures.wait([done])
        future: asyncio.Future[T] = self.create_future()
        self.call_later(self._virtual.takes(), _tell, future, done)
        return future

    def close(self) -> None:
        super().close()
        self._virtual.let_go()
        self._any_thread.shutdown()


def _tell(future: "asyncio.Future[T]", done: "futures.Future[T]") -> None:
    if future.cancelled():
        return
    if (trouble := done.exception()) is not None:
        future.set_exception(trouble)
    else:
        future.set_result(done.result())


@contextmanager
def virtual_time(servers: Sequence[ScriptedServer], seed: int = 0) -> Iterator[VirtualTime]:
    """Patches the clocks of this process; letters are parsed here instead of in a process."""
    clock = VirtualTime(servers, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "random", random.Random(seed).random)
        patch.setattr(time, "monotonic", clock.monotonic)
        patch.setattr(time, "time", clock.time)
        as_new = Logins(clock=clock.monotonic)
        for name, value in vars(as_new).items():
            patch.setattr(LOGINS, name, value)
        patch.setattr(Parser, "_ask", _parsed_here)
        patch.setattr(Parser, "start", _nothing_to_start)
        yield clock


def run_in(clock: VirtualTime, work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run."""
    loop = _Loop(clock)
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _parsed_here(
    _: Parser, kind: bytes, batch: Sequence[bytes], read: Callable[[bytes | None], T]
) -> list[T]:
    if kind == b"E":
        return [read(envelope_to_json(envelope(content))) for content in batch]
    return [read(body_to_json(parse(content)).encode()) for content in batch]


async def _nothing_to_start(_: Parser) -> None:
    return
