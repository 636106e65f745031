"""What is too large to come by itself comes whole when somebody asks for it, or says why not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders import letter
from tests.unit.engine.world import WORK, World, hearing, synced
from tuimail.engine.bodies import BodyPolicy
from tuimail.engine.commands import Fetch
from tuimail.engine.events import BodiesArrived, BodiesFailed
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.model.body import Body
from tuimail.model.mail import INBOX, MessageKey

LARGE = letter("large", "The last word is xylophone.\r\n" * 500)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    made.policy = BodyPolicy(largest=2_000)
    async with made:
        made.start()
        yield made


async def large_message(world: World, mail: LocalMail) -> MessageKey:
    world.servers[WORK].deliver(LARGE)
    await synced(mail)
    [key] = [key for key in await mail.keys(View(mailbox=INBOX)) if not await is_here(mail, key)]
    return key


async def is_here(mail: LocalMail, key: MessageKey) -> bool:
    return isinstance(await mail.raw(key), bytes)


async def asked(mail: LocalMail, key: MessageKey) -> BodiesArrived | BodiesFailed:
    async with hearing(mail) as news:
        await mail.submit(Fetch(frozenset({key}), large=True))
        async for event in news:
            if isinstance(event, BodiesArrived | BodiesFailed) and key in event.keys:
                return event
    raise AssertionError("the news ended")


async def test_it_comes_whole_and_can_be_read(world: World) -> None:
    mail = await world.mail()
    key = await large_message(world, mail)
    assert isinstance(await asked(mail, key), BodiesArrived)
    assert await mail.raw(key) == LARGE
    body = await mail.body(key)
    assert isinstance(body, Body)
    assert any("xylophone" in line for line in body.lines)
    assert not [*world.folders().cache.glob("arriving*")]


async def test_without_the_server_it_says_why_it_does_not_come(world: World) -> None:
    mail = await world.mail()
    key = await large_message(world, mail)
    world.servers[WORK].go_down()
    failed = await asked(mail, key)
    assert isinstance(failed, BodiesFailed)
    assert failed.reason
    assert not await is_here(mail, key)


async def test_what_is_gone_meanwhile_says_so(world: World) -> None:
    mail = await world.mail()
    key = await large_message(world, mail)
    server = world.servers[WORK]
    gone = [uid for uid, each in server.mailbox(INBOX).messages.items() if each.content == LARGE]
    server.mailbox(INBOX).messages.pop(gone[0])
    failed = await asked(mail, key)
    assert isinstance(failed, BodiesFailed)
    assert "not on the server any more" in failed.reason
