"""Whatever a server does at some messages, the others come, and those it was are known."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import pytest

from tuimail.backend.base import Backend, BrokenOff, Refused, Unreachable, Withheld
from tuimail.engine import gathering as gathering_module
from tuimail.engine.gathering import CAUTIOUS, MOST_BREAKS, MOST_REFUSALS, Gathering, Missed, Place
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.sync import Fetched, Part

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def fetched(uid: int) -> Fetched:
    return Fetched(uid, frozenset(), NOON, 10, b"0123456789")


class Server:
    """Gives out `uids` but for the `bad` ones, where it does what `at_bad` says."""

    def __init__(self, at_bad: Callable[["Server", Sequence[int], int], None]) -> None:
        self.at_bad = at_bad
        self.bad: frozenset[int] = frozenset()
        self.gone: frozenset[int] = frozenset()
        self.asked: list[tuple[int, ...]] = []
        self.sent: list[int] = []
        self.lines = 1
        self.away = False

    async def connect(self) -> None:
        if self.away:
            raise Unreachable("There is no network.")
        self.lines += 1

    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        assert (mailbox, validity, part) == (INBOX, 7, Part.FULL)
        self.asked.append(tuple(uids))
        for place, uid in enumerate(uids):
            if uid in self.gone:
                continue
            if uid in self.bad:
                self.at_bad(self, uids, place)
                continue
            self.sent.append(uid)
            yield fetched(uid)
        if left := self.bad.intersection(uids):
            raise Withheld("some are refused", left)


def stop(_: Server, uids: Sequence[int], place: int) -> None:
    raise Withheld("refused", uids[place:])


def leave_out(*_: object) -> None:
    return


def close(_: Server, uids: Sequence[int], place: int) -> None:
    raise BrokenOff("closed", uids[place:])


class Result:
    def __init__(self) -> None:
        self.came: list[int] = []
        self.missed: list[Missed] = []

    @property
    def missing(self) -> list[int]:
        return sorted(each.uid for each in self.missed)


async def gather(
    server: Server,
    uids: Sequence[int],
    *,
    suspects: Sequence[int] = (),
    sizes: Mapping[int, int] | None = None,
    cautious: bool = False,
) -> tuple[Result, Gathering]:
    result = Result()

    async def miss(missed: Missed) -> None:
        result.missed.append(missed)

    backend = cast(Backend, server)
    place = Place(INBOX, 7)
    gathering = Gathering(backend, place, Part.FULL, miss, sizes or {}, cautious=cautious)
    async for each in gathering.messages(uids, suspects):
        if each is not None:
            result.came.append(each.uid)
    return result, gathering


ALL = range(1, 101)


@pytest.mark.parametrize("bad", [{1}, {100}, {50}, {1, 2, 3}, {7, 50, 93}])
@pytest.mark.parametrize("at_bad", [stop, leave_out], ids=["stops", "leaves out"])
async def test_what_is_refused_is_found_out_and_all_others_come_once(
    bad: set[int], at_bad: Callable[[Server, Sequence[int], int], None]
) -> None:
    server = Server(at_bad)
    server.bad = frozenset(bad)
    result, _ = await gather(server, ALL)
    assert result.missing == sorted(bad)
    assert not any(each.broke for each in result.missed)
    assert sorted(result.came) == [uid for uid in ALL if uid not in bad]
    assert server.lines == 1


async def test_a_server_that_refuses_a_whole_command_gives_out_all_others() -> None:
    class Strict(Server):
        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            if self.bad.intersection(uids):
                raise Withheld("refused", uids)
            for uid in uids:
                self.sent.append(uid)
                yield fetched(uid)

    server = Strict(stop)
    server.bad = frozenset({13, 77})
    result, _ = await gather(server, ALL)
    assert result.missing == [13, 77]
    assert sorted(server.sent) == [uid for uid in ALL if uid not in {13, 77}]


@pytest.mark.parametrize("bad", [{1}, {100}, {50}, {1, 2}, {7, 50, 93}])
async def test_where_the_line_is_lost_is_found_out_and_all_others_come_once(bad: set[int]) -> None:
    server = Server(close)
    server.bad = frozenset(bad)
    result, _ = await gather(server, ALL)
    assert result.missing == sorted(bad)
    assert all(each.broke for each in result.missed)
    assert sorted(result.came) == [uid for uid in ALL if uid not in bad]
    # Those that came tell which one was due: one line for all together, and two for it alone.
    assert server.lines <= 1 + 3 * len(bad)


async def test_what_may_have_broken_the_line_is_not_asked_for_first() -> None:
    class InTwo(Server):
        """A backend sends its commands one after the other: ten messages are under way."""

        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            self.asked.append(tuple(uids))
            for place, uid in enumerate(uids):
                if uid in self.bad:
                    raise BrokenOff("closed", uids[place : place + 10])
                yield fetched(uid)

    server = InTwo(close)
    server.bad = frozenset({5})
    result, _ = await gather(server, ALL)
    assert result.missing == [5]
    assert server.asked[1] == tuple(range(15, 101))
    assert server.asked[2:] == [tuple(range(6, 15)), (5,), (5,)]


async def test_suspects_come_last_and_one_by_one() -> None:
    server = Server(close)
    server.bad = frozenset({3})
    result, _ = await gather(server, [1, 2, 6], suspects=[3, 4])
    assert server.asked == [(1, 2, 6), (3,), (4,)]
    assert (result.came, result.missing) == ([1, 2, 6, 4], [3])


async def test_a_line_that_is_lost_now_and_then_brings_everything_once() -> None:
    class Lossy(Server):
        """Lost after every ten messages."""

        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            for place, uid in enumerate(uids):
                if place == 10:
                    raise BrokenOff("lost", uids[place:])
                self.sent.append(uid)
                yield fetched(uid)

    server = Lossy(close)
    result, _ = await gather(server, ALL)
    assert result.missed == []
    assert sorted(server.sent) == [*ALL]
    assert server.lines == 10


async def test_once_the_line_was_lost_little_is_asked_for_at_once() -> None:
    """What a server sent and we had not read yet is lost with the line."""

    class Lost(Server):
        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            self.asked.append(tuple(uids))
            if len(uids) > 5:
                raise BrokenOff("lost", uids)
            for uid in uids:
                yield fetched(uid)

    server = Lost(close)
    result, gathering = await gather(server, ALL, sizes=dict.fromkeys(ALL, 30_000))
    assert sorted(result.came) == [*ALL]
    assert gathering.broke
    assert all(sum(30_000 for _ in some) <= CAUTIOUS for some in server.asked[1:])


async def test_a_message_at_which_a_lossy_line_ended_by_chance_is_not_blamed() -> None:
    class Lossy(Server):
        """Lost after every three messages, whatever they were asked for with."""

        sent_on_line = 0

        async def connect(self) -> None:
            self.sent_on_line = 0
            await super().connect()

        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            for place, uid in enumerate(uids):
                if self.sent_on_line == 3:
                    raise BrokenOff("lost", uids[place:])
                self.sent_on_line += 1
                yield fetched(uid)

    server = Lossy(close)
    result, _ = await gather(server, range(1, 21), sizes=dict.fromkeys(ALL, 60_000))
    assert (sorted(result.came), result.missed) == ([*range(1, 21)], [])


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_a_message_asked_for_alone_is_blamed_when_it_came_first_on_a_new_line(
    monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    class Chance(Server):
        """Lost at a bad message so many times."""

        left = times

        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            if not self.left:
                self.bad = frozenset()
            self.left -= bool(self.bad.intersection(uids))
            async for each in super().fetch(mailbox, validity, uids, part):
                yield each

    monkeypatch.setattr(gathering_module, "CAUTIOUS", 1)
    server = Chance(close)
    server.bad = frozenset({2})
    result, gathering = await gather(server, [1, 2, 3, 4], cautious=True)
    assert [uid for (uid,) in server.asked] == [1, 2, 3, 4, 2, 2][: 4 + times]
    blamed = times == 3
    assert result.came == ([1, 3, 4] if blamed else [1, 3, 4, 2])
    assert result.missing == ([2] if blamed else [])
    assert gathering.broke


async def test_of_two_at_which_the_line_was_lost_twice_by_chance_none_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = {2: 2, 4: 2}

    class Chance(Server):
        async def fetch(
            self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
        ) -> AsyncIterator[Fetched]:
            (uid,) = uids
            if left.get(uid):
                left[uid] -= 1
                raise BrokenOff("lost", uids)
            yield fetched(uid)

    monkeypatch.setattr(gathering_module, "CAUTIOUS", 1)
    result, _ = await gather(Chance(close), range(1, 6), cautious=True)
    assert (sorted(result.came), result.missed) == ([1, 2, 3, 4, 5], [])


async def test_large_messages_at_which_the_line_was_lost_are_left_for_pieces() -> None:
    server = Server(close)
    server.bad = frozenset({4})
    result, gathering = await gather(server, range(1, 8), sizes={4: 100_000, 6: 70_000, 7: 60_000})
    assert gathering.for_pieces == [4, 6]
    assert gathering.settled == {4, 6}
    assert (result.came, result.missed) == ([1, 2, 3, 5, 7], [])


async def test_what_is_gone_is_neither_here_nor_missed() -> None:
    server = Server(stop)
    server.bad, server.gone = frozenset({3}), frozenset({2, 5})
    result, gathering = await gather(server, range(1, 7))
    assert (sorted(result.came), result.missing) == ([1, 4, 6], [3])
    assert gathering.settled == {3}


async def test_where_the_server_is_away_nothing_is_blamed() -> None:
    server = Server(close)
    server.bad, server.away = frozenset({1}), True
    with pytest.raises(Unreachable, match="no network"):
        await gather(server, [1])


async def test_where_the_line_is_lost_at_everything_it_is_given_up_soon() -> None:
    server = Server(close)
    server.bad = frozenset(ALL)
    with pytest.raises(Unreachable, match="closed"):
        await gather(server, ALL)
    assert server.lines == 1 + MOST_BREAKS + 1


@pytest.mark.parametrize(("count", "told"), [(3, [1, 2, 3]), (4, [])])
async def test_where_none_of_several_comes_it_is_none_of_their_faults(
    count: int, told: list[int]
) -> None:
    server = Server(stop)
    server.bad = frozenset(range(1, count + 1))
    result = Result()

    async def miss(missed: Missed) -> None:
        result.missed.append(missed)

    gathering = Gathering(cast(Backend, server), Place(INBOX, 7), Part.FULL, miss)
    try:
        async for _ in gathering.messages(range(1, count + 1)):
            raise AssertionError
    except Refused:
        assert not told
    assert result.missing == told


@pytest.mark.parametrize(
    ("uids", "suspects", "at_bad"),
    [
        ((1, 6), (), stop),
        ((1, 2, 6), (), stop),
        ((6, 1, 2, 3, 4, 5), (), stop),
        ((6,), (1, 2, 3, 4, 5), stop),
        ((1, 6), (), close),
        ((1, 2, 6), (), close),
        ((6,), (1, 2, 3, 4, 5), close),
    ],
)
async def test_once_something_came_all_that_did_not_come_are_told(
    uids: Sequence[int],
    suspects: Sequence[int],
    at_bad: Callable[[Server, Sequence[int], int], None],
) -> None:
    server = Server(at_bad)
    server.bad = frozenset(range(1, 6))
    result, gathering = await gather(server, uids, suspects=suspects)
    bad = sorted({*uids, *suspects} - {6})
    assert (result.came, result.missing) == ([6], bad)
    assert gathering.settled == {*bad}


@pytest.mark.parametrize("at_bad", [stop, close], ids=["stops", "closes"])
async def test_that_no_suspect_comes_is_the_fault_of_each(
    at_bad: Callable[[Server, Sequence[int], int], None],
) -> None:
    server = Server(at_bad)
    server.bad = frozenset(range(1, 6))
    result, _ = await gather(server, [], suspects=range(1, 6))
    assert result.missing == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", [Withheld, BrokenOff])
async def test_what_is_told_of_a_mailbox_is_what_was_in_the_way_of_its_first_message(
    kind: type[Withheld] | type[BrokenOff],
) -> None:
    def fail(_: Server, uids: Sequence[int], place: int) -> None:
        raise kind(f"not {uids[place]}", uids[place:])

    server = Server(fail)
    server.bad = frozenset(range(1, 5))
    result = Result()

    async def miss(missed: Missed) -> None:
        result.missed.append(missed)

    gathering = Gathering(cast(Backend, server), Place(INBOX, 7), Part.FULL, miss)
    with pytest.raises(kind) as trouble:
        _ = [each async for each in gathering.messages(range(1, 5))]
    assert isinstance(trouble.value, Withheld | BrokenOff)
    assert sorted(trouble.value.uids) == [1, 2, 3, 4]
    assert result.missed == []
    # What was due when a line was lost is asked for after the others.
    assert str(trouble.value) == ("not 1" if kind is Withheld else "not 2")


async def test_a_server_that_refuses_everything_is_not_asked_for_each() -> None:
    server = Server(stop)
    server.bad = frozenset(range(1, 1001))
    with pytest.raises(Refused, match="refused"):
        await gather(server, range(1, 1001))
    assert len(server.asked) == MOST_REFUSALS + 1
