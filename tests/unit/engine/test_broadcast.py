"""Listeners hear everything since they came, merged, and not too often."""

import asyncio

from tuimail.engine.broadcast import Broadcast, Listener
from tuimail.engine.events import (
    BodiesArrived,
    Connection,
    ConnectionChanged,
    Event,
    MailboxChanged,
    Progress,
    SyncFinished,
)
from tuimail.model.mail import INBOX, AccountName, MailboxId, MessageKey
from tuimail.model.safe_text import SafeText

WORK = AccountName("work")
NEWS = MailboxChanged(MailboxId(WORK, INBOX))


async def first_batch(listener: Listener) -> list[Event]:
    return await anext(listener.batches())


async def test_news_from_before_is_not_heard() -> None:
    broadcast = Broadcast()
    broadcast.publish(NEWS)
    with broadcast.listen() as listener:
        broadcast.publish(SyncFinished(WORK, 0))
        assert await first_batch(listener) == [SyncFinished(WORK, 0)]


async def test_the_same_news_twice_is_heard_once() -> None:
    broadcast = Broadcast()
    with broadcast.listen() as listener:
        broadcast.publish(NEWS)
        broadcast.publish(NEWS)
        assert await first_batch(listener) == [NEWS]


async def test_of_progress_and_connections_the_last_word_counts() -> None:
    broadcast = Broadcast()
    online = ConnectionChanged(WORK, Connection.ONLINE)
    last = Progress(WORK, SafeText("headers"), 9, 9)
    with broadcast.listen() as listener:
        broadcast.publish(ConnectionChanged(WORK, Connection.OFFLINE, SafeText("Gone.")))
        broadcast.publish(Progress(WORK, SafeText("headers"), 1, 9))
        broadcast.publish(online)
        broadcast.publish(last)
        assert await first_batch(listener) == [online, last]


async def test_arrived_bodies_are_told_together() -> None:
    broadcast = Broadcast()
    with broadcast.listen() as listener:
        broadcast.publish(BodiesArrived(frozenset({MessageKey(1)})))
        broadcast.publish(BodiesArrived(frozenset({MessageKey(2)})))
        assert await first_batch(listener) == [
            BodiesArrived(frozenset({MessageKey(1), MessageKey(2)}))
        ]


async def test_two_finished_syncs_are_told_both() -> None:
    broadcast = Broadcast()
    finished: list[Event] = [SyncFinished(WORK, 0, seconds=each) for each in (1.0, 2.0)]
    with broadcast.listen() as listener:
        for each in finished:
            broadcast.publish(each)
        assert await first_batch(listener) == finished


async def test_the_first_news_comes_at_once() -> None:
    broadcast = Broadcast(interval=3600)
    with broadcast.listen() as listener:
        broadcast.publish(NEWS)
        assert await first_batch(listener) == [NEWS]


async def test_the_next_news_comes_after_the_interval() -> None:
    broadcast = Broadcast(interval=0.05)
    loop = asyncio.get_running_loop()
    with broadcast.listen() as listener:
        batches = listener.batches()
        began = loop.time()
        broadcast.publish(NEWS)
        await anext(batches)
        broadcast.publish(NEWS)
        await anext(batches)
        assert loop.time() - began >= 0.05


async def test_an_answer_does_not_wait_for_the_interval() -> None:
    broadcast = Broadcast(interval=30)
    with broadcast.listen() as listener:
        batches = listener.batches()
        broadcast.publish(NEWS)
        await anext(batches)
        asyncio.get_running_loop().call_later(0.01, broadcast.publish, SyncFinished(WORK, 0))
        async with asyncio.timeout(5):
            assert await anext(batches) == [SyncFinished(WORK, 0)]


async def test_the_end_comes_after_the_last_news() -> None:
    broadcast = Broadcast()
    with broadcast.listen() as listener:
        broadcast.publish(NEWS)
        broadcast.end()
        assert [event async for event in listener.events()] == [NEWS]
