"""What a fetch asks for and what it makes of answers: each message once, or said why not."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from unittest.mock import AsyncMock, Mock

import pytest

from tests.unit.backend.imap.evil_server import Peer, backend_for, closing, serving
from tuimail.backend.base import BrokenOff, Refused, Withheld
from tuimail.backend.imap import fetching, pace
from tuimail.backend.imap.fetching import MessageStream
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.settings import MAX_MESSAGE
from tuimail.model.mail import FLAGGED, INBOX, MailboxName
from tuimail.model.sync import Fetched, Part

BODY = "UID FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"
HEAD = "UID FETCH {} (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS"


def row(uid: int, *, told: str = "UID {} ", section: str = "", content: bytes = b"hi") -> bytes:
    words = f"* {uid} FETCH ({told.format(uid)}FLAGS () BODY[{section}] {{{len(content)}}}\r\n"
    return words.encode() + content + b")"


Rows = Callable[[int], Sequence[bytes | str]]


class Server:
    """Has the messages `there`, and gives out those that are not in `odd` as they are."""

    def __init__(self, *there: int) -> None:
        self.there = there
        self.odd: dict[int, Rows] = {}
        self.rows_tell = True
        self.search_tells = True
        self.goes_at_noop = 0
        self.refused: set[int] = set()
        self.breaks_after: int | None = None
        self.heard: list[str] = []
        self.came: list[Fetched] = []

    async def serve(self, peer: Peer) -> None:
        await peer.greet("IMAP4rev1 AUTH=PLAIN SASL-IR")
        while command := (await peer.hear()).decode():
            asked = self._asked(command)
            if command.startswith(("SELECT", "EXAMINE")):
                await peer.say("* 999 EXISTS", "* OK [UIDVALIDITY 7] ok", "{tag} OK")
                continue
            if command.startswith("UID"):
                self.heard.append(command)
            elif command == "NOOP":
                self.there = tuple(uid for uid in self.there if uid != self.goes_at_noop)
            if "BODY" in command and self.breaks_after is not None:
                await peer.say(*[row(uid) for uid in asked[: self.breaks_after]])
                return
            rows = [each for uid in asked for each in self._rows(command, uid)]
            refused = "BODY" in command and self.refused.intersection(asked)
            await peer.say(*rows, "{tag} NO not now" if refused else "{tag} OK done")

    def _asked(self, command: str) -> list[int]:
        found = re.match(r"UID (?:FETCH|SEARCH UID) ([\d:,]+)", command)
        if found is None:
            return []
        ranges = [[int(end) for end in each.split(":")] for each in found[1].split(",")]
        return [uid for each in ranges for uid in range(each[0], each[-1] + 1) if uid in self.there]

    def _rows(self, command: str, uid: int) -> Sequence[bytes | str]:
        if "SEARCH" in command:
            return [f"* SEARCH {uid}"] if self.search_tells else []
        if "BODY" not in command:
            return [f"* {uid} FETCH (UID {uid})"] if self.rows_tell else []
        if uid in self.refused:
            return []
        if uid in self.odd:
            return self.odd[uid](len(self._asked(command)))
        return [row(uid, section="" if "[]" in command else "HEADER.FIELDS (DATE)")]

    async def fetch(self, *uids: int, part: Part = Part.FULL) -> list[int]:
        """The UIDs that came; `came` has the messages also where it raises."""
        self.heard.clear()
        self.came.clear()
        async with serving(self.serve) as evil, closing(backend_for(evil)) as backend:
            await backend.connect()
            async for fetched in backend.fetch(INBOX, 7, uids, part):
                self.came.append(fetched)
        return [each.uid for each in self.came]

    async def withheld(self, *uids: int, part: Part = Part.FULL) -> Withheld:
        with pytest.raises(Withheld) as refusal:
            await self.fetch(*uids, part=part)
        return refusal.value


def nothing(_: int) -> Sequence[bytes | str]:
    return []


def only_alone(*rows: bytes | str) -> Rows:
    return lambda asked: rows if asked == 1 else []


async def test_where_all_comes_nothing_more_is_asked() -> None:
    server = Server(1, 2, 3)
    assert await server.fetch(1, 2, 3) == [1, 2, 3]
    assert server.heard == [BODY.format("1:3")]
    assert await server.fetch(3, 1, part=Part.HEADERS) in ([3, 1], [1, 3])
    (command,) = server.heard
    assert command.startswith((HEAD.format("3,1"), HEAD.format("1,3")))
    assert await server.fetch() == []
    assert server.heard == []


async def test_what_is_gone_is_asked_about_by_row_and_by_search_and_is_no_trouble() -> None:
    server = Server(1, 3)
    assert await server.fetch(1, 2, 3) == [1, 3]
    assert server.heard == [BODY.format("1:3"), "UID FETCH 2 (UID)", "UID SEARCH UID 2"]


@pytest.mark.parametrize(("rows", "search"), [(True, True), (True, False), (False, True)])
async def test_what_is_there_in_either_way_is_asked_for_alone(rows: bool, search: bool) -> None:
    server = Server(1, 2, 3)
    server.rows_tell, server.search_tells = rows, search
    server.odd[2] = only_alone(row(2))
    assert await server.fetch(1, 2, 3) == [1, 3, 2]
    searched = [] if rows else ["UID SEARCH UID 2"]
    assert server.heard[1:] == ["UID FETCH 2 (UID)", *searched, BODY.format("2")]
    server.odd[2] = nothing
    refusal = await server.withheld(1, 2, 3)
    assert refusal.uids == {2}
    assert str(refusal) == "localhost lists it and does not give it out"
    assert [each.uid for each in server.came] == [1, 3]


async def test_what_another_deleted_meanwhile_is_not_called_withheld() -> None:
    server = Server(1, 2, 3)
    server.odd[2] = nothing
    server.goes_at_noop = 2
    assert await server.fetch(1, 2, 3) == [1, 3]


async def test_more_is_asked_for_at_once_while_answers_are_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(*range(1, 1001))
    monkeypatch.setattr(pace, "QUICK", 1e9)
    assert len(await server.fetch(*server.there)) == 1000
    assert len(server.heard) < 8
    monkeypatch.setattr(pace, "QUICK", 0.0)
    monkeypatch.setattr(pace, "SLOW", 1e9)
    assert len(await server.fetch(*server.there)) == 1000
    assert server.heard == [BODY.format(f"{n}:{n + 99}") for n in range(1, 1001, 100)]


async def test_what_was_asked_for_alone_is_not_asked_for_again() -> None:
    server = Server(2)
    server.odd[2] = nothing
    assert (await server.withheld(2)).uids == {2}
    assert server.heard == [BODY.format("2"), "UID FETCH 2 (UID)"]


async def test_two_that_do_not_come_are_told_as_two() -> None:
    server = Server(1, 2, 3)
    server.odd = dict.fromkeys((1, 2), nothing)
    refusal = await server.withheld(1, 2, 3)
    assert refusal.uids == {1, 2}
    assert str(refusal) == "localhost lists messages and does not give them out"


async def test_of_two_of_which_one_is_gone_a_nameless_row_is_not_taken_for_either() -> None:
    server = Server(2)
    server.odd[2] = lambda _: [row(2, told="")]
    assert await server.fetch(1, 2) == [2]
    assert BODY.format(2) in server.heard


async def test_of_many_that_do_not_come_ten_are_asked_for_alone() -> None:
    server = Server(*range(1, 13))
    server.odd = dict.fromkeys(server.there, nothing)
    server.odd[10] = only_alone(row(10))
    server.odd[11] = only_alone(row(11))
    refusal = await server.withheld(*server.there)
    assert refusal.uids == {*server.there} - {10}
    assert str(refusal) == "localhost lists messages and does not give them out"
    assert server.heard[2:] == [BODY.format(uid) for uid in range(1, 11)]


async def test_a_row_that_does_not_tell_whose_it_is_makes_all_suspects_be_asked_for_alone() -> None:
    server = Server(1, 2, 3, 4)
    server.rows_tell = server.search_tells = False
    server.odd[2] = lambda _: [row(2, told="")]
    server.odd[3] = only_alone(row(3, told=""))
    assert sorted(await server.fetch(1, 2, 3, 4)) == [1, 2, 3, 4]
    assert server.heard[3:] == [BODY.format(2), BODY.format(3)]


async def test_two_rows_that_do_not_tell_whose_they_are_are_nobodys() -> None:
    server = Server(2)
    server.odd[2] = lambda _: [row(2, told=""), row(2, told="", content=b"other")]
    assert (await server.withheld(2)).uids == {2}
    server.odd[2] = lambda _: [row(2, told=""), row(9)]
    assert (await server.withheld(2)).uids == {2}
    server.odd[2] = lambda _: [row(2, told="")]
    assert await server.fetch(2) == [2]


async def test_what_the_server_refuses_is_told_with_its_words_and_all_others_come() -> None:
    server = Server(*range(1, 151))
    server.refused = {7}
    refusal = await server.withheld(*server.there)
    assert refusal.uids == {7}
    assert "not now" in str(refusal)
    assert len(server.came) == 149
    assert server.heard == [BODY.format("1:100"), BODY.format("101:150")]
    server.there = (8,)
    server.refused = {8}
    refusal = await server.withheld(7, 8)
    # Nothing tells which of the two the server means.
    assert refusal.uids == {7, 8}


@pytest.mark.parametrize("came", [0, 5, 99])
async def test_a_line_that_is_lost_tells_what_was_due_in_its_order(came: int) -> None:
    server = Server(*range(1, 151))
    server.breaks_after = came
    with pytest.raises(BrokenOff) as loss:
        await server.fetch(*server.there[::-1])
    assert len(server.came) == came
    left = [uid for uid in [*range(51, 151), *range(1, 51)] if uid not in server.there[50:][:came]]
    assert sorted(loss.value.uids) == sorted(left)
    assert set(loss.value.uids[: 100 - came]) <= {*range(51, 151)}


async def test_what_answers_another_question_is_no_message() -> None:
    server = Server(1, 2, 3)
    server.odd[1] = lambda _: [row(1, section="HEADER"), row(1)]
    server.odd[2] = lambda _: ["* 2 FETCH (UID 2 FLAGS ())", row(2), row(2, content=b"twice")]
    server.odd[3] = lambda _: [row(9), "* 5 EXPUNGE", row(3)]
    assert await server.fetch(1, 2, 3) == [1, 2, 3]
    assert {each.content for each in server.came} == {b"hi"}
    server.odd = {1: lambda _: [row(1), row(1, section="HEADER", content=b"head")]}
    assert await server.fetch(1, part=Part.HEADERS) == [1]
    assert server.came[0].content == b"head"


@pytest.mark.parametrize(
    ("size", "comes"), [(0, True), (1, False), (MAX_MESSAGE, False), (MAX_MESSAGE + 1, True)]
)
async def test_nil_is_an_answer_only_where_nothing_can_be_given(size: int, comes: bool) -> None:
    server = Server(1)
    server.odd[1] = lambda _: [f"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE {size} BODY[] NIL)"]
    if comes:
        assert await server.fetch(1) == [1]
        assert (server.came[0].size, server.came[0].content) == (size, b"")
    else:
        assert (await server.withheld(1)).uids == {1}


async def test_what_a_row_does_not_tell_is_taken_from_the_message_or_unknown() -> None:
    dated = b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\n"
    server = Server(1, 2, 3)
    server.odd[1] = lambda _: [row(1, content=dated)]
    server.odd[3] = lambda _: [
        b'* 3 FETCH (UID 3 FLAGS (\\Flagged) INTERNALDATE " 1-Nov-2026 09:00:00 +0000"'
        b" RFC822.SIZE 77 BODY[] {2}\r\nhi)"
    ]
    await server.fetch(1, 2, 3)
    one, two, three = sorted(server.came, key=lambda each: each.uid)
    assert (one.received, one.size) == (datetime(2026, 11, 2, 10, tzinfo=UTC), len(dated))
    assert (two.received, two.size) == (datetime(1970, 1, 1, tzinfo=UTC), 2)
    assert (three.received, three.size) == (datetime(2026, 11, 1, 9, tzinfo=UTC), 77)
    assert [each.flags for each in (one, three)] == [frozenset(), frozenset({FLAGGED})]


async def test_no_more_is_read_ahead_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paused: list[bool] = []
    pause, resume = Line.pause, Line.resume

    def noting_pause(line: Line) -> None:
        paused.append(True)
        pause(line)

    def noting_resume(line: Line) -> None:
        paused.append(False)
        resume(line)

    monkeypatch.setattr(Line, "pause", noting_pause)
    monkeypatch.setattr(Line, "resume", noting_resume)
    server = Server(*range(1, 21))
    assert len(await server.fetch(*server.there)) == 20
    assert True not in paused
    monkeypatch.setattr(fetching, "_AHEAD", 4)
    assert len(await server.fetch(*server.there)) == 20
    assert True in paused
    assert not paused[-1]


async def test_of_another_uidvalidity_nothing_is_asked_for() -> None:
    server = Server(1)
    async with serving(server.serve) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        with pytest.raises(Refused, match="numbered the messages in INBOX anew"):
            _ = [each async for each in backend.fetch(INBOX, 8, [1], Part.FULL)]
    assert server.heard == []


@pytest.mark.parametrize("ahead", [1, 1 << 20])
async def test_each_message_is_here_as_soon_as_it_was_sent(
    monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    taken = asyncio.Event()

    async def one_by_one(peer: Peer) -> None:
        await peer.greet("IMAP4rev1 AUTH=PLAIN SASL-IR")
        while command := await peer.hear():
            if command.startswith((b"SELECT", b"EXAMINE")):
                await peer.say("* 4 EXISTS", "* OK [UIDVALIDITY 7] ok")
            for uid in range(1, 5) if b"BODY" in command else ():
                taken.clear()
                await peer.say(row(uid))
                await taken.wait()
            await peer.say("{tag} OK")

    monkeypatch.setattr(fetching, "_AHEAD", ahead)
    async with serving(one_by_one) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        came = []
        async for fetched in backend.fetch(INBOX, 7, range(1, 5), Part.FULL):
            came.append(fetched.uid)
            taken.set()
    assert came == [1, 2, 3, 4]


async def test_who_stops_reading_leaves_the_line_to_others() -> None:
    server = Server(*range(1, 151))
    async with serving(server.serve) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        stream = backend.fetch(INBOX, 7, server.there, Part.FULL)
        assert (await anext(stream)).uid == 1
        assert isinstance(stream, AsyncGenerator)
        await stream.aclose()
        again = [each.uid async for each in backend.fetch(INBOX, 7, [150], Part.FULL)]
    assert again == [150]


async def test_two_who_fetch_by_one_line_take_turns_and_leave_nothing_in_flight() -> None:
    heard: list[tuple[str, str]] = []

    async def serve(peer: Peer) -> None:
        selected = ""
        await peer.greet("IMAP4rev1 AUTH=PLAIN SASL-IR")
        while command := (await peer.hear()).decode():
            if command.startswith(("SELECT", "EXAMINE")):
                selected = command.split()[1].strip('"')
                await peer.say("* 999 EXISTS", "* OK [UIDVALIDITY 7] ok", "{tag} OK")
                continue
            found = re.match(r"UID FETCH (\d+):(\d+)", command)
            uids = range(int(found[1]), int(found[2]) + 1) if found else ()
            if command.startswith("UID"):
                heard.append((selected, command))
            rows = [row(uid, content=selected.encode()) for uid in uids]
            await peer.say(*rows, "{tag} OK")

    async def all_of(stream: AsyncIterator[Fetched]) -> list[tuple[int, bytes]]:
        return [(each.uid, each.content) async for each in stream]

    async with serving(serve) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        archive = backend.fetch(MailboxName("Archive"), 7, range(1, 301), Part.FULL)
        inbox = backend.fetch(INBOX, 7, range(1, 3001), Part.FULL)
        first = await anext(inbox)
        async with asyncio.TaskGroup() as tasks:
            other = tasks.create_task(all_of(archive))
            rest = await all_of(inbox)
    assert [(first.uid, first.content), *rest] == [(uid, b"INBOX") for uid in range(1, 3001)]
    assert other.result() == [(uid, b"Archive") for uid in range(1, 301)]
    # Whoever came later did not wait for the end of the first.
    places = [name for name, _ in heard]
    assert places[-1] == "INBOX"
    assert places.count("Archive") >= 1
    assert all("BODY" in command for _, command in heard)


async def test_a_stream_lets_the_line_read_on_before_it_asks_and_when_it_is_closed() -> None:
    pending = Mock(spec=Pending)
    pending.done = asyncio.get_running_loop().create_future()
    line = Mock(spec=Line)
    line.start = AsyncMock(return_value=pending)
    stream = MessageStream(line, [1, 2], Part.FULL)
    await stream.start("1:2")
    # There may be no room for a command before something was read.
    assert [each[0] for each in line.mock_calls] == ["resume", "start"]
    line.reset_mock()
    stream.close()
    pending.abandon.assert_called_once_with()
    line.resume.assert_called_once_with()
