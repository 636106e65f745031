"""What the server has comes into the store, the newest first, and stays equal to it."""

import shutil
from datetime import timedelta

import pytest

from tests.builders import NOON, letter
from tests.unit.engine.world import (
    ARCHIVE,
    World,
    by_subject,
    heard,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.engine import pull
from tuimail.engine.bodies import BodyPolicy
from tuimail.engine.commands import Fetch
from tuimail.engine.events import BodiesArrived, BodiesFailed, MailboxChanged
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import FLAGGED, INBOX, SEEN, MailboxName


async def test_the_first_sync_brings_everything(world: World) -> None:
    first, second = letter("Budget"), letter("Choir", "Bring the scores.\n")
    world.server.deliver(first)
    world.server.append(ARCHIVE, second, {SEEN})
    world.start()
    mail = await world.mail()
    (report,) = await synced(mail)
    assert (report.exit, report.new, report.mailboxes) == (0, 2, 6)
    (message,) = await shown(mail, ARCHIVE)
    assert message.flags == {SEEN}
    assert await mail.raw(message.key) == second
    body = await mail.body(message.key)
    assert isinstance(body, Body)
    assert "Bring the scores." in body.lines


async def test_a_second_sync_finds_nothing_and_asks_little(world: World) -> None:
    world.server.deliver(letter())
    world.start()
    mail = await world.mail()
    await synced(mail)
    before = world.server.commands.copy()
    (report,) = await synced(mail)
    assert (report.new, report.removed, report.flags_changed) == (0, 0, 0)
    asked = world.server.commands - before
    assert asked.keys() <= {"mailboxes", "wait"}


async def test_what_others_do_is_taken_over(world: World) -> None:
    kept = world.server.deliver(letter("Kept"))
    gone = world.server.deliver(letter("Gone"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    world.server.store(INBOX, [kept], add={FLAGGED})
    world.server.expunge(INBOX, [gone])
    world.server.deliver(letter("New"))
    (report,) = await synced(mail)
    assert await subjects(mail) == ["Kept", "New"]
    flags = {str(message.envelope.subject): message.flags for message in await shown(mail)}
    assert flags["Kept"] == {FLAGGED}
    assert (report.new, report.removed, report.flags_changed) == (1, 1, 1)


async def test_new_mail_comes_without_being_asked_for(world: World) -> None:
    world.start()
    mail = await world.mail()
    await synced(mail)

    async def deliver() -> None:
        world.server.deliver(letter("Surprise"))

    async def is_here() -> bool:
        return await subjects(mail) == ["Surprise"]

    event = await heard(mail, MailboxChanged, deliver)
    await until(is_here)
    assert event.mailbox.name == INBOX


async def test_the_newest_headers_come_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "FIRST_LOOK", 3)
    monkeypatch.setattr(pull, "BATCH", 4)
    for number in range(12):
        world.server.deliver(letter(f"{number:02}"), received=NOON + timedelta(hours=number))
    world.server.append(ARCHIVE, letter("Old"))
    looks: list[list[str]] = []
    world.start()
    mail = await world.mail()
    async with mail.subscribe() as news:
        async for _ in news:
            found = await subjects(mail)
            if not looks or found != looks[-1]:
                looks.append(found)
            if len(found) == 12:
                break
    assert all(found == sorted(f"{n:02}" for n in range(12 - len(found), 12)) for found in looks)
    assert looks[-1] == [f"{number:02}" for number in range(12)]


async def test_an_interrupted_first_sync_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "FIRST_LOOK", 2)
    monkeypatch.setattr(pull, "BATCH", 2)
    for number in range(9):
        world.server.deliver(letter(str(number)))
    world.server.latency = 0.02
    world.start()
    mail = await world.mail()

    async def some_are_here() -> bool:
        return len(await subjects(mail)) >= 2

    await until(some_are_here)
    world.server.cut()
    world.server.latency = 0
    await synced(mail)
    assert await subjects(mail) == [str(number) for number in range(9)]


async def test_renumbered_messages_keep_their_keys(world: World) -> None:
    for subject in ("One", "Two"):
        world.server.deliver(letter(subject))
    world.start()
    mail = await world.mail()
    await synced(mail)
    before = {message.envelope.subject: message.key for message in await shown(mail)}
    world.server.renumber(INBOX)
    await synced(mail)
    assert {each.envelope.subject: each.key for each in await shown(mail)} == before


async def test_a_cache_deleted_while_running_is_made_again(world: World) -> None:
    for subject in ("One", "Two"):
        world.server.deliver(letter(subject))
    world.start()
    mail = await world.mail()
    await synced(mail)
    world.server.go_down()
    shutil.rmtree(world.folders().cache)
    world.server.come_back()

    async def all_here() -> bool:
        await mail.reconnect()
        return await subjects(mail) == ["One", "Two"]

    await until(all_here)


async def test_mailboxes_come_and_go(world: World) -> None:
    world.start()
    mail = await world.mail()
    await synced(mail)
    world.server.create(MailboxName("Lists"))
    world.server.append(MailboxName("Lists"), letter("Digest"))
    world.server.delete(MailboxName("Drafts"))
    await synced(mail)
    names = {mailbox.name for mailbox in await mail.mailboxes()}
    assert "Lists" in names
    assert "Drafts" not in names
    assert await subjects(mail, MailboxName("Lists")) == ["Digest"]


# Bodies.


async def test_where_only_headers_are_kept_a_body_comes_when_asked_for(world: World) -> None:
    world.policy = BodyPolicy(wanted=False)
    world.server.deliver(letter("Budget", "The figures.\n"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    (message,) = await shown(mail)
    assert await mail.body(message.key) == NotHere(message.key)
    keys = frozenset({message.key})
    event = await heard(mail, BodiesArrived, lambda: mail.submit(Fetch(keys)))
    assert event.keys == keys
    body = await mail.body(message.key)
    assert isinstance(body, Body)
    assert "The figures." in body.lines


async def test_a_fetch_while_offline_fails_in_words(world: World) -> None:
    world.policy = BodyPolicy(wanted=False)
    world.server.deliver(letter())
    world.start()
    mail = await world.mail()
    await synced(mail)
    (message,) = await shown(mail)
    world.server.go_down("The train is in a tunnel.")
    await synced(mail)
    keys = frozenset({message.key})
    event = await heard(mail, BodiesFailed, lambda: mail.submit(Fetch(keys)))
    assert event == BodiesFailed(keys, event.reason)
    assert event.reason == "The train is in a tunnel."


async def test_only_young_bodies_are_kept_where_an_age_is_set(world: World) -> None:
    world.policy = BodyPolicy(age=timedelta(days=30))
    now = world.clock()
    world.server.deliver(letter("Young"), received=now - timedelta(days=2))
    world.server.deliver(letter("Old"), received=now - timedelta(days=90))
    world.start()
    mail = await world.mail()
    await synced(mail)
    here = {each.envelope.subject: each.has_body for each in await shown(mail)}
    assert here == {"Young": True, "Old": False}


async def test_a_huge_message_is_a_placeholder(world: World) -> None:
    world.policy = BodyPolicy(largest=2_000)
    world.server.deliver(letter("Huge", "x" * 3_000))
    world.server.deliver(letter("Small"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    huge = next(each for each in await shown(mail) if each.envelope.subject == "Huge")
    assert isinstance(await mail.body(huge.key), NotHere)
    await heard(mail, BodiesArrived, lambda: mail.submit(Fetch(frozenset({huge.key}))))
    body = await mail.body(huge.key)
    assert isinstance(body, Body)
    assert "too large to come by itself" in body.notes[0]


async def test_a_body_that_vanished_is_not_asked_for_in_a_loop(world: World) -> None:
    world.server.latency = 0.005
    for number in range(30):
        world.server.deliver(letter(str(number)))
    world.start()
    mail = await world.mail()

    async def headers_are_here() -> bool:
        return len(await subjects(mail)) == 30

    await until(headers_are_here)
    world.server.expunge(INBOX, range(1, 16))
    await synced(mail)
    assert len(await subjects(mail)) == 15
    assert world.server.commands["fetch"] < 20


async def test_by_now_the_store_holds_what_the_server_has(world: World) -> None:
    for number in range(5):
        world.server.deliver(letter(str(number)))
    world.start()
    mail = await world.mail()
    await synced(mail)
    assert await subjects(mail) == by_subject(world.on_server())
