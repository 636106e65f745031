"""Small helpers for tasks that end together, and for tasks that must not end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import NoReturn, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class EndedUnasked(Exception):
    """A task that has to go on until it is cancelled came to an end by itself."""


async def unending(work: Coroutine[object, object, None], name: str) -> NoReturn:
    """Carry `work` out in a task of its own until we are cancelled, and it with us.

    Raises what ended it; EndedUnasked if it returned, or was cancelled by nobody who asked us.
    A TaskGroup in `work` that fails leaves a request to cancel in its task, which CPython
    before 3.13 does not take back; before 3.11.3 every asyncio.timeout that expires there
    afterwards raises CancelledError. Here that task is gone by then.
    """
    task = asyncio.create_task(work, name=name)
    try:
        await asyncio.wait([task])
    finally:
        await _end([task])
    if not task.cancelled():
        task.result()
    raise EndedUnasked(name)


async def first_of(*waits: Coroutine[object, object, object]) -> None:
    """Return when the first of `waits` is over, whose exception is ours; end the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _end(tasks)


async def one_ahead(source: AsyncIterator[T]) -> AsyncIterator[T]:
    """The same items, while the next one is being made already."""
    following = asyncio.ensure_future(_next(source))
    try:
        while item := await following:
            following = asyncio.ensure_future(_next(source))
            yield item[0]
    finally:
        await _end([following])


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `to_the_end`, of a function."""
    return await to_the_end(asyncio.to_thread(work, *args, **kwargs))


async def to_the_end(work: Coroutine[object, object, T]) -> T:
    """What `work` returns; a caller that is cancelled waits until it is over.

    So nothing is still being written by one who left when the next one comes.
    """
    working = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


async def _next(source: AsyncIterator[T]) -> tuple[T] | None:
    async for item in source:
        return (item,)
    return None


async def _end(tasks: list["asyncio.Task[T]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
