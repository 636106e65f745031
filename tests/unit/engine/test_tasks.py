"""Tasks that end together, and work that is never left behind."""

import asyncio
import threading

import pytest

from tuimail.engine.tasks import in_thread


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
