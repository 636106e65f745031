"""With the manners of ten real servers: all that a user does is right on both sides at last."""

from collections.abc import Iterator

import pytest

from tests.integration.scripted_world import WORK, ScriptedWorld
from tests.servers.providers import PROVIDERS, Provider, Stalwart, Yahoo
from tests.servers.scripted import letter
from tests.unit.engine.world import until
from tuimail.engine.commands import Archive, Copy, Delete, Mark, Move, Redo, Spam, Undo
from tuimail.engine.mail import View
from tuimail.model.body import NotHere
from tuimail.model.mail import FLAGGED, SEEN, MailboxId, MailboxName

PROJECTS = MailboxId(WORK, MailboxName("Projects"))


@pytest.fixture(params=PROVIDERS, ids=lambda kind: kind.__name__)
def server(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with request.param() as provider:
        for number in range(1, 9):
            provider.deliver(letter(number, body=f"Body {number}\r\n"))
        yield provider


async def settled(world: ScriptedWorld, server: Provider) -> None:
    """Sync, and see that nothing is left to do and that both sides are equal.

    Twice, because a server may do more than it was told, after the first look.
    """
    await world.synced()
    finished = await world.synced()
    told = (finished.exit, str(finished.error))
    if server.refused or isinstance(server, Yahoo):
        names = (*server.refused, "Letter 3", "INBOX")
        assert not finished.exit or any(name in finished.error for name in names), told
    else:
        assert told == (0, "")
    assert (finished.pending, finished.parked) == (0, 0), server.transcript()
    opened = {
        name: box
        for name, box in server.boxes.items()
        if r"\Noselect" not in box.attributes and name not in server.refused
    }
    assert await world.differences(opened) == {}


async def unreadable(world: ScriptedWorld) -> set[str]:
    """The subjects of messages whose text is not here."""
    keys = await world.mail.keys(View(WORK, MailboxName("INBOX")))
    messages = await world.mail.messages(keys)
    bodies = [await world.mail.body(key) for key in keys]
    lines = {
        str(message.envelope.subject): "" if isinstance(body, NotHere) else "\n".join(body.lines)
        for message, body in zip(messages, bodies, strict=True)
    }
    return {name for name, text in lines.items() if f"Body {name.split()[1]}" not in text}


async def test_a_first_sync_brings_everything(server: Provider) -> None:
    async with ScriptedWorld(server) as world:
        await settled(world, server)
        assert await unreadable(world) == ({"Letter 3"} if isinstance(server, Yahoo) else set())


async def test_news_come_without_being_asked_for(server: Provider) -> None:
    async with ScriptedWorld(server) as world:
        await settled(world, server)
        server.deliver(letter(9, body="Body 9\r\n"))
        if not server.can("IDLE") or isinstance(server, Stalwart):
            await world.synced()

        async def arrived() -> bool:
            return bool(await world.keys("Letter 9"))

        await until(arrived)
        await settled(world, server)


async def test_every_action_reaches_the_server(server: Provider) -> None:
    places = server.places
    async with ScriptedWorld(server) as world:
        await settled(world, server)
        submit = world.mail.submit
        await submit(Mark(await world.keys("Letter 1"), add=frozenset({FLAGGED})))
        await submit(Mark(await world.keys("Letter 2"), add=frozenset({SEEN})))
        await submit(Archive(await world.keys("Letter 3")))
        await submit(Delete(await world.keys("Letter 4")))
        await submit(Spam(await world.keys("Letter 5")))
        await submit(Move(await world.keys("Letter 6"), PROJECTS))
        await submit(Copy(await world.keys("Letter 7"), PROJECTS))
        await submit(Delete(await world.keys("Letter 8")))
        await settled(world, server)
        await submit(Undo())
        await settled(world, server)
        assert ids(world, "INBOX") == {1, 2, 7, 8}
        assert 3 in ids(world, places.archive)
        assert ids(world, places.trash) == {4}
        assert ids(world, places.junk) == {5}
        assert ids(world, places.own) == {6, 7}
        await submit(Redo())
        await settled(world, server)
        assert ids(world, places.trash) == {4, 8}


async def test_what_was_done_without_a_line_is_done_there_later(server: Provider) -> None:
    async with ScriptedWorld(server) as world:
        await settled(world, server)
        server.go_down()
        submit = world.mail.submit
        await submit(Mark(await world.keys("Letter 1", "Letter 2"), add=frozenset({SEEN})))
        await submit(Archive(await world.keys("Letter 4")))
        await submit(Delete(await world.keys("Letter 5")))
        await submit(Mark(await world.keys("Letter 2"), remove=frozenset({SEEN})))
        await world.stop()
        server.come_back()
        world.start()
        await settled(world, server)
        assert {1, 2, 3, 6, 7, 8} == ids(world, "INBOX")
        assert 4 in ids(world, server.places.archive)
        assert ids(world, server.places.trash) == {5}


def ids(world: ScriptedWorld, name: str) -> set[int]:
    """The numbers of the letters that the server has there."""
    return {int(message_id[1:].partition("@")[0]) for message_id, _ in world.there(name)}
