"""What a server does not give out is left out, named, and tried again; all the rest comes."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from datetime import timedelta
from functools import partial

import pytest

from tests.builders import letter
from tests.unit.engine.world import (
    ARCHIVE,
    TRASH,
    WORK,
    World,
    heard,
    keys_of,
    pushed,
    shown,
    subjects,
    synced,
    until,
)
from tuimail.backend.base import BrokenOff, Busy, Refused, Unreachable, Withheld
from tuimail.backend.demo.backend import DemoBackend
from tuimail.engine.commands import Copy, Fetch
from tuimail.engine.events import BodiesFailed, SyncFinished
from tuimail.engine.local import LocalMail
from tuimail.engine.pull import NOT_GIVEN_OUT
from tuimail.model.body import NotHere
from tuimail.model.mail import INBOX, MailboxId, MailboxName
from tuimail.model.sync import Bookmark, Changes, Fetched, Part
from tuimail.model.trouble import Trouble
from tuimail.store.store import Store

Trick = Callable[[DemoBackend, Sequence[int]], Exception]


class Odd:
    """A server that does not give out some things; `asked` is what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mailboxes: dict[MailboxName, Trick] = {}
        self.messages: dict[tuple[Part, int], Trick] = {}
        self.asked: list[object] = []
        self.connections = 0
        changes, fetch, connect = DemoBackend.changes, DemoBackend.fetch, DemoBackend.connect
        odd = self

        async def changes_(
            backend: DemoBackend,
            mailbox: MailboxName,
            since: Bookmark | None,
            known: Collection[int],
        ) -> Changes:
            odd.asked.append(mailbox)
            if (trick := odd.mailboxes.get(mailbox)) is not None:
                raise trick(backend, [])
            return await changes(backend, mailbox, since, known)

        async def fetch_(
            backend: DemoBackend,
            mailbox: MailboxName,
            validity: int,
            uids: Sequence[int],
            part: Part,
        ) -> AsyncIterator[Fetched]:
            for place, uid in enumerate(uids):
                if (trick := odd.messages.get((part, uid))) and mailbox == INBOX:
                    odd.asked.append((part, tuple(uids)))
                    raise trick(backend, uids[place:])
                async for fetched in fetch(backend, mailbox, validity, [uid], part):
                    yield fetched

        async def connect_(backend: DemoBackend) -> None:
            await connect(backend)
            odd.connections += 1

        monkeypatch.setattr(DemoBackend, "changes", changes_)
        monkeypatch.setattr(DemoBackend, "fetch", fetch_)
        monkeypatch.setattr(DemoBackend, "connect", connect_)


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Odd:
    return Odd(monkeypatch)


def busy(*_: object) -> Exception:
    return Busy("Internal error occurred")


def refused(*_: object) -> Exception:
    return Refused("Server Unavailable. 15")


def withheld(_: object, uids: Sequence[int]) -> Exception:
    return Withheld("Internal error occurred", uids)


def broken(backend: DemoBackend, uids: Sequence[int]) -> Exception:
    backend._connected_in = None
    return BrokenOff("The connection was lost", uids) if uids else Unreachable("It was lost")


def troubles(world: World) -> list[Trouble]:
    with Store(WORK, world.folders(), writer=False) as store:
        return store.troubles()


async def sync(mail: LocalMail) -> SyncFinished:
    (finished,) = await synced(mail)
    return finished


@pytest.mark.parametrize("trick", [busy, refused, broken])
async def test_a_mailbox_that_cannot_be_read_is_named_and_the_others_come(
    world: World, odd: Odd, trick: Trick
) -> None:
    odd.mailboxes[ARCHIVE] = trick
    for name in (INBOX, ARCHIVE, TRASH):
        world.server.deliver(letter("Choir"), name)
    world.start()
    mail = await world.mail()
    finished = await sync(mail)
    assert finished.exit == 1
    assert finished.error.startswith("Archive cannot be read: ")
    for name in (INBOX, TRASH):
        (message,) = await shown(mail, name)
        assert not isinstance(await mail.body(message.key), NotHere)
    (box,) = [box for box in await mail.mailboxes() if box.trouble]
    assert box.name == ARCHIVE
    odd.mailboxes.clear()
    finished = await sync(mail)
    assert (finished.exit, finished.error) == (0, "")
    assert await subjects(mail, ARCHIVE) == ["Choir"]
    assert not troubles(world)


async def test_a_mailbox_at_which_the_line_was_lost_is_asked_for_last_and_then_left_alone(
    world: World, odd: Odd
) -> None:
    odd.mailboxes[INBOX] = broken
    world.server.deliver(letter("Choir"), TRASH)
    world.start()
    mail = await world.mail()
    await sync(mail)
    assert odd.asked[0] == odd.asked[-1] == INBOX
    assert odd.asked.count(INBOX) == 2
    assert await subjects(mail, TRASH) == ["Choir"]
    odd.asked.clear()
    await world.stop()
    world.server.deliver(letter("Opera"), TRASH)
    world.start()
    mail = await world.mail()
    await sync(mail)
    assert odd.asked[-1] == INBOX
    assert TRASH in odd.asked


async def _is_noted_again(world: World, before: Trouble) -> bool:
    return troubles(world) != [before]


async def test_a_mailbox_is_left_alone_for_longer_and_longer(world: World, odd: Odd) -> None:
    odd.mailboxes[ARCHIVE] = busy
    world.start()
    mail = await world.mail()
    await sync(mail)
    pauses = []
    for _ in range(3):
        (trouble,) = troubles(world)
        pauses.append(trouble.again - world.clock())
        world.clock.ahead += pauses[-1] + timedelta(seconds=1)
        world.engine._accounts[WORK].reconnect()
        await until(partial(_is_noted_again, world, trouble))
    assert pauses[0] < pauses[1] < pauses[2]
    assert troubles(world)[0].tries == 4


@pytest.mark.parametrize("trick", [withheld, broken])
async def test_a_message_that_cannot_be_had_is_named_and_the_others_come(
    world: World, odd: Odd, trick: Trick
) -> None:
    for number in range(1, 41):
        world.server.deliver(letter(f"Letter {number}"))
    odd.messages[Part.FULL, 20] = trick
    world.start()
    mail = await world.mail()
    finished = await sync(mail)
    assert finished.exit == 1
    assert 'message 20 ("Letter 20") of INBOX cannot be had' in finished.error
    bodies = {each.envelope.subject: await mail.body(each.key) for each in await shown(mail)}
    assert [name for name, body in bodies.items() if isinstance(body, NotHere)] == ["Letter 20"]
    keys = await keys_of(mail, "Letter 20")
    failed = await heard(mail, BodiesFailed, lambda: mail.submit(Fetch(keys)))
    assert "Internal error occurred" in failed.reason or "connection was lost" in failed.reason
    odd.messages.clear()
    assert (await sync(mail)).exit == 0
    assert not isinstance(await mail.body(next(iter(keys))), NotHere)


async def test_what_broke_the_line_is_remembered_when_the_engine_comes_again(
    world: World, odd: Odd
) -> None:
    for number in range(1, 11):
        world.server.deliver(letter(f"Letter {number}"))
    odd.messages[Part.FULL, 5] = broken
    world.start()
    mail = await world.mail()
    await sync(mail)
    await world.stop()
    odd.asked.clear()
    world.server.deliver(letter("Letter 11"))
    world.start()
    mail = await world.mail()
    await sync(mail)
    assert [asked for asked in odd.asked if asked != INBOX] == [(Part.FULL, (5,))]
    (trouble,) = troubles(world)
    assert (trouble.uid, trouble.tries, trouble.broke) == (5, 2, True)


@pytest.mark.parametrize("trick", [withheld, broken])
async def test_a_message_without_its_header_is_shown_as_such_until_it_comes(
    world: World, odd: Odd, trick: Trick
) -> None:
    for name in ("One", "Two", "Three"):
        world.server.deliver(letter(name))
    odd.messages[Part.HEADERS, 2] = trick
    odd.messages[Part.FULL, 2] = trick
    world.start()
    mail = await world.mail()
    finished = await sync(mail)
    assert finished.exit == 1
    assert "message 2 of INBOX cannot be had" in finished.error
    assert await subjects(mail) == sorted(["One", "Three", NOT_GIVEN_OUT])
    (key,) = await keys_of(mail, NOT_GIVEN_OUT)
    odd.messages.clear()
    assert (await sync(mail)).exit == 0
    assert await subjects(mail) == ["One", "Three", "Two"]
    assert await keys_of(mail, "Two") == {key}
    assert not isinstance(await mail.body(key), NotHere)
    assert not troubles(world)


@pytest.mark.parametrize("trick", [withheld, broken])
async def test_a_copy_of_a_message_without_its_header_gets_it_too(
    world: World, odd: Odd, trick: Trick
) -> None:
    """Nothing else changes where it is, and somebody asked for its text in vain."""
    for name in ("One", "Two"):
        world.server.deliver(letter(name))
    odd.messages[Part.HEADERS, 2] = odd.messages[Part.FULL, 2] = trick
    world.start()
    mail = await world.mail()
    await sync(mail)
    keys = await keys_of(mail, NOT_GIVEN_OUT)
    await heard(mail, BodiesFailed, lambda: mail.submit(Fetch(keys)))
    await mail.submit(Copy(keys, MailboxId(WORK, ARCHIVE)))
    await pushed(mail)
    assert await subjects(mail, ARCHIVE) == [NOT_GIVEN_OUT]
    odd.messages.clear()
    assert (await sync(mail)).exit == 0
    assert (await subjects(mail), await subjects(mail, ARCHIVE)) == (["One", "Two"], ["Two"])
    assert not troubles(world)


async def test_a_message_that_is_deleted_meanwhile_is_no_trouble(world: World, odd: Odd) -> None:
    world.server.deliver(letter("One"))
    odd.messages[Part.FULL, 1] = withheld
    world.start()
    mail = await world.mail()
    assert (await sync(mail)).exit == 1
    world.server.expunge(INBOX, [1])
    assert (await sync(mail)).exit == 0
    assert not troubles(world)


async def test_a_server_that_is_busy_with_everything_is_to_be_asked_later(
    world: World, odd: Odd
) -> None:
    odd.mailboxes = dict.fromkeys((box.name for box in world.server.listing()), busy)
    world.start()
    assert (await sync(await world.mail())).exit == 75


async def test_a_server_that_is_gone_is_no_trouble_of_a_mailbox(world: World, odd: Odd) -> None:
    def gone(backend: DemoBackend, _: object) -> Exception:
        odd.mailboxes.clear()
        world.server.go_down("There is no network.")
        return broken(backend, [])

    odd.mailboxes[INBOX] = gone
    world.start()
    mail = await world.mail()
    finished = await sync(mail)
    assert (finished.exit, finished.error) == (75, "There is no network.")
    world.server.come_back()
    assert (await sync(mail)).exit == 0
    assert not troubles(world)
