"""Parses in a process of its own, so that no letter can hurt the engine (design.md 4)."""

import asyncio
import logging
import os
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tuimail.mime import bounds
from tuimail.mime.codec import ANSWER_BYTES, checked_body, envelope_from_json
from tuimail.model.body import Body
from tuimail.model.mail import Envelope
from tuimail.model.safe_text import SafeText

log = logging.getLogger(__name__)

SECONDS = 5.0
MEMORY = 512 * 1024 * 1024
# The child ends itself after its seconds; this much later it is ended from here.
GRACE_SECONDS = 3.0
START_SECONDS = 30.0
BATCH_BYTES = 512 * 1024
ENVELOPES_IN_A_BATCH = 500
BODIES_IN_A_BATCH = 32
PIECE_BYTES = 64 * 1024

UNREADABLE = SafeText("This message cannot be read; | shows the source.")
UNREADABLE_BODY = Body(notes=(UNREADABLE,))
UNREADABLE_ENVELOPE = Envelope(subject=SafeText("This message cannot be read"))

_REQUEST = struct.Struct("!cI")
_ANSWER = struct.Struct("!I")
_FLUSH = _REQUEST.pack(b"F", 0)
_READY = b"R"
_PACKAGE = Path(__file__).parents[2]

T = TypeVar("T")


class Parser:
    """Envelopes and bodies of messages, in their order; never raises for what is in them.

    A message that takes more than `seconds` or `memory`, or ends the process, gets a stub.
    Urgent calls go before the others. Raises OSError if no process can be started.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._child: Process | None = None
        self._turn = asyncio.Lock()
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def start(self) -> None:
        """Be ready for the first message; without this, the process starts with it."""
        async with self._turn:
            if self._child is None:
                await self._start()

    async def envelopes(
        self, header_blocks: Sequence[bytes], *, urgent: bool = False
    ) -> list[Envelope]:
        """What the list shows of each message; what follows a header block is not read."""
        heads = [block[: bounds.HEADER_BYTES] for block in header_blocks]
        return await self._parse(b"E", heads, ENVELOPES_IN_A_BATCH, urgent, _read_envelope)

    async def bodies(
        self, messages: Sequence[bytes], *, urgent: bool = False, everything: bool = False
    ) -> list[Body]:
        """What is shown of each message; with `everything` what its style hides, too."""
        # One byte more than is read tells that there is more.
        heads = [message[: bounds.MESSAGE_BYTES + 1] for message in messages]
        kind = b"A" if everything else b"B"
        return await self._parse(kind, heads, BODIES_IN_A_BATCH, urgent, _read_body)

    async def close(self) -> None:
        """End the process; the next call would start another."""
        async with self._turn:
            await self._stop()

    async def _parse(
        self,
        kind: bytes,
        messages: Sequence[bytes],
        count: int,
        urgent: bool,
        read: Callable[[bytes | None], T],
    ) -> list[T]:
        parsed: list[T] = []
        for batch in _batches(messages, count):
            async with self._my_turn(urgent):
                parsed += await self._answers(kind, batch, read)
        return parsed

    @asynccontextmanager
    async def _my_turn(self, urgent: bool) -> AsyncIterator[None]:
        if urgent:
            self._urgent += 1
            self._calm.clear()
        try:
            while not urgent and self._urgent:
                await self._calm.wait()
            async with self._turn:
                yield
        finally:
            if urgent:
                self._urgent -= 1
                if not self._urgent:
                    self._calm.set()

    async def _answers(
        self, kind: bytes, batch: Sequence[bytes], read: Callable[[bytes | None], T]
    ) -> list[T]:
        """An answer for each message, a stub for those that end a process of their own."""
        answers = await self._ask(kind, batch, read)
        for message in batch[len(answers) :]:
            alone = await self._ask(kind, [message], read)
            answers.extend(alone or [read(None)])
        return answers

    async def _ask(
        self, kind: bytes, batch: Sequence[bytes], read: Callable[[bytes | None], T]
    ) -> list[T]:
        """The answers that came before the process ended or its time was up."""
        child = self._child or await self._start()
        answers: list[T] = []
        # No TaskGroup: the caller's task lives on, and a group that fails leaves a request to
        # cancel in it (CPython before 3.13). A process that cannot be written to ends its output.
        sending = asyncio.create_task(_send(child, kind, batch), name="parser input")
        try:
            await self._receive(child, len(batch), answers, read)
            await sending
        except (OSError, EOFError, TimeoutError) as failure:
            log.warning("the parser ended: %s", type(failure).__name__)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            if len(answers) < len(batch):
                await self._stop()
        return answers[: len(batch)]

    async def _receive(
        self,
        child: Process,
        count: int,
        answers: list[T],
        read: Callable[[bytes | None], T],
    ) -> None:
        """Each answer is read while the process works on the messages after it."""
        assert child.stdout is not None  # noqa: S101  it was made with a pipe
        held = bytearray()
        while len(answers) < count:
            async with asyncio.timeout(self._seconds + GRACE_SECONDS):
                piece = await child.stdout.read(256 * 1024)
            if not piece:
                raise EOFError
            held += piece
            answers.extend([read(answer) for answer in _whole_answers(held)])

    async def _start(self) -> Process:
        child = await create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "tuimail.mime.child",
            str(self._seconds),
            str(self._memory),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        assert child.stdout is not None  # noqa: S101  it was made with a pipe
        try:
            async with asyncio.timeout(START_SECONDS):
                greeting = await child.stdout.read(1)
        except BaseException:
            await _end(child)
            raise
        if greeting != _READY:
            await _end(child)
            raise ChildProcessError("the parser process does not start")
        self._child = child
        return child

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await _end(child)


async def _end(child: Process) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    await child.wait()


async def _send(child: Process, kind: bytes, batch: Sequence[bytes]) -> None:
    assert child.stdin is not None  # noqa: S101  it was made with a pipe
    for piece in _requests(kind, batch):
        child.stdin.write(piece)
        await child.stdin.drain()


def _requests(kind: bytes, batch: Sequence[bytes]) -> Iterator[bytes]:
    """Small messages in common pieces: each write is a call of the system."""
    held = bytearray()
    for message in batch:
        held += _REQUEST.pack(kind, len(message))
        if len(message) > PIECE_BYTES:
            yield bytes(held)
            for start in range(0, len(message), PIECE_BYTES):
                yield message[start : start + PIECE_BYTES]
            held.clear()
        else:
            held += message
    yield bytes(held + _FLUSH)


def _whole_answers(held: bytearray) -> Iterator[bytes]:
    """Take the complete answers off the front of `held`."""
    start = 0
    while len(held) - start >= _ANSWER.size:
        (length,) = _ANSWER.unpack_from(held, start)
        if length > ANSWER_BYTES:
            raise EOFError
        end = start + _ANSWER.size + length
        if len(held) < end:
            break
        yield bytes(held[start + _ANSWER.size : end])
        start = end
    del held[:start]


def _batches(messages: Sequence[bytes], count: int) -> Iterator[Sequence[bytes]]:
    start = size = 0
    for position, message in enumerate(messages):
        if position > start and (size + len(message) > BATCH_BYTES or position - start == count):
            yield messages[start:position]
            start, size = position, 0
        size += len(message)
    if messages:
        yield messages[start:]


def _read_envelope(answer: bytes | None) -> Envelope:
    try:
        return envelope_from_json(answer or b"")
    except ValueError:
        return UNREADABLE_ENVELOPE


def _read_body(answer: bytes | None) -> Body:
    try:
        return checked_body(answer or b"")
    except ValueError:
        return UNREADABLE_BODY


def _environment() -> dict[str, str]:
    """Only what Python needs to start: a parser has no use for the user's secrets."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ
    }
    return kept | {"PYTHONPATH": str(_PACKAGE), "PYTHONUTF8": "1"}
