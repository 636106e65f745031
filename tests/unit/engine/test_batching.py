"""What a stream of messages is cut into, for transactions."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tuimail.engine import batching
from tuimail.engine.batching import in_batches
from tuimail.model.sync import Fetched

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Stream:
    """Messages of ten bytes, and whether it was closed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.closed = False

    async def messages(self) -> AsyncIterator[Fetched]:
        try:
            for uid in range(1, self._count + 1):
                yield Fetched(uid, frozenset(), NOON, 10, b"0123456789")
        finally:
            self.closed = True


async def sizes(count: int, *, most: int = 100, size: int = 10_000) -> list[int]:
    return [len(batch) async for batch in in_batches(Stream(count).messages(), most, size)]


async def test_a_batch_has_so_many_messages_or_bytes() -> None:
    assert await sizes(7, most=3) == [3, 3, 1]
    assert await sizes(7, size=25) == [3, 3, 1]
    assert await sizes(0) == []


async def test_what_comes_slowly_is_not_held_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "SECONDS", -1.0)
    assert await sizes(3) == [1, 1, 1]


async def test_a_stream_that_is_given_up_is_closed() -> None:
    stream = Stream(10)
    batches = in_batches(stream.messages(), 2, 1000)
    assert len(await anext(batches)) == 2
    await batches.aclose()
    assert stream.closed
