"""`u` means what the last line says, whatever was opened and read by itself meanwhile."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.builders import letter
from tests.ui.driver import Terminal, terminal
from tests.ui.test_engine import HOME, running
from tests.unit.engine.world import ARCHIVE, TRASH, WORK, World, by_subject
from tuimail.engine.local import LocalMail
from tuimail.model.local_time import local_now
from tuimail.model.mail import INBOX, SEEN, AccountName


def unread(world: World, account: AccountName = WORK) -> list[str]:
    """The subjects that the server of an account holds unread."""
    found = world.servers[account].mailbox(INBOX).messages.values()
    return sorted(by_subject([each.content for each in found if SEEN not in each.flags]))


def read(world: World, subject: str) -> bool:
    return subject not in unread(world)


async def opened(ui: Terminal, subject: str) -> None:
    await ui.sees(f"The text of {subject}.")


@pytest.mark.parametrize(("key", "words"), [("a", "Archived 1"), ("d", "Deleted 1")])
async def test_undo_after_the_next_one_opened_brings_the_first_back(
    tmp_path: Path, key: str, words: str
) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        await ui.press("enter")
        await opened(ui, "Three")
        await ui.press(key)
        await opened(ui, "Two")
        await ui.until(lambda: unread(world) == ["One"])
        assert f"{words} · u undo" in ui.bottom
        await ui.press("u")
        await ui.sees(f"Undone: {words}")
        await opened(ui, "Three")
        await ui.until(lambda: unread(world) == ["One", "Two"])
        await ui.until(lambda: len(world.on_server(INBOX)) == 3)
        assert world.on_server(ARCHIVE) == world.on_server(TRASH) == []


async def test_several_steps_back_leave_all_as_it_was(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three", "Four") as ui:
        await ui.press("enter")
        await opened(ui, "Four")
        for subject in ("Three", "Two", "One"):
            await ui.press("a")
            await opened(ui, subject)
            await ui.until(partial(read, world, subject))
        await ui.press("u", "u", "u")
        await ui.until(lambda: len(world.on_server(INBOX)) == 4)
        await ui.until(lambda: unread(world) == ["One", "Three", "Two"])
        await ui.press("u")
        await ui.sees("There is nothing to undo.")


async def test_a_message_opened_by_a_movement_is_no_step(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        await ui.press("F")
        await ui.sees("Flagged 1")
        await ui.press("enter", "J")
        await opened(ui, "Two")
        await ui.until(lambda: unread(world) == ["One"])
        await ui.press("u")
        await ui.sees("Undone: Flagged 1")
        assert unread(world) == ["One"]


async def test_the_preview_that_was_looked_at_is_no_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuimail.ui.parts.reader._READ_AFTER", 0.05)
    world = World(tmp_path)
    async with running(world, (100, 40), "One", "Two") as ui:
        await ui.press("p")
        await opened(ui, "Two")
        await ui.press("d")
        await opened(ui, "One")
        await ui.until(lambda: unread(world) == [])
        await ui.press("u")
        await ui.sees("Undone: Deleted 1")
        await ui.until(lambda: "One" in unread(world))


async def test_marked_messages_come_back_though_another_one_was_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 40), "One", "Two", "Three") as ui:
        await ui.press("enter", "q", "space", "space", "a")
        await ui.until(lambda: by_subject(world.on_server(ARCHIVE)) == ["Three", "Two"])
        await ui.press("enter")
        await opened(ui, "One")
        await ui.until(lambda: unread(world) == [])
        await ui.press("u")
        await ui.sees("Undone: Archived 2")
        await ui.until(lambda: len(world.on_server(INBOX)) == 3)


async def test_the_mark_in_another_account_goes_with_the_act(tmp_path: Path) -> None:
    world = World(tmp_path, WORK, HOME)
    early = datetime(2026, 2, 1, tzinfo=UTC)
    world.servers[HOME].deliver(letter("From home", "The text of From home.\n"), received=early)
    async with running(world, (130, 24), "From work") as ui:
        await ui.sees("From home")
        await ui.press("enter")
        await opened(ui, "From work")
        await ui.press("a")
        await opened(ui, "From home")
        await ui.until(lambda: unread(world, HOME) == [])
        await ui.press("u")
        await ui.sees("Undone: Archived 1")
        await ui.until(lambda: unread(world, HOME) == ["From home"])
        await ui.press("U")
        await ui.sees("Done again: Archived 1")
        await ui.until(lambda: unread(world, HOME) == [])


async def test_another_screen_undoes_the_same(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two") as ui:
        await ui.press("enter")
        await opened(ui, "Two")
        await ui.press("a")
        await opened(ui, "One")
        await ui.until(lambda: unread(world) == [])
        other: LocalMail = await world.mail()
        async with terminal(other, (100, 24), now=local_now) as second:
            await second.sees("One")
            await second.press("u")
            await second.sees("Undone: Archived 1")
            await second.sees("Two")
        await ui.until(lambda: unread(world) == ["One"])
