"""What a screen does when there is no engine, or one that is too new for it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.builders import letter
from tests.unit.engine.world import WORK, World, heard, keys_of, subjects, synced
from tuimail.engine import local
from tuimail.engine.channel import Channel, EngineUnavailable, NoEngine, Outdated
from tuimail.engine.commands import Archive, Fetch, Mark, Sync, Undo
from tuimail.engine.events import EngineGone, Event
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import CommandFailed
from tuimail.engine.requests import Request, Ring, Status
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import ANSWERED, FLAGGED, INBOX, MessageKey
from tuimail.model.safe_text import SafeText


class Failing:
    """A way to an engine that cannot be had."""

    def __init__(self, absence: EngineUnavailable) -> None:
        self._absence = absence

    async def send(self, request: Request) -> None:
        raise self._absence

    async def news(self) -> AsyncIterator[Event]:
        raise self._absence
        yield

    async def status(self) -> Status | None:
        return None

    async def close(self) -> None:
        return None


@pytest.fixture
async def filled(world: World) -> World:
    """A world with one letter, whose engine has stopped."""
    world.server.deliver(letter("One"))
    world.start()
    await synced(await world.mail())
    await world.stop()
    return world


def mail_over(world: World, channel: Channel) -> LocalMail:
    return LocalMail([LocalAccount(WORK, world.folders())], channel)


async def test_with_the_engine_off_everything_is_recorded(filled: World) -> None:
    mail = mail_over(filled, NoEngine())
    await mail.submit(Archive(await keys_of(mail, "One")))
    assert await subjects(mail) == []
    assert len(await mail.pending()) == 1
    await mail.submit(Undo())
    assert await subjects(mail, INBOX) == ["One"]
    await mail.close()


@pytest.mark.parametrize("command", [Sync(), Fetch(frozenset({MessageKey(1)}))])
async def test_what_needs_an_engine_fails_in_words_without_one(
    filled: World, command: Sync | Fetch
) -> None:
    mail = mail_over(filled, NoEngine())
    with pytest.raises(CommandFailed, match="switched off"):
        await mail.submit(command)
    await mail.close()


async def test_what_is_recorded_stays_recorded_when_no_engine_can_be_started(
    filled: World,
) -> None:
    mail = mail_over(filled, Failing(EngineUnavailable("The engine died.")))
    keys = await keys_of(mail, "One")
    event = await heard(mail, EngineGone, lambda: mail.submit(Archive(keys)))
    assert event == EngineGone(event.reason)
    assert event.reason == "The engine died."
    assert len(await mail.pending()) == 1
    await mail.close()


async def test_an_outdated_screen_only_reads(filled: World) -> None:
    mail = mail_over(filled, Failing(Outdated("tuimail 9 runs here by now.")))
    async with mail.subscribe() as news:
        event = await anext(news)
    assert event == EngineGone(SafeText("tuimail 9 runs here by now."), outdated=True)
    keys = await keys_of(mail, "One")
    with pytest.raises(CommandFailed, match="tuimail 9"):
        await mail.submit(Archive(keys))
    assert not await mail.pending()
    assert await subjects(mail) == ["One"]
    await mail.close()


class Starting:
    """An engine that takes long to be started."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.rung: list[Request] = []

    async def send(self, request: Request) -> None:
        await self.up.wait()
        self.rung.append(request)

    async def news(self) -> AsyncIterator[Event]:
        await self.up.wait()
        for _ in ():
            yield _

    async def status(self) -> Status | None:
        return None

    async def close(self) -> None:
        return None


async def test_what_is_done_while_an_engine_is_started_is_on_the_disk_at_once(
    filled: World,
) -> None:
    channel = Starting()
    mail = LocalMail([LocalAccount(WORK, filled.folders())], channel)
    one = await keys_of(mail, "One")
    async with asyncio.timeout(5):
        await mail.submit(Mark(one, add=frozenset({FLAGGED})))
        await mail.submit(Mark(one, add=frozenset({ANSWERED})))
        await mail.submit(Archive(one))
    on_disk = mail_over(filled, NoEngine())
    assert len(await on_disk.pending()) == 3
    await on_disk.close()
    assert channel.rung == []
    closing = asyncio.create_task(mail.close())
    await asyncio.sleep(0)
    assert not closing.done()
    channel.up.set()
    await closing
    rung = [each for each in channel.rung if isinstance(each, Ring)]
    assert {mailbox for ring in rung for mailbox in ring.mailboxes} >= {INBOX, "Archive"}


class Faulty(Starting):
    """A way to the engine that raises what it must not, once."""

    async def send(self, request: Request) -> None:
        await self.up.wait()
        raise OSError("no such folder")

    async def news(self) -> AsyncIterator[Event]:
        if not self.up.is_set():
            self.up.set()
            raise OSError("no such folder")
        yield EngineGone(SafeText("listened to again"))


async def test_a_fault_on_the_way_to_the_engine_is_told_and_costs_nothing(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "AFTER_MISTAKE", 0)
    mail = LocalMail([LocalAccount(WORK, filled.folders())], Faulty())
    async with mail.subscribe() as news, asyncio.timeout(20):
        await mail.submit(Archive(await keys_of(mail, "One")))
        async for event in news:
            if isinstance(event, EngineGone) and event.reason == "listened to again":
                break
    assert len(await mail.pending()) == 1
    await mail.close()
