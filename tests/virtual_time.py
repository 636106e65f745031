"""Time that passes only while something happens: ten minutes of waiting take no time at all.

For a whole engine in this process over scripted servers: whenever nothing runs, neither here
nor in a thread nor on a server, the clocks jump to the next timer.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
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
LOOK = 0.0005
# With nothing due at all only another thread can bring something about.
NOTHING_DUE = 0.05


class VirtualTime:
    """Clocks that run ahead of the real ones by what nobody wanted to wait for."""

    def __init__(self, servers: Sequence[ScriptedServer]) -> None:
        self._servers = servers
        self._monotonic, self._time = time.monotonic, time.time
        self._ahead = 0.0
        self.in_threads = 0

    def monotonic(self) -> float:
        return self._monotonic() + self._ahead

    def time(self) -> float:
        return self._time() + self._ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def jump(self, seconds: float) -> None:
        self._ahead += seconds

    def is_busy(self) -> bool:
        """Whether something goes on that may bring about more."""
        return self.in_threads > 0 or any(server.is_busy() for server in self._servers)


class _Selector(selectors.BaseSelector):
    """The loop's selector, which does not wait where nothing but time can pass."""

    def __init__(self, clock: VirtualTime) -> None:
        self._real = selectors.DefaultSelector()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        while not ready and (timeout is None or timeout > 0):
            if self._clock.is_busy():
                ready = self._real.select(LOOK)
            elif not (ready := self._real.select(0)):
                if timeout is None:
                    return self._real.select(NOTHING_DUE)
                self._clock.jump(timeout)
                return []
        return ready

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

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        self._virtual.in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: self._over())
        return future

    def _over(self) -> None:
        self._virtual.in_threads -= 1


@contextmanager
def virtual_time(servers: Sequence[ScriptedServer]) -> Iterator[VirtualTime]:
    """Patches the clocks of this process; letters are parsed here instead of in a process."""
    clock = VirtualTime(servers)
    with pytest.MonkeyPatch.context() as patch:
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
