"""A maildrop is visited again and again: how soon, and what it says of itself meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders import letter
from tests.servers.pop3_server import PASSWORD, Pop3Server
from tests.unit.engine.test_drain import Machine, placeholders
from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.backend.maildir.maildir import Maildir
from tuimail.backend.pop3.session import Pop3Session
from tuimail.engine.drain import Drain, Pop3Access
from tuimail.engine.events import Connection, ConnectionChanged, Event, SecretNeeded
from tuimail.engine.maildrop import Maildrop, _failures
from tuimail.engine.secret_keeper import SecretKeeper


class World:
    """A maildrop whose n-th visit ends in the n-th of `troubles`; later ones reach the server."""

    def __init__(self, folder: Path, server: Pop3Server) -> None:
        self.machine = Machine(folder, server)
        self.troubles: list[Exception | None] = []
        self.events: list[Event] = []
        self.pauses: list[float] = []
        self.arrivals = 0
        self.made = folder / "made"
        maildir = Maildir(self.machine.maildir.root, self.made)

        async def find_secret() -> str:
            return PASSWORD

        self.maildrop = Maildrop(
            replace(self.machine.link, publish=self.events.append),
            Pop3Access(self.open_session, maildir, self.machine.placeholders, max_size=20_000),
            SecretKeeper(find_secret),
            self.arrived,
        )

    def arrived(self) -> None:
        self.arrivals += 1

    async def open_session(self) -> Pop3Session:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        return await self.machine.open_session()

    @property
    def states(self) -> list[Connection]:
        return [each.connection for each in self.events if isinstance(each, ConnectionChanged)]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[World]:
    async with Pop3Server().open() as server:
        world = World(folder, server)
        yield world
        await world.machine.close()


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(world.maildrop.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def visited(world: World, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let so many visits follow each other, whatever the pauses."""
    enough = asyncio.Event()

    async def passed_over(seconds: float, *_: object) -> bool:
        world.pauses.append(seconds)
        if len(world.pauses) == times:
            enough.set()
            await asyncio.Event().wait()
        return True

    monkeypatch.setattr("tuimail.engine.maildrop.pause", passed_over)
    monkeypatch.setattr("tuimail.engine.maildrop.random.random", lambda: 1.0)
    async with running(world):
        await enough.wait()


async def test_pauses_grow_with_what_is_wrong_and_begin_anew_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, refused = Unreachable("gone"), Refused("no")
    async with opened(tmp_path) as world:
        world.troubles = [gone, gone, gone, None, gone, refused, refused]
        await visited(world, monkeypatch, 8)
        assert world.pauses == [2.0, 4.0, 8.0, 300.0, 2.0, 128.0, 256.0, 300.0]
        assert world.states[:5] == [
            Connection.CONNECTING,
            Connection.OFFLINE,
            Connection.CONNECTING,
            Connection.OFFLINE,
            Connection.CONNECTING,
        ]
        assert world.states[-1] is Connection.ONLINE


async def test_what_a_visit_brought_is_told_once_and_its_end_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as world:
        await visited(world, monkeypatch, 1)
        assert world.arrivals == 1
        world.pauses.clear()
        world.machine.server.add(letter("one"), letter("two"))
        await visited(world, monkeypatch, 1)
        assert world.arrivals == 3


async def test_a_refused_password_is_asked_for_and_no_visit_follows_until_it_is_given(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as world:
        maildrop = world.maildrop
        assert maildrop.busy
        world.troubles = [NotAuthorized("pop.example.org refused the user name or password: no")]
        maildrop._keeper._told = True
        async with running(world):
            trouble = await maildrop.visit()
            assert isinstance(trouble, NotAuthorized)
            assert maildrop.needs_secret
            assert not maildrop.busy
            (needed,) = (each for each in world.events if isinstance(each, SecretNeeded))
            assert "refused the user name" in needed.reason
            assert await maildrop.visit() is trouble
            assert world.machine.server.sessions == 0
            maildrop.give_secret(PASSWORD)
            assert await maildrop.visit() is None
            assert not maildrop.needs_secret
            assert world.machine.server.sessions == 1


async def next_visit(maildrop: Maildrop) -> None:
    async with asyncio.timeout(10), maildrop._visited:
        await maildrop._visited.wait()


async def test_a_new_line_can_be_asked_for_at_any_time(tmp_path: Path) -> None:
    async with opened(tmp_path) as world, running(world):
        assert await world.maildrop.visit() is None
        assert world.machine.server.sessions == 1
        world.machine.server.add(letter("one"))
        world.maildrop.reconnect()
        await next_visit(world.maildrop)
        assert world.machine.server.sessions == 2
        assert len(world.machine.contents) == 1


async def test_a_password_that_is_given_is_tried_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as world:
        world.troubles = [NotAuthorized("The password is not known.")]
        async with running(world):
            await next_visit(world.maildrop)
            assert world.maildrop.needs_secret
            world.maildrop.give_secret(PASSWORD)
            await next_visit(world.maildrop)
            assert world.maildrop.state.connection is Connection.ONLINE
            assert world.machine.server.sessions == 1


async def test_a_large_message_that_is_asked_for_comes_with_the_next_visit_and_no_other(
    tmp_path: Path,
) -> None:
    large = letter("large", "x" * 30_000)
    async with opened(tmp_path) as world, running(world):
        world.machine.server.add(large, large)
        assert await world.maildrop.visit() is None
        first, second = await placeholders(world.machine)
        assert await world.maildrop.bring([first]) is None
        assert world.machine.contents == [large]
        assert await world.maildrop.visit() is None
        assert list(await placeholders(world.machine)) == [second]


async def test_where_the_journal_knows_of_mail_a_maildir_that_is_away_is_no_new_one(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as world:
        await world.maildrop.expect_mail()
        assert not world.made.exists()
        world.machine.server.add(letter("one"))
        await world.machine.drain()
        world.made.unlink(missing_ok=True)
        await world.maildrop.expect_mail()
        assert world.made.exists()
        world.machine.maildir.root.rename(tmp_path / "away")
        async with running(world):
            trouble = await world.maildrop.visit()
        assert "is its disk mounted" in str(trouble)
        assert world.maildrop.state.connection is Connection.OFFLINE


async def test_a_password_that_let_us_in_is_not_refused_because_another_is_not_known(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as world:
        world.troubles = [None, NotAuthorized("The password is not known.")]
        keeper = world.maildrop._keeper
        async with running(world):
            await keeper.secret()
            await next_visit(world.maildrop)
            world.maildrop.reconnect()
            await next_visit(world.maildrop)
            assert world.maildrop.needs_secret
            assert keeper.may_try()


@pytest.mark.parametrize(
    ("before", "trouble", "brought", "failures"),
    [
        (4, None, 0, 0),
        (0, Unreachable("gone"), 0, 1),
        (7, Unreachable("gone"), 0, 8),
        (0, Unreachable("gone"), 1, 1),
        (2, Unreachable("gone"), 1, 3),
        (3, Unreachable("gone"), 1, 3),
        (7, Unreachable("gone"), 1, 3),
    ],
)
async def test_failures_that_bring_something_count_up_to_three(
    tmp_path: Path, before: int, trouble: Exception | None, brought: int, failures: int
) -> None:
    async with opened(tmp_path) as world:
        drain = Drain(world.machine.link, world.maildrop._access)
        drain.brought = brought
        assert _failures(before, trouble, drain) == failures
