"""One line to a POP3 server, without a socket: what is read, how much, and how it ends."""

import asyncio
import ssl

import pytest

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.pop3.line import ENOUGH, Line
from tuimail.backend.server import Patience
from tuimail.wire.pop3 import Content, ContentEnd, Shape, Status
from tuimail.wire.pop3_commands import numbered, simple

GREETING = b"+OK hello\r\n"
RETR = numbered("RETR", 1, Shape.CONTENT)


class Transport(asyncio.Transport):
    """Keeps what is written, and whether reading is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.reading = True
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def abort(self) -> None:
        self.aborted = True


async def opened() -> tuple[Line, Transport]:
    """After the greeting."""
    line, transport = Line("pop.example.org", Patience()), Transport()
    line.connection_made(transport)
    assert line._is_awaited()
    line.data_received(GREETING)
    assert (await line.status()).ok
    return line, transport


async def test_commands_leave_in_one_go_and_their_answers_come_in_order() -> None:
    line, transport = await opened()
    assert not line._is_awaited()
    line.send(simple("NOOP"), simple("STAT"))
    line.answer(b"cGw=\r\n")
    assert transport.written == [b"NOOP\r\nSTAT\r\n", b"cGw=\r\n"]
    line.data_received(b"+OK one\r\n-ER")
    assert line._is_awaited()
    line.data_received(b"R two\r\n")
    assert not line._is_awaited()
    assert await line.status() == Status(True, "one")
    assert await line.event() == Status(False, "two")


async def test_whoever_waits_for_an_answer_gets_it_when_it_comes() -> None:
    line, _ = await opened()
    line.send(simple("NOOP"))
    waiting = asyncio.create_task(line.status())
    for piece in (b"+O", b"K on", b"e\r\n"):
        await asyncio.sleep(0)
        assert not waiting.done()
        line.data_received(piece)
    async with asyncio.timeout(5):
        assert await waiting == Status(True, "one")


async def test_a_server_waits_while_much_lies_here_unread() -> None:
    line, transport = await opened()
    line.send(RETR)
    half = ENOUGH // 2
    line.data_received(b"+OK\r\n" + b"x" * half)
    line.data_received(b"x" * half)
    assert transport.reading
    line.data_received(b"x")
    assert not transport.reading
    assert not line._is_awaited()
    assert await line.event() == Status(True, "")
    assert await line.event() == Content(b"x" * half)
    assert not transport.reading
    assert await line.event() == Content(b"x" * half)
    assert transport.reading
    assert line._is_awaited()
    assert await line.event() == Content(b"x")
    line.data_received(b"\r\n.\r\n")
    assert await line.event() == Content(b"\r\n")
    assert await line.event() == ContentEnd()
    assert not line._is_awaited()


async def test_exactly_half_is_not_little_enough_to_go_on() -> None:
    line, transport = await opened()
    line.send(RETR)
    half = ENOUGH // 2
    for size in (half + 1, half):
        line.data_received((b"+OK\r\n" if size > half else b"") + b"x" * size)
    assert not transport.reading
    assert isinstance(await line.event(), Status)
    assert isinstance(await line.event(), Content)
    assert not transport.reading
    await line.event()
    assert transport.reading


async def test_what_came_whole_before_the_line_ended_is_told_before_its_end() -> None:
    line, transport = await opened()
    line.send(simple("NOOP"), simple("STAT"))
    line.data_received(b"+OK one\r\n")
    line.connection_lost(None)
    assert await line.status() == Status(True, "one")
    with pytest.raises(Unreachable, match="was lost"):
        await line.status()
    with pytest.raises(Unreachable, match="was lost"):
        line.send(simple("NOOP"))
    with pytest.raises(Unreachable, match="was lost"):
        line.answer(b"x")
    line.data_received(b"+OK too late\r\n")
    with pytest.raises(Unreachable, match="was lost"):
        await line.event()
    assert transport.aborted
    assert not line._is_awaited()


async def test_whoever_waits_when_the_line_ends_is_told() -> None:
    line, _ = await opened()
    line.send(simple("NOOP"))
    waiting = asyncio.create_task(line.status())
    await asyncio.sleep(0)
    line.drop()
    async with asyncio.timeout(5):
        with pytest.raises(Unreachable, match="is closed"):
            await waiting


async def test_what_is_no_pop3_ends_the_line_after_what_was() -> None:
    line, transport = await opened()
    line.send(simple("NOOP"), simple("STAT"))
    line.data_received(b"+OK one\r\n* OK two\r\n")
    assert await line.status() == Status(True, "one")
    with pytest.raises(Refused, match="is neither"):
        await line.status()
    assert transport.aborted


async def test_another_answer_than_was_asked_for_is_refused() -> None:
    line, _ = await opened()
    line.send(RETR)
    line.data_received(b"+OK\r\nx")
    assert (await line.status()).ok
    with pytest.raises(Refused, match="something else than was asked"):
        await line.status()


@pytest.mark.parametrize("behind", [b"+OK in\r\n", b"+O", b"x"])
async def test_what_is_said_between_stls_and_the_handshake_is_not_believed(behind: bytes) -> None:
    line, transport = await opened()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    switching = asyncio.create_task(line.start_tls(simple("STLS"), context, "pop.example.org"))
    await asyncio.sleep(0)
    assert transport.written == [b"STLS\r\n"]
    line.data_received(b"+OK begin\r\n" + behind)
    with pytest.raises(Refused, match="answers what was not asked"):
        await switching
    assert transport.aborted


async def test_a_refused_stls_is_told() -> None:
    line, transport = await opened()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    switching = asyncio.create_task(line.start_tls(simple("STLS"), context, "pop.example.org"))
    await asyncio.sleep(0)
    line.data_received(b"-ERR no\r\n")
    assert await switching == Status(False, "no")
    assert not transport.aborted


async def test_a_whole_answer_is_progress_and_a_few_bytes_of_a_message_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line, _ = await opened()
    heard: list[tuple[int, bool]] = []

    def noting(size: int, *, complete: bool) -> None:
        heard.append((size, complete))

    monkeypatch.setattr(line._watchdog, "heard", noting)
    line.send(RETR, simple("NOOP"))
    for data in (b"+O", b"K\r\n", b"ab", b"c\r\n.", b"\r\n+OK", b"\r\n"):
        line.data_received(data)
    assert heard == [(2, False), (3, True), (2, False), (4, False), (5, True), (2, True)]
