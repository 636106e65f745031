"""A large message piece by piece: what came is kept, smaller pieces are asked for in trouble."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from tests.builders import NOON
from tests.unit.engine.world import WORK
from tests.unit.store.worlds import World, delivery
from tuimail.backend.base import PIECE, Backend, Refused, Unreachable
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event, Progress
from tuimail.engine.in_pieces import LARGEST_OF_ALL, InPieces
from tuimail.engine.link import Link
from tuimail.mime.worker import Parser
from tuimail.model.mail import INBOX, MessageKey
from tuimail.store.parcels import Wanted
from tuimail.store.store import Store

CONTENT = bytes(range(250)) * 4
STEP = 100


class Server:
    """Gives out `content` in steps; each of `breaks` is after how many of them a line is lost."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.breaks: list[int] = []
        self.refuses_at: int | None = None
        self.asked: list[tuple[int, int]] = []
        self.lines = 0

    async def connect(self) -> None:
        self.lines += 1

    async def pieces(
        self, mailbox: str, validity: int, uid: int, *, start: int, size: int
    ) -> AsyncIterator[bytes]:
        assert (mailbox, validity, uid) == (INBOX, 1, 5)
        self.asked.append((start, size))
        left = self.breaks.pop(0) if self.breaks else None
        for place in range(start, len(self.content), STEP):
            if place == self.refuses_at:
                raise Refused("No more of it")
            if left == 0:
                break
            left = None if left is None else left - 1
            yield self.content[place : place + STEP]
        if left == 0:
            raise Unreachable("The line was lost")


class Bringing:
    """A store with one message of which the bytes are not here."""

    def __init__(self, folder: Path) -> None:
        world = World(folder)
        (self.key,) = world.hold([delivery(5)])
        world.store.close()
        self.folder = world.folders.cache
        self.server = Server()
        self.told: list[Event] = []
        self.disk = Disk(world.open, "store")
        backend, parser = cast(Backend, self.server), cast(Parser, None)
        self.link = Link(WORK, backend, self.disk, parser, self.told.append, lambda: NOON)
        self.in_pieces = InPieces(self.link)

    async def bring(self, size: int = len(CONTENT)) -> bool:
        self.server.asked.clear()
        self.told.clear()
        return await self.in_pieces.bring(Wanted(INBOX, 1, 5, MessageKey(self.key), size))

    async def raw(self) -> bytes | None:
        return await self.disk(Store.raw, self.key)

    @property
    def begun(self) -> list[int]:
        """The sizes of what is on its way."""
        return [path.stat().st_size for path in self.folder.glob("arriving-*")]

    @property
    def progress(self) -> list[tuple[str, int, int]]:
        return [(it.what, it.done, it.total) for it in self.told if isinstance(it, Progress)]


@pytest.fixture
async def bringing(tmp_path: Path) -> AsyncIterator[Bringing]:
    made = Bringing(tmp_path)
    yield made
    await made.disk.close()


async def test_it_comes_whole_and_says_how_far_it_is(bringing: Bringing) -> None:
    assert await bringing.bring()
    assert await bringing.raw() == CONTENT
    assert bringing.server.asked == [(0, PIECE)]
    assert bringing.progress == [("bytes", done, 1000) for done in range(100, 1001, 100)]
    assert bringing.begun == []
    assert bringing.server.lines == 0


async def test_where_the_line_is_lost_it_goes_on_with_pieces_as_large(bringing: Bringing) -> None:
    bringing.server.breaks = [2, 1, 3]
    assert await bringing.bring()
    assert await bringing.raw() == CONTENT
    assert bringing.server.asked == [(0, PIECE), (200, PIECE), (300, PIECE), (600, PIECE)]
    assert bringing.server.lines == 3


async def test_where_nothing_came_smaller_pieces_are_asked_for(bringing: Bringing) -> None:
    bringing.server.breaks = [1, 0, 0, 0, 1, 0, 0]
    assert await bringing.bring()
    assert await bringing.raw() == CONTENT
    sizes = [PIECE, PIECE, PIECE >> 2, PIECE >> 4, 1 << 13, 1 << 13, 1 << 13, 1 << 13]
    assert bringing.server.asked == [
        *zip([0, 100, 100, 100, 100, 200, 200, 200], sizes, strict=True)
    ]


async def test_where_nothing_comes_four_times_it_is_left_alone_and_gone_on_with_later(
    bringing: Bringing,
) -> None:
    bringing.server.breaks = [3, 0, 0, 0, 0]
    with pytest.raises(Unreachable, match="The line was lost"):
        await bringing.bring()
    assert [start for start, _ in bringing.server.asked] == [0, 300, 300, 300, 300]
    assert bringing.server.lines == 4
    assert bringing.begun == [300]
    assert await bringing.bring()
    assert bringing.server.asked == [(300, PIECE)]
    assert bringing.progress[0] == ("bytes", 400, 1000)
    assert await bringing.raw() == CONTENT


async def test_a_line_that_is_lost_before_anything_came_is_tried_as_often(
    bringing: Bringing,
) -> None:
    bringing.server.breaks = [0, 0, 0]
    assert await bringing.bring()
    bringing.server.breaks = [0, 0, 0, 0]
    with pytest.raises(Unreachable):
        await bringing.bring()
    assert bringing.begun == [0]


async def test_what_came_of_a_message_that_is_refused_is_thrown_away(bringing: Bringing) -> None:
    bringing.server.refuses_at = 400
    with pytest.raises(Refused, match="No more of it"):
        await bringing.bring()
    assert bringing.begun == []
    assert await bringing.raw() is None
    bringing.server.refuses_at = None
    assert await bringing.bring()
    assert bringing.server.asked == [(0, PIECE)]


async def test_a_message_that_is_gone_leaves_nothing(bringing: Bringing) -> None:
    bringing.server.content = b""
    assert not await bringing.bring()
    assert bringing.begun == []
    assert await bringing.raw() is None
    assert bringing.progress == []


@pytest.mark.parametrize("told", [500, 501, 2000])
async def test_a_size_is_a_hint(bringing: Bringing, told: int) -> None:
    assert await bringing.bring(told)
    assert await bringing.raw() == CONTENT
    assert bringing.progress[-1] == ("bytes", 1000, max(told, 1000))


async def test_what_sends_far_more_than_it_said_is_refused(bringing: Bringing) -> None:
    with pytest.raises(Refused, match="far more of the message than it said"):
        await bringing.bring(499)
    assert bringing.begun == []


async def test_what_is_too_large_to_be_kept_is_not_even_begun(bringing: Bringing) -> None:
    with pytest.raises(Refused, match="It has 858 MB: more than can be kept here"):
        await bringing.bring(LARGEST_OF_ALL + 1)
    assert bringing.server.asked == []
    assert await bringing.bring(LARGEST_OF_ALL)
