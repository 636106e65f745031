"""A server of asyncio beside a test that waits, as one at a terminal does."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 20.0


@contextmanager
def in_background(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What `server` gives, served by a thread until the block ends; raises what it raised."""
    opened: Future[tuple[T, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ended = asyncio.Event()
        async with server as served:
            opened.set_result((served, asyncio.get_running_loop(), ended))
            await ended.wait()

    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(asyncio.run, serve())
        first: list[Future[Any]] = [opened, serving]
        wait(first, PATIENCE, FIRST_COMPLETED)
        if not opened.done():
            serving.result(0)
        served, loop, ended = opened.result(0)
        try:
            yield served
        finally:
            loop.call_soon_threadsafe(ended.set)
            serving.result(PATIENCE)
