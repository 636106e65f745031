"""Whoever asked is answered: after a failing disk, a lost body, a changed or removed account."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import letter
from tests.unit.engine.world import WORK, World, heard, hearing, keys_of, shown, synced, until
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import account, cache_watch
from tuimail.engine.bodies import READ_AT_ONCE
from tuimail.engine.commands import Fetch, Sync
from tuimail.engine.events import (
    BodiesArrived,
    BodiesFailed,
    MailboxChanged,
    SyncFinished,
)
from tuimail.model.body import NotHere
from tuimail.model.mail import INBOX, MailboxId, MessageKey
from tuimail.store import upkeep
from tuimail.store.store import CacheLost, Store, StoreError


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "AFTER_MISTAKE", 0.1)


async def test_a_sync_ends_after_the_disk_failed_while_messages_were_made_readable(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [StoreError("the disk is full")]

    def fails_at_the_end(store: Store, count: int) -> list[MessageKey]:
        found = unparsed(store, count)
        if (
            left
            and count == READ_AT_ONCE
            and not found
            and any(box.total for box in store.mailboxes())
        ):
            raise left.pop()
        return found

    unparsed = Store.unparsed
    monkeypatch.setattr(Store, "unparsed", fails_at_the_end)
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    assert not left


async def test_a_list_hears_when_there_are_snippets(world: World) -> None:
    world.server.deliver(letter("Budget"))
    world.start()
    await synced(await world.mail())
    await world.stop()
    with Store(WORK, world.folders(), writer=True) as store:
        assert store._cache
        store._cache.index.run("UPDATE message SET body = 1; UPDATE letter SET snippet = ''")
    world.start()
    mail = await world.mail()

    async def nothing() -> None:
        return

    news = await heard(mail, MailboxChanged, nothing)
    assert news == MailboxChanged(MailboxId(WORK, INBOX))
    assert [bool(message.snippet) for message in await shown(mail)] == [True]


async def test_what_a_power_failure_took_from_the_bodies_is_fetched_again(world: World) -> None:
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    keys = await keys_of(mail, "Budget")
    await world.stop()
    with Store(WORK, world.folders(), writer=True) as store:
        assert store._cache
        store._cache.bodies.run("DELETE FROM raw; DELETE FROM text")
    world.start()
    mail = await world.mail()
    await synced(mail)
    (key,) = keys
    assert isinstance(await mail.body(key), NotHere)
    await heard(mail, BodiesArrived, lambda: mail.submit(Fetch(keys)))
    assert not isinstance(await mail.body(key), NotHere)


async def test_bytes_that_are_gone_before_they_were_read_do_not_keep_a_sync_waiting(
    world: World,
) -> None:
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    await world.stop()
    with Store(WORK, world.folders(), writer=True) as store:
        assert store._cache
        store._cache.bodies.run("DELETE FROM raw; DELETE FROM text")
        store._cache.index.run("UPDATE message SET body = 1")
    world.start()
    mail = await world.mail()
    await synced(mail)
    await synced(mail)
    (key,) = await keys_of(mail, "Budget")
    assert not isinstance(await mail.body(key), NotHere)


async def test_an_account_goes_on_although_its_journal_cannot_be_copied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(upkeep, "copy_journal", full)
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()
    (finished,) = await synced(mail)
    assert finished.exit == 0


async def test_a_damaged_index_that_housekeeping_meets_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def damaged(store: Store, count: int) -> object:
        looks.append(count)
        if not count:
            raise CacheLost("the index was damaged; a new one has begun")
        return unparsed(store, count)

    unparsed = Store.unparsed
    monkeypatch.setattr(Store, "unparsed", damaged)
    monkeypatch.setattr(cache_watch, "LOOK_AT_CACHE", 0.01)
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()

    async def looked() -> bool:
        return looks.count(0) > 5

    await until(looked)
    (finished,) = await synced(mail)
    assert finished.exit == 0


class Stuck(DemoBackend):
    """A server that answers nothing any more."""

    async def mailboxes(self) -> None:  # type: ignore[override]
        await asyncio.Event().wait()


@pytest.fixture
def stuck(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(DemoBackend, "mailboxes", Stuck.mailboxes)
    return world


async def test_a_sync_of_an_account_that_is_removed_is_answered(stuck: World) -> None:
    stuck.start()
    mail = await stuck.mail()
    async with hearing(mail) as news:
        await mail.submit(Sync())
        await asyncio.sleep(0.1)
        del stuck.servers[WORK]
        async with hearing(await stuck.mail()):
            async for event in news:
                if isinstance(event, SyncFinished):
                    assert event.exit == 1
                    return


async def test_a_sync_of_an_account_that_is_changed_is_answered(
    stuck: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck.server.deliver(letter("Budget"))
    stuck.start()
    mail = await stuck.mail()
    async with hearing(mail) as news:
        await mail.submit(Sync())
        await asyncio.sleep(0.1)
        monkeypatch.undo()
        setups = stuck.setups()
        monkeypatch.setattr(
            stuck.engine, "_read_setups", lambda: [changed(each) for each in setups]
        )
        async with hearing(await stuck.mail()):
            async for event in news:
                if isinstance(event, SyncFinished):
                    assert (event.exit, event.new) == (0, 1)
                    return


def changed(setup: account.AccountSetup) -> account.AccountSetup:
    return replace(setup, settings="others")


async def test_who_waits_for_a_message_hears_of_a_mistake(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.server.deliver(letter("Budget"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    keys = await keys_of(mail, "Budget")

    def mistaken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(Store, "body", mistaken)
    failed = await heard(mail, BodiesFailed, lambda: mail.submit(Fetch(keys)))
    assert failed.keys == keys
