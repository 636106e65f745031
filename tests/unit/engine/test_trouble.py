"""Whatever goes wrong with one account: it is told in words, it passes, nothing else suffers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import letter
from tests.unit.engine.world import (
    ARCHIVE,
    WORK,
    World,
    by_subject,
    heard,
    hearing,
    keys_of,
    pushed,
    subjects,
    synced,
)
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine import cache_watch, lifeline
from tuimail.engine.commands import Archive, Fetch
from tuimail.engine.events import BodiesFailed, Connection, ConnectionChanged
from tuimail.engine.link import Link
from tuimail.engine.local import LocalMail
from tuimail.engine.trouble import cause_of, words_of
from tuimail.model.mail import INBOX, AccountName, MailboxName
from tuimail.store.store import Store, StoreError

HOME = AccountName("home")
PRIVATE = "Dear Anna"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that are short, and longer than news are merged for."""
    monkeypatch.setattr(lifeline, "pause_after", lambda *_: 0.3)


async def until_offline(mail: LocalMail) -> ConnectionChanged:
    async with hearing(mail) as news:
        async for event in news:
            if isinstance(event, ConnectionChanged) and event.connection is Connection.OFFLINE:
                return event
    raise AssertionError("the news ended")


def failing_once(trouble: Exception, original: Callable[..., object]) -> Callable[..., object]:
    left = [trouble]

    def fail_first(*arguments: object, **options: object) -> object:
        if left:
            raise left.pop()
        return original(*arguments, **options)

    return fail_first


async def test_a_full_disk_is_told_and_passes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = failing_once(StoreError("The disk is full."), Store.deliver)
    monkeypatch.setattr(Store, "deliver", full)
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.mail()
    assert (await until_offline(mail)).reason == "The disk is full."
    assert (await synced(mail))[0].exit == 0
    assert await subjects(mail) == ["One"]


async def test_a_mistake_of_ours_is_told_logged_and_passes(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mistaken = failing_once(ZeroDivisionError(PRIVATE), DemoBackend.mailboxes)
    monkeypatch.setattr(DemoBackend, "mailboxes", mistaken)
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.mail()
    assert "tuimail made a mistake (ZeroDivisionError)" in (await until_offline(mail)).reason
    assert "ZeroDivisionError" in caplog.text
    assert "in fail_first" in caplog.text
    assert PRIVATE not in caplog.text
    assert (await synced(mail))[0].exit == 0
    assert await subjects(mail) == ["One"]


async def test_a_mistake_in_a_side_task_ends_a_sync_with_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def never(_: DemoBackend) -> None:
        await asyncio.Event().wait()

    def mistaken(_: Store) -> None:
        raise ValueError(PRIVATE)

    with monkeypatch.context() as broken:
        broken.setattr(DemoBackend, "mailboxes", never)
        broken.setattr(Store, "expire", mistaken)
        world.start()
        mail = await world.mail()
        for _ in range(2):
            (report,) = await synced(mail)
            words = "tuimail made a mistake (ValueError); its log says more."
            assert (report.exit, report.error) == (1, words)
    assert "in _expire" in caplog.text
    assert PRIVATE not in caplog.text
    world.server.deliver(letter("One"))
    (report,) = await synced(mail)
    assert (report.exit, report.new) == (0, 1)


async def test_a_mistake_in_a_side_task_of_one_account_is_not_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expire = cache_watch._expire

    async def mistaken_at_work(link: Link) -> None:
        if link.account == WORK:
            raise ValueError
        await expire(link)

    monkeypatch.setattr(cache_watch, "_expire", mistaken_at_work)
    async with World(tmp_path, WORK, HOME) as world:
        world.servers[WORK].latency = 0.2
        world.servers[HOME].deliver(letter("Hello"))
        world.start()
        mail = await world.mail()
        reports = {report.account: report for report in await synced(mail)}
        assert (reports[WORK].exit, reports[HOME].exit) == (1, 0)
        assert reports[HOME].new == 1


async def test_who_waits_for_a_message_hears_of_a_mistake_in_a_side_task(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    keys = await keys_of(mail, "One")
    await world.stop()

    async def never(_: DemoBackend) -> None:
        await asyncio.Event().wait()

    def mistaken(_: Store) -> None:
        raise ValueError

    monkeypatch.setattr(DemoBackend, "connect", never)
    monkeypatch.setattr("tuimail.engine.account.AFTER_MISTAKE", 0.1)
    monkeypatch.setattr(Store, "expire", mistaken)
    world.start()
    mail = await world.mail()
    failed = await heard(mail, BodiesFailed, lambda: mail.submit(Fetch(keys)))
    assert failed.keys == keys


async def test_a_damaged_index_is_made_again_and_what_is_pending_survives(world: World) -> None:
    for subject in ("One", "Two"):
        world.server.deliver(letter(subject))
    world.start()
    mail = await world.mail()
    await synced(mail)
    await world.stop()
    await mail.submit(Archive(await keys_of(mail, "One")))
    damage(world.folders().cache / "index.db")
    world.start()
    later = await world.mail()
    await pushed(later)
    await synced(later)
    assert by_subject(world.on_server(ARCHIVE)) == ["One"]
    assert await subjects(later) == ["Two"]
    assert await subjects(later, ARCHIVE) == ["One"]


def damage(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[100:] = b"\x5a" * (len(content) - 100)
    database.write_bytes(content)
    for companion in database.parent.glob("index.db-*"):
        companion.unlink()


async def test_one_mailbox_that_cannot_be_read_is_named_and_the_others_are_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = DemoBackend.changes

    async def changes(self: DemoBackend, mailbox: MailboxName, *rest: object) -> object:
        if mailbox == ARCHIVE:
            raise Refused("You may not read Archive.")
        return await original(self, mailbox, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DemoBackend, "changes", changes)
    world.server.deliver(letter("One"))
    world.start()
    mail = await world.mail()
    (report,) = await synced(mail)
    assert (report.exit, report.error) == (
        1,
        "Archive cannot be read: You may not read Archive.",
    )
    assert await subjects(mail) == ["One"]


async def test_one_accounts_mistake_is_not_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with World(tmp_path, WORK, HOME) as world:
        work_server = world.servers[WORK]
        original = work_server.listing
        monkeypatch.setattr(work_server, "listing", failing_once(ZeroDivisionError(), original))
        world.servers[HOME].deliver(letter("Hello"))
        world.start()
        mail = await world.mail()
        reports = {report.account: report for report in await synced(mail)}
        assert reports[HOME].exit == 0
        assert by_subject(world.on_server(INBOX, HOME)) == ["Hello"]


def test_of_several_causes_the_one_that_explains_most_is_told() -> None:
    both = ExceptionGroup("ended", [Unreachable("cut"), ExceptionGroup("x", [NotAuthorized("no")])])
    assert words_of(cause_of(both)) == "no"
    assert words_of(cause_of(Unreachable("a\x1bb"))) == "a␛b"
    assert "KeyError" in words_of(cause_of(ExceptionGroup("ended", [KeyError("x")])))
