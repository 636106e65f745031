"""A server that does not say after the log-in what it can do: what it said before serves."""

import pytest

from tests.integration.scripted_world import ScriptedWorld
from tests.servers.scripted import letter
from tests.servers.scripted_imap import ScriptedImap, Session
from tuimail.engine.commands import Archive


@pytest.mark.parametrize("answer", ["NO not now", "BAD what", "OK", "NO [UNAVAILABLE] later"])
async def test_a_move_stays_a_move(answer: str) -> None:
    with ScriptedImap() as server:
        server.deliver(letter(1))
        asked: set[int] = set()

        @server.hook("CAPABILITY")
        def refuse(session: Session, tag: str, _name: str, _arguments: bytes) -> bool:
            if session.number not in asked:
                asked.add(session.number)
                return False
            session.say(f"{tag} {answer}")
            return True

        async with ScriptedWorld(server) as world:
            await world.synced()
            await world.mail.submit(Archive(await world.keys("Letter 1")))
            finished = await world.synced()
        assert (finished.exit, finished.pending, finished.parked) == (0, 0, 0)
        assert server.said("UID MOVE")
        assert not server.said("UID COPY")
