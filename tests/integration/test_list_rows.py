"""A row of LIST that cannot be read takes no mailbox away that was there before."""

import pytest

from tests.integration.scripted_world import WORK, ScriptedWorld
from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tuimail.engine.mail import View
from tuimail.model.mail import MailboxName


@pytest.mark.parametrize(
    "row",
    ['* LIST "/" "Archive"', '* LIST () "Archive"', '* LIST (\\Archive "/" Archive', "* LIST"],
)
async def test_what_was_told_before_is_still_here(row: str) -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()

            @server.hook("LIST")
            def garble(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
                for name in server.boxes:
                    session.say(row if name == "Archive" else f'* LIST () "/" "{name}"')
                session.say(f"{tag} OK done")
                return True

            server.deliver(letter(2), "Archive")
            assert (await world.synced()).exit == 0
            shown = await world.mail.keys(View(WORK, MailboxName("Archive")))
            assert len(shown) == 2


async def test_what_is_not_told_by_a_list_in_order_is_gone() -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1), "Archive")
        async with ScriptedWorld(server) as world:
            await world.synced()
            del server.boxes["Archive"]
            await world.synced()
            assert not await world.mail.keys(View(WORK, MailboxName("Archive")))
