"""The parser's process: whatever a letter does to it, the others are read."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.unit.mime.letters import html, message, own_letters
from tuimail.mime.header import envelope
from tuimail.mime.parse import parse
from tuimail.mime.worker import UNREADABLE_BODY, Parser

# A tag with this many attributes takes the HTML parser seconds; the ">" keeps it from being
# noticed as a flood before.
SLOW = html('<a t=">" ' + " ".join(f"a{number}=1" for number in range(150_000)) + ">x")
FINE = message("fine")


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    parser = Parser(seconds=1.0)
    yield parser
    await parser.close()


class Started:
    """Starts processes and remembers what they were given."""

    environment: Mapping[str, str] = {}

    async def __call__(self, *words: str, **options: Any) -> asyncio.subprocess.Process:
        self.environment = options["env"]
        return await asyncio.create_subprocess_exec(*words, **options)


def process_of(parser: Parser) -> int:
    assert parser._child is not None
    return parser._child.pid


async def test_the_answers_are_those_of_parsing_here(parser: Parser) -> None:
    letters = [path.read_bytes() for path in own_letters()]
    assert await parser.bodies(letters) == [parse(raw) for raw in letters]
    assert await parser.envelopes(letters) == [envelope(raw) for raw in letters]


async def test_what_a_letter_hides_is_answered_on_demand(parser: Parser) -> None:
    raw = b"Content-Type: text/html\n\n<p hidden>secret</p>seen"
    assert [body.lines for body in await parser.bodies([raw])] == [("seen",)]
    assert [body.lines for body in await parser.bodies([raw], everything=True)] == [
        ("secret", "", "seen")
    ]


async def test_nothing_asked_is_nothing_answered(parser: Parser) -> None:
    assert await parser.bodies([]) == []
    assert await parser.envelopes([]) == []


async def test_more_than_one_batch_keeps_its_order(parser: Parser) -> None:
    blocks = [b"Subject: %d\n\n" % number for number in range(2_000)]
    read = await parser.envelopes(blocks)
    assert [one.subject for one in read] == [str(number) for number in range(2_000)]


async def test_a_letter_that_takes_too_long_gets_a_stub_and_the_others_are_read(
    parser: Parser,
) -> None:
    read = await parser.bodies([FINE, SLOW, FINE])
    assert read == [parse(FINE), UNREADABLE_BODY, parse(FINE)]
    assert "| shows the source" in read[1].notes[0]


async def test_a_letter_that_takes_too_much_memory_gets_a_stub() -> None:
    parser = Parser(memory=70 * 1024 * 1024)
    big = message("x" * 49_000_000)
    try:
        assert await parser.bodies([FINE, big, FINE]) == [parse(FINE), UNREADABLE_BODY, parse(FINE)]
    finally:
        await parser.close()


async def test_a_process_that_dies_between_two_calls_is_replaced(parser: Parser) -> None:
    await parser.bodies([FINE])
    first = process_of(parser)
    os.kill(first, signal.SIGKILL)
    assert await parser.bodies([FINE]) == [parse(FINE)]
    assert process_of(parser) != first


async def test_a_process_that_hangs_is_ended(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuimail.mime.worker.GRACE_SECONDS", 0.0)
    await parser.bodies([FINE])
    os.kill(process_of(parser), signal.SIGSTOP)
    assert await parser.bodies([FINE]) == [parse(FINE)]


async def test_an_urgent_letter_does_not_wait_for_the_others(parser: Parser) -> None:
    order: list[str] = []

    async def read(what: str, count: int, urgent: bool) -> None:
        await parser.bodies([FINE] * count, urgent=urgent)
        order.append(what)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read("many", 2_000, False))
        await asyncio.sleep(0.05)
        tasks.create_task(read("urgent", 1, True))
    assert order == ["urgent", "many"]


async def test_a_call_that_is_given_up_leaves_the_parser_usable(parser: Parser) -> None:
    task = asyncio.create_task(parser.bodies([SLOW]))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await parser.bodies([FINE]) == [parse(FINE)]


async def test_closing_ends_the_process(parser: Parser) -> None:
    await parser.bodies([FINE])
    process = process_of(parser)
    await parser.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_the_process_ends_with_its_input(parser: Parser) -> None:
    await parser.bodies([FINE])
    child = parser._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert await asyncio.wait_for(child.wait(), 5) == 0


async def test_the_process_knows_no_secret_of_the_environment(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2")
    monkeypatch.setattr("tuimail.mime.worker.create_subprocess_exec", started := Started())
    await parser.bodies([FINE])
    assert started.environment
    assert "MAIL_PASSWORD" not in started.environment


async def test_a_program_that_is_no_parser_is_an_error(
    parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(OSError, match="does not start"):
        await parser.bodies([FINE])


async def test_ten_thousand_envelopes_are_read_whole(parser: Parser) -> None:
    block = (
        b"From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: a@example.org, b@example.org\r\n"
        b"Subject: Re: the figures\r\nDate: Mon, 3 Feb 2025 10:11:12 +0000\r\n"
        b"Message-ID: <1@example.org>\r\nReferences: <2@example.org> <3@example.org>\r\n\r\n"
    )
    read = await parser.envelopes([block] * 10_000)
    assert read == [envelope(block)] * 10_000
