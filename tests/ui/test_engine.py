"""The screen on a real engine, with real stores, over servers in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.builders import letter
from tests.ui.driver import Terminal, terminal
from tests.unit.engine.world import ARCHIVE, TRASH, WORK, World, by_subject
from tuimail.engine.channel import MemoryChannel
from tuimail.engine.local import LocalMail
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain
from tuimail.model.local_time import local_now
from tuimail.model.mail import INBOX, AccountName
from tuimail.model.operation import Move
from tuimail.model.outbox import LetterState

HOME = AccountName("home")


@asynccontextmanager
async def running(
    world: World, size: tuple[int, int] = (100, 24), *subjects: str
) -> AsyncIterator[Terminal]:
    """A screen on `world` whose servers have these letters, the last one newest."""
    for number, subject in enumerate(subjects):
        received = datetime(2026, 3, 1, 12, number, tzinfo=UTC)
        world.server.deliver(letter(subject, f"The text of {subject}.\n"), received=received)
    async with world:
        world.start()
        async with terminal(await world.mail(), size, now=local_now) as ui:
            for subject in subjects[-15:]:
                await ui.sees(subject)
            yield ui


async def test_mail_is_listed_read_and_marked_on_the_server(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "Old", "New") as ui:
        assert "New" in ui.current
        await ui.press("enter")
        await ui.sees("The text of New.")
        await ui.until(lambda: world.server.mailbox(INBOX).messages[2].flags)
        await ui.press("q")
        assert "1 unread" in ui.top


async def test_what_is_archived_is_moved_on_the_server_and_undo_moves_it_back(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        await ui.press("j", "a")
        await ui.until(lambda: by_subject(world.on_server(ARCHIVE)) == ["Two"])
        await ui.loses("pending")
        assert "One" in ui.current
        await ui.press("u")
        await ui.until(lambda: "Two" in ui.current)
        await ui.until(lambda: by_subject(world.on_server()) == ["One", "Three", "Two"])


async def test_mail_that_arrives_shows_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One") as ui:
        world.server.deliver(letter("Just now"))
        await ui.sees("Just now")
        assert "One" in ui.current


async def test_without_a_network_everything_goes_on_and_catches_up(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two", "Three") as ui:
        world.server.go_down("There is no network.")
        await ui.sees("offline")
        await ui.press("d", "F")
        await ui.loses("Three")
        await ui.sees("2 pending")
        world.server.come_back()
        await ui.press("dollar_sign")
        await ui.loses("pending")
        assert by_subject(world.on_server(TRASH)) == ["Three"]


async def test_what_a_server_refuses_comes_back_with_its_reason(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two") as ui:
        world.server.refuse(Move, "The mailbox is full.")
        await ui.press("a")
        await ui.sees("Refused:")
        await ui.sees("Two")
        world.server.allow(Move)
        await ui.press("g", "p")
        await ui.sees("Try again")
        await ui.press("enter")
        await ui.until(lambda: by_subject(world.on_server(ARCHIVE)) == ["Two"])
        await ui.loses("refused")


async def test_a_password_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.server.password = "geheim"
    world.passwords[WORK] = None
    world.server.deliver(letter("Behind the door"))
    async with running(world) as ui:
        await ui.sees("Password for work:")
        await ui.type("geheim")
        await ui.press("enter")
        await ui.sees("Behind the door")
        assert "online" in ui.top


async def test_two_accounts_share_one_inbox(tmp_path: Path) -> None:
    world = World(tmp_path, WORK, HOME)
    world.servers[HOME].deliver(letter("From home"))
    async with running(world, (130, 24), "From work") as ui:
        await ui.sees("From home")
        assert ui.top.startswith(" All inboxes ")
        await ui.sees("All inboxes ")
        row = next(line for line in ui.lines if "From work" in line)
        assert " work " in row
        await ui.press("G", "a")
        await ui.until(lambda: by_subject(world.on_server(ARCHIVE)) == ["From work"])


async def test_a_search_finds_words_of_the_text(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with running(world, (100, 24), "One", "Two") as ui:
        await ui.press("enter")
        await ui.sees("The text of Two.")
        await ui.press("q", "slash")
        await ui.type("body:text")
        await ui.press("enter")
        await ui.until(lambda: ui.top.startswith(" Search 1/2"))


async def test_many_are_marked_by_a_query_and_deleted_together(tmp_path: Path) -> None:
    world = World(tmp_path)
    subjects = [f"{'News' if number % 2 else 'Letter'} {number}" for number in range(14)]
    async with running(world, (100, 24), *subjects) as ui:
        await ui.press("T")
        await ui.type("subject:news")
        await ui.press("enter")
        await ui.sees("7 marked")
        await ui.press("d")
        await ui.loses("News")
        await ui.until(lambda: len(world.on_server(TRASH)) == 7)
        await ui.press("u")
        await ui.sees("News 13")
        await ui.until(lambda: len(world.on_server()) == 14)


async def test_an_answer_is_queued_in_the_outbox_and_undo_opens_it_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.server.deliver(letter("One", "The text of One.\n"))
    me = plain("me@example.org", "Me")
    async with world:
        world.start()
        accounts = [LocalAccount(WORK, world.folders(), identities=(me,))]
        mail = LocalMail(accounts, MemoryChannel(world.engine), world.clock)
        async with terminal(mail, (100, 24), now=local_now, drafts=tmp_path / "data") as ui:
            await ui.sees("One")
            await ui.press("r")
            await ui.sees("> The text of One.")
            await ui.press("ctrl+x")
            await ui.sees("y send")
            await ui.press("y")
            await ui.sees("Sending in 10 s · u undo")
            assert [each.subject for each in await mail.outbox()] == ["Re: One"]
            await ui.press("u")
            await ui.sees("y send")
            await ui.sees("Re: One")
            assert [each.state for each in await mail.outbox()] == [LetterState.CANCELLED]
        await mail.close()
