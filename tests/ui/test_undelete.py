"""A message that somebody marked as deleted is found, and is one like all others again."""

from pathlib import Path

from tests.ui.test_engine import running
from tests.unit.engine.world import World
from tuimail.model.mail import DELETED, INBOX


async def test_a_key_takes_the_mark_of_deletion_off_and_undo_sets_it_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two") as ui:
        messages = world.server.mailbox(INBOX).messages
        world.server.store(INBOX, [1], add=[DELETED])
        await ui.loses("One")
        await ui.press("slash")
        await ui.type("is:deleted")
        await ui.press("enter")
        await ui.sees("One")
        await ui.press("g", "u")
        await ui.until(lambda: DELETED not in messages[1].flags)
        await ui.press("u")
        await ui.until(lambda: DELETED in messages[1].flags)
