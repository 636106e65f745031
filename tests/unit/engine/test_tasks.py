"""Tasks that end together, and work that is never left behind."""

import asyncio
import threading
from collections.abc import Callable, Coroutine

import pytest

from tuimail.engine.tasks import EndedUnasked, in_thread, unending


async def test_whoever_is_cancelled_waits_for_the_work_in_the_thread() -> None:
    begun, may_end = threading.Event(), threading.Event()
    over: list[bool] = []

    def work() -> None:
        begun.set()
        may_end.wait()
        over.append(True)

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert over


async def test_what_goes_wrong_in_the_thread_is_told() -> None:
    def work() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        await in_thread(work)


async def _fail_together() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_fail())
        tasks.create_task(asyncio.sleep(3600))


async def _fail() -> None:
    await asyncio.sleep(0)
    raise OSError("gone")


async def test_what_ended_together_leaves_no_request_to_cancel_behind() -> None:
    with pytest.raises(ExceptionGroup):
        await unending(_fail_together(), "work")
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(3600)


async def _return() -> None:
    await asyncio.sleep(0)


async def _cancel_itself() -> None:
    raise asyncio.CancelledError


async def _wait_for_the_cancelled() -> None:
    waiting = asyncio.ensure_future(asyncio.sleep(3600))
    asyncio.get_running_loop().call_soon(waiting.cancel)
    await waiting


@pytest.mark.parametrize("work", [_return, _cancel_itself, _wait_for_the_cancelled])
async def test_what_must_go_on_does_not_end_unseen(
    work: Callable[[], Coroutine[object, object, None]],
) -> None:
    with pytest.raises(EndedUnasked, match="the watch"):
        await unending(work(), "the watch")


async def test_what_must_go_on_is_cancelled_with_whoever_waits_for_it() -> None:
    ended: list[bool] = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    task = asyncio.create_task(unending(work(), "the watch"))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended


async def test_a_group_notices_that_a_watch_was_cancelled() -> None:
    """A TaskGroup takes a cancelled child for one that may end."""

    async def watch_together() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(unending(_cancel_itself(), "the watch"))
            tasks.create_task(unending(asyncio.sleep(3600), "another"))

    with pytest.raises(ExceptionGroup) as caught:
        await unending(watch_together(), "both")
    assert caught.group_contains(EndedUnasked)
