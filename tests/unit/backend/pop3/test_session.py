"""How much of a POP3 session is under way at once: much, but never without bounds."""

import pytest

from tuimail.backend.pop3.line import Line
from tuimail.backend.pop3.session import SHORT_WINDOW, WINDOW, WINDOW_BYTES, Pop3Session
from tuimail.backend.server import Patience
from tuimail.wire.pop3 import Content, ContentEnd, Event, Rows, Shape, Status
from tuimail.wire.pop3_commands import Command, Listed

PIPELINING = frozenset({"PIPELINING"})
NOTHING: frozenset[str] = frozenset()


class Peer(Line):
    """A server that answers only when it is asked for an answer; `most` were waiting at once."""

    def __init__(self, size: int = 10) -> None:
        super().__init__("pop.example.org", Patience())
        self.size = size
        self.sent: list[str] = []
        self.packets: list[int] = []
        self.most = 0
        self._answers: list[Event] = []
        self._waiting = 0

    def send(self, *commands: Command) -> None:
        self.packets.append(len(commands))
        self._waiting += len(commands)
        self.most = max(self.most, self._waiting)
        for command in commands:
            self.sent.append(command.shown)
            self._answers.append(Status(True, ""))
            if command.shape is Shape.CONTENT:
                self._answers += [Content(bytes(self.size)), ContentEnd()]
            elif command.shape is Shape.ROWS:
                self._answers.append(Rows(()))

    async def event(self) -> Event:
        answer = self._answers.pop(0)
        last = isinstance(answer, ContentEnd | Rows)
        if last or not (self._answers and isinstance(self._answers[0], Content | Rows)):
            self._waiting -= 1
        return answer


def session(peer: Peer, capabilities: frozenset[str] = PIPELINING) -> Pop3Session:
    return Pop3Session(peer, capabilities, 0.0)


def listed(count: int, size: int) -> list[Listed]:
    return [Listed(number, size) for number in range(1, count + 1)]


async def retrieved(peer: Peer, wanted: list[Listed], capabilities: frozenset[str]) -> list[int]:
    got = session(peer, capabilities).retrieve(wanted)
    return [each.listed.number async for each in got]


async def test_small_messages_fill_the_window_and_no_more() -> None:
    peer = Peer()
    numbers = await retrieved(peer, listed(3 * WINDOW, 10), PIPELINING)
    assert numbers == list(range(1, 3 * WINDOW + 1))
    assert peer.most == WINDOW


async def test_commands_leave_in_large_steps() -> None:
    peer = Peer()
    await retrieved(peer, listed(3 * WINDOW, 10), PIPELINING)
    assert len(peer.packets) <= 6


async def test_large_messages_are_bounded_by_their_bytes() -> None:
    size = WINDOW_BYTES // 4
    peer = Peer(size)
    numbers = await retrieved(peer, listed(20, size), PIPELINING)
    assert numbers == list(range(1, 21))
    assert peer.most == 4


async def test_a_message_larger_than_the_window_comes_alone() -> None:
    wanted = [Listed(1, 10), Listed(2, 2 * WINDOW_BYTES), Listed(3, 10)]
    peer = Peer()
    assert await retrieved(peer, wanted, PIPELINING) == [1, 2, 3]
    assert peer.most <= 2


@pytest.mark.parametrize("pipelining", [True, False])
async def test_all_that_is_to_go_is_deleted_once(pipelining: bool) -> None:
    peer = Peer()
    numbers = range(1, 2 * SHORT_WINDOW)
    deleted = await session(peer, PIPELINING if pipelining else NOTHING).delete(numbers)
    assert deleted == frozenset(numbers)
    assert peer.sent == [f"DELE {number}" for number in numbers]
    assert peer.most == (SHORT_WINDOW if pipelining else 1)


async def test_a_server_without_pipelining_is_asked_one_thing_at_a_time() -> None:
    peer = Peer()
    await session(peer, NOTHING).listing()
    await retrieved(peer, listed(10, 10), NOTHING)
    assert peer.most == 1


async def test_both_listings_are_asked_for_at_once() -> None:
    peer = Peer()
    await session(peer).listing()
    assert peer.packets == [2]
