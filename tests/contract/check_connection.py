"""What a backend promises about its connection: listening, losing it, being cancelled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tests.builders import letter
from tests.contract.checking import (
    ARCHIVE,
    assert_in_step,
    check,
    contents,
    fetch,
    ids_of,
    left_in,
    perform,
    pull,
    validity_of,
)
from tests.contract.world import Feature, World
from tuimail.backend.base import Backend, NotAuthorized, Unreachable
from tuimail.model.mail import INBOX, SEEN, MailboxName
from tuimail.model.operation import Move, StoreFlags
from tuimail.model.sync import Part

SOON = 5.0
SETTLED = 0.3


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[asyncio.Event]:
    """Set when the backend tells of news; an exception that ends the listening is raised."""
    told = asyncio.Event()
    ears = asyncio.ensure_future(world.backend.listen(INBOX, told.set))
    ears.add_done_callback(lambda _: told.set())
    try:
        yield told
        if ears.done():
            await ears
    finally:
        ears.cancel()
        with suppress(asyncio.CancelledError, Unreachable):
            await ears


@asynccontextmanager
async def in_quiet(world: World) -> AsyncIterator[asyncio.Event]:
    """The same while nothing happens; news may be told too early, but not again and again."""
    async with listening(world) as told:
        for _ in range(3):
            await pull(world)
            await asyncio.sleep(SETTLED)
            if not told.is_set():
                break
            told.clear()
        else:
            raise AssertionError("there is news although nothing happens")
        yield told


async def is_told(told: asyncio.Event) -> None:
    await asyncio.wait_for(told.wait(), SOON)


async def news_after(world: World, act: Callable[[], Awaitable[object]]) -> None:
    async with in_quiet(world) as told:
        await act()
        await is_told(told)


@check(Feature.IDLE)
async def mail_that_arrives_is_told(world: World) -> None:
    await news_after(world, lambda: world.deliver(letter()))


@check(Feature.IDLE)
async def flags_that_change_are_told(world: World) -> None:
    uid = await world.deliver(letter())
    await news_after(world, lambda: world.set_flags(INBOX, uid, add=[SEEN]))


@check(Feature.IDLE)
async def a_message_that_is_expunged_is_told(world: World) -> None:
    uid = await world.deliver(letter())
    await news_after(world, lambda: world.expunge(INBOX, uid))


@check(Feature.IDLE)
async def what_came_before_the_listening_began_is_told(world: World) -> None:
    for act in (lambda: pull(world), world.backend.mailboxes):
        await act()
        await world.deliver(letter())
        async with listening(world) as told:
            await is_told(told)


@check(Feature.IDLE)
async def each_letter_is_told(world: World) -> None:
    async with in_quiet(world) as told:
        for _ in range(3):
            told.clear()
            await world.deliver(letter())
            await is_told(told)
            await pull(world)
            await asyncio.sleep(SETTLED)


@check(Feature.IDLE)
async def others_can_work_while_one_listens(world: World) -> None:
    uid = await world.deliver(letter(), ARCHIVE)
    async with in_quiet(world):
        assert (await fetch(world, [uid], mailbox=ARCHIVE)).keys() == {uid}
        ids = await ids_of(world, uid, mailbox=ARCHIVE)
        await perform(world, StoreFlags(ARCHIVE, frozenset(ids), frozenset({SEEN})), ids)
        await world.backend.mailboxes()
    await assert_in_step(world, ARCHIVE)


@check(Feature.IDLE)
async def listening_that_was_given_up_can_be_begun_again(world: World) -> None:
    await pull(world)
    for pause in (0.0, 0.01, SETTLED):
        async with listening(world):
            await asyncio.sleep(pause)
    await world.backend.connect()
    await news_after(world, lambda: world.deliver(letter()))
    await assert_in_step(world)


@check(Feature.IDLE)
async def listening_fails_when_the_server_goes_down(world: World) -> None:
    with pytest.raises(Unreachable):
        await news_after(world, world.go_down)
    await world.come_back()


@check()
async def an_outage_is_unreachable_and_connecting_ends_it(world: World) -> None:
    uid = await world.deliver(letter())
    validity = await validity_of(world, INBOX)
    await world.go_down()
    calls: list[Callable[[], Awaitable[object]]] = [
        world.backend.mailboxes,
        world.backend.connect,
        lambda: pull(world),
        lambda: fetch(world, [uid], validity=validity),
    ]
    for call in calls:
        with pytest.raises(Unreachable) as outage:
            await call()
        assert str(outage.value).strip()
    await world.come_back()
    await world.backend.connect()
    await assert_in_step(world)


@check()
async def a_broken_line_is_unreachable_at_most_once(world: World) -> None:
    await world.deliver(letter())
    await pull(world)
    await world.cut()
    with suppress(Unreachable):
        await pull(world)
    await world.backend.connect()
    await assert_in_step(world)


@check()
async def an_outage_in_the_middle_of_everything_is_survived(world: World) -> None:
    uids = [await world.deliver(letter(f"No. {n}", "x" * 20_000)) for n in range(20)]
    validity = await validity_of(world, INBOX)
    calls = [
        asyncio.ensure_future(fetch(world, uids, validity=validity)),
        asyncio.ensure_future(world.backend.mailboxes()),
        asyncio.ensure_future(pull(world)),
    ]
    await asyncio.sleep(0.003)
    await world.go_down()
    results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), SOON)
    for result in results:
        assert not isinstance(result, BaseException) or isinstance(result, Unreachable)
    await world.come_back()
    await world.backend.connect()
    await assert_in_step(world)


@check()
async def a_wrong_password_needs_the_user(world: World) -> None:
    stranger = await world.new_client(right_password=False)
    for _ in range(2):
        with pytest.raises(NotAuthorized) as refusal:
            await stranger.connect()
        assert str(refusal.value).strip()
    await stranger.close()


@check()
async def connecting_twice_does_nothing_and_closing_can_be_mended(world: World) -> None:
    await world.backend.connect()
    await world.backend.connect()
    await world.deliver(letter())
    await world.backend.close()
    await world.backend.close()
    await world.backend.connect()
    await assert_in_step(world)


@check(Feature.EXPUNGES_BY_UID)
async def two_clients_see_each_others_work(world: World) -> None:
    other = await world.new_client()
    await other.connect()
    try:
        uid = await world.deliver(letter())
        first = await other.changes(INBOX, None, ())
        ids = await ids_of(world, uid)
        await perform(world, Move(INBOX, frozenset(ids), ARCHIVE), ids)
        changes = await other.changes(INBOX, first.bookmark, [uid])
        assert list(changes.vanished) == [uid]
        assert len((await other.changes(ARCHIVE, None, ())).arrived) == 1
    finally:
        await other.close()


@check()
async def calls_side_by_side_do_not_mix(world: World) -> None:
    boxes = [INBOX, ARCHIVE, MailboxName("Sent"), MailboxName("Drafts")]
    bodies = {
        box: {await world.deliver(text, box): text for text in _letters_for(box)} for box in boxes
    }
    validities = {box: await validity_of(world, box) for box in boxes}

    async def work(box: MailboxName) -> None:
        uids = list(bodies[box])
        fetched = await fetch(world, uids, Part.FULL, box, validities[box])
        assert {uid: each.content for uid, each in fetched.items()} == bodies[box]
        ids = await ids_of(world, *uids[:5], mailbox=box)
        await perform(world, StoreFlags(box, frozenset(ids), frozenset({SEEN})), ids)
        assert list((await pull(world, box)).arrived) == uids

    async with asyncio.TaskGroup() as tasks:
        for box in boxes:
            tasks.create_task(work(box))
            tasks.create_task(work(box))
    for box in boxes:
        truth = await world.truth(box)
        assert {uid for uid in truth if SEEN in truth[uid].flags} == set(list(bodies[box])[:5])


def _letters_for(box: MailboxName) -> list[bytes]:
    return [letter(f"{box} {number}", "y" * 100 * number) for number in range(12)]


@check()
async def a_cancelled_call_leaves_the_backend_usable(world: World) -> None:
    uids = [await world.deliver(letter(f"No. {n}", "z" * 10_000)) for n in range(15)]
    validity = await validity_of(world, INBOX)
    calls: list[Callable[[Backend], Awaitable[object]]] = [
        lambda backend: backend.mailboxes(),
        lambda backend: backend.changes(INBOX, None, uids),
        lambda backend: fetch(world, uids, validity=validity),
        lambda backend: backend.changes(ARCHIVE, None, ()),
    ]
    for pause in (0.0, 0.0005, 0.002, 0.006):
        for call in calls:
            task = asyncio.ensure_future(call(world.backend))
            await asyncio.sleep(pause)
            task.cancel()
            with suppress(asyncio.CancelledError, Unreachable):
                await task
            await world.backend.connect()
            assert list((await pull(world)).arrived) == uids
    await assert_in_step(world)


@check()
async def a_cancelled_operation_is_done_or_not_and_can_be_repeated(world: World) -> None:
    everything: list[bytes] = []
    for number, pause in enumerate((0.0, 0.0005, 0.002, 0.006)):
        content = letter(f"No. {number}")
        everything.append(content)
        uid = await world.deliver(content)
        ids = await ids_of(world, uid)
        operation = Move(INBOX, frozenset(ids), ARCHIVE)
        checkpoint = await world.backend.checkpoint(operation)
        task = asyncio.ensure_future(world.backend.perform(operation, ids, checkpoint=checkpoint))
        await asyncio.sleep(pause)
        task.cancel()
        with suppress(asyncio.CancelledError, Unreachable):
            await task
        await world.backend.connect()
        await world.backend.perform(operation, ids, checkpoint=checkpoint, again=True)
    assert await left_in(world) == {}
    assert contents(await world.truth(ARCHIVE)) == sorted(everything)
