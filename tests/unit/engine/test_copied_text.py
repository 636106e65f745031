"""A copy can be read and searched like what it was copied from."""

from datetime import UTC, datetime

from tests.builders import letter
from tests.unit.engine.world import ARCHIVE, WORK, World, keys_of, pushed, shown, synced, until
from tuimail.engine.commands import Copy
from tuimail.engine.mail import View
from tuimail.model.body import Body
from tuimail.model.mail import MailboxId
from tuimail.model.query import parse_query


async def test_the_text_of_a_copy_is_found_without_opening_it(world: World) -> None:
    world.server.deliver(letter("Budget", "The harvest was good.\n"))
    world.start()
    mail = await world.mail()
    await synced(mail)
    await mail.submit(Copy(await keys_of(mail, "Budget"), MailboxId(WORK, ARCHIVE)))
    await pushed(mail)
    await synced(mail)

    async def readable() -> bool:
        (copy,) = await shown(mail, ARCHIVE)
        return isinstance(await mail.body(copy.key), Body)

    await until(readable)
    found = await mail.keys(View(WORK, query=parse_query("body:harvest", datetime.now(UTC))))
    assert len(found) == 2
