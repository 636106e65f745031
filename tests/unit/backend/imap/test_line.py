"""A line under way: pipelining, cancellation, silence, and servers without measure."""

import asyncio
import logging
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from tests.unit.backend.imap.evil_server import (
    CREDENTIALS,
    PASSWORD,
    Peer,
    account,
    backend_for,
    closing,
    serving,
)
from tuimail.backend.base import BrokenOff, Refused, Unreachable
from tuimail.backend.imap.backend import ImapBackend
from tuimail.model.mail import INBOX, MailboxName
from tuimail.model.sync import Part

Ending = Callable[[Peer], Awaitable[None]]


async def everything(backend: ImapBackend) -> None:
    """A pull as an engine makes it."""
    await backend.mailboxes()
    changes = await backend.changes(INBOX, None, [])
    stream = backend.fetch(INBOX, changes.bookmark.validity, changes.arrived, Part.FULL)
    async for _ in stream:
        pass


async def hang(peer: Peer) -> None:
    await peer.hang()


async def drip(peer: Peer) -> None:
    for byte in b"* LIST () NIL abcdefghijklmnop":
        await peer.send(bytes([byte]))
        await asyncio.sleep(0.1)


async def part_of_a_literal(peer: Peer) -> None:
    await peer.send(b"* LIST () NIL {20}\r\nabc")
    await peer.hang()


@pytest.mark.parametrize("ending", [hang, drip, part_of_a_literal])
async def test_a_server_that_falls_silent_is_left(ending: Ending) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        await ending(peer)

    async with account(script) as backend:
        with pytest.raises(Unreachable, match="localhost did not answer for"):
            await asyncio.wait_for(backend.mailboxes(), 2)


async def test_a_server_that_is_slow_but_goes_on_is_waited_for() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        for number in range(4):
            await asyncio.sleep(0.2)
            await peer.say(f"* LIST () NIL box{number}")
        await peer.say("{tag} OK done")
        for _ in range(5):
            await peer.hear()
            await peer.say("{tag} OK done")
        await peer.hang()

    async with account(script) as backend:
        assert len(await backend.mailboxes()) == 4


BOMBS: dict[str, bytes] = {
    "a line without end": b"* LIST () NIL " + b"a" * (1 << 20),
    "a literal of 4 GB": b"* LIST () NIL {4294967285}\r\n",
    "a literal of 99 GB": b"* 1 FETCH (BODY[] {99999999999}\r\n",
    "a negative literal": b"* 1 FETCH (BODY[] {-1}\r\n",
    "a literal that needs no word": b"* 1 FETCH (BODY[] {2+}\r\nab)\r\n",
    "a literal announced without CR": b"* LIST () NIL {1}\nx\r\n",
    "a foreign tag": b"ZZZ9 OK done\r\n",
    "no IMAP at all": b"<html>\r\n",
    "100,000 capabilities": b"* CAPABILITY" + b" X" * 100_000 + b"\r\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_broken_protocol_is_refused_and_the_line_closed(bomb: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        await peer.send(BOMBS[bomb])
        await peer.hang()

    async with account(script) as backend:
        with pytest.raises(Refused, match="localhost does not speak IMAP as it should"):
            await backend.mailboxes()


async def test_mailboxes_without_end_are_refused() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hear()
        for start in range(0, 1_000_000, 1000):
            rows = (f"* LIST () NIL b{n}" for n in range(start, start + 1000))
            await peer.say(*rows)

    async with account(script) as backend:
        with pytest.raises(Refused, match="more mailboxes"):
            await backend.mailboxes()


@pytest.mark.parametrize(
    "row",
    ["* {n} FETCH (UID {n} FLAGS ())", "* {n} FETCH (UID x)", "* ESEARCH UID ALL {n}:4294967295"],
)
async def test_messages_without_end_are_refused(row: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(
            "IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH" if "ESEARCH" in row else "IMAP4rev1"
        )
        await peer.select(total=3, next_uid=10)
        await peer.hear()
        for start in range(1, 1_000_000, 1000):
            await peer.say(*(row.replace("{n}", str(n)) for n in range(start, start + 1000)))

    async with account(script) as backend:
        with pytest.raises(Refused, match="localhost"):
            await backend.changes(INBOX, None, [])


async def test_a_message_far_larger_than_announced_closes_the_line() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=1, next_uid=2)
        await peer.hear()
        await peer.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 10 BODY[] {60000000}\r\n")
        await peer.hang()

    async with account(script) as backend:
        with pytest.raises(BrokenOff, match="larger than announced"):
            _ = [each async for each in backend.fetch(INBOX, 7, range(1, 20), Part.FULL)]


async def test_a_shorter_literal_than_announced_is_no_message() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=1, next_uid=2)
        await peer.hear()
        await peer.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 BODY[] {9}\r\nabc)\r\n")
        await peer.say("{tag} OK")

    async with account(script) as backend:
        with pytest.raises((Refused, Unreachable), match="localhost"):
            _ = [each async for each in backend.fetch(INBOX, 7, [1], Part.FULL)]


@pytest.mark.parametrize("bye", ["* BYE shutting \x1b[31mdown", ""])
async def test_a_lost_line_fails_all_that_wait_on_it(bye: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=1, next_uid=2)
        await peer.hear()
        if bye:
            await peer.say(bye)

    async with account(script) as backend:
        waiting = [
            asyncio.ensure_future(backend.changes(INBOX, None, [])),
            asyncio.ensure_future(backend.mailboxes()),
            asyncio.ensure_future(backend.changes(MailboxName("other"), None, [])),
        ]
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 3)
        assert {type(result) for result in results[:2]} == {Unreachable}
        expected = "shutting ␛[31mdown" if bye else "was lost"
        assert expected in str(results[0])


async def test_a_line_that_was_lost_is_opened_anew() -> None:
    async def short(peer: Peer) -> None:
        await peer.greet()

    async def long(peer: Peer) -> None:
        await peer.greet()
        await peer.select()
        await peer.hang()

    async with serving(short, long) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        await asyncio.sleep(0.1)
        await backend.connect()
        assert (await backend.changes(INBOX, None, [])).bookmark.validity == 7
        assert evil.connections == 2


async def test_the_rest_of_an_abandoned_answer_is_read_and_dropped() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=20, next_uid=21)
        await peer.hear()
        abandoned = peer.tag
        await peer.send(b"* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 BODY[] {9}\r\nabc")
        assert await peer.hear() == b"NOOP"
        await peer.send(b"DEFGHI)\r\n" + abandoned + b" OK done\r\n" + peer.tag + b" OK\r\n")
        assert (await peer.hear()).startswith(b"UID FETCH")
        await peer.say("* 2 FETCH (UID 2 FLAGS () RFC822.SIZE 2 BODY[] {2}", "hi)", "{tag} OK")
        while await peer.hear():
            await peer.say("{tag} OK")

    async with account(script) as backend:
        stream = backend.fetch(INBOX, 7, range(1, 20), Part.FULL)
        abandoned = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.1)
        abandoned.cancel()
        await asyncio.wait({abandoned})
        messages = [each async for each in backend.fetch(INBOX, 7, range(2, 20), Part.FULL)]
        assert [message.content for message in messages] == [b"hi"]


async def test_a_literal_that_was_broken_off_closes_the_line() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.hang()

    async with serving(script) as evil, closing(backend_for(evil)) as backend:
        await backend.connect()
        awkward = MailboxName("x" * 2000)
        waiting = asyncio.ensure_future(backend.changes(awkward, None, []))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        await backend.connect()
        assert evil.connections == 2


async def test_one_command_at_a_time_where_that_is_asked() -> None:
    flight: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.greet("IMAP4rev1 NAMESPACE AUTH=PLAIN SASL-IR")
        for _ in range(6):
            command = await peer.hear()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(peer.peek(), 0.05)
            flight.append(1)
            rows = ["* LIST () NIL a", "* LIST () NIL b"] if command.startswith(b"LIST") else []
            await peer.say(*rows, "{tag} OK")
        await peer.hang()

    async with account(script, pipeline=1) as backend:
        await backend.mailboxes()
    # NAMESPACE, LIST, LSUB, two of STATUS, LOGOUT.
    assert len(flight) == 6


@pytest.mark.parametrize("pipeline", [0, 1])
async def test_a_slow_reader_stops_the_line_and_loses_nothing(pipeline: int) -> None:
    size, total = 1 << 20, 120

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.select(total=total, next_uid=total + 1)
        sent = 0
        while sent < total:
            command = await peer.hear()
            first, _, last = command.split()[2].partition(b":")
            for uid in range(int(first), int(last or first) + 1):
                row = f"* {uid} FETCH (UID {uid} FLAGS () RFC822.SIZE {size} BODY[] {{{size}}}\r\n"
                await peer.send(row.encode() + b"x" * size + b")\r\n")
                sent += 1
            await peer.say("{tag} OK")
        await peer.hang()

    tracemalloc.start()
    async with account(script, pipeline=pipeline) as backend:
        uids = []
        async for message in backend.fetch(INBOX, 7, range(1, total + 1), Part.FULL):
            await asyncio.sleep(0.6 if message.uid == 2 else 0)
            uids.append(message.uid)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sorted(uids) == list(range(1, total + 1))
    assert peak < 100 << 20


async def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("IMAP4rev1")
        await peer.select(total=1, next_uid=2)
        while await peer.hear():
            await peer.say("{tag} NO [ALERT] \x1b[2J" + "long " * 500)

    caplog.set_level(logging.DEBUG)
    async with account(script) as backend:
        with pytest.raises(Refused) as refusal:
            await backend.changes(MailboxName("Private & Secret"), None, [])
    logged = caplog.text + str(refusal.value)
    for secret in (PASSWORD, PASSWORD.encode("unicode_escape").decode(), "Secret", "\x1b"):
        assert secret not in caplog.text.replace(str(refusal.value), "")
    assert CREDENTIALS[-1].decode() not in logged
    assert "SELECT" in caplog.text
    assert caplog.text.count("says: ") == 1
    assert len(str(refusal.value)) < 700
