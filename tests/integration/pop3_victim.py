"""kill -9 of an engine in the middle of a drain, and the certainty where it struck."""

import asyncio
import os
import random
import sys
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from hashlib import sha256

from tests.builders import letter
from tests.integration.engine_process import forget_deaths
from tests.integration.pop3_accounts import local_hashes, server_hashes
from tests.servers.mail_user import MailUser
from tests.servers.proxy import Direction, Proxy
from tuimail.config.paths import Paths

PATIENCE = 30.0
PIECE = 1000


class Phase(StrEnum):
    """How far the dialogue had come when the engine was killed."""

    BEFORE = "before the first RETR"
    FETCHING = "while messages came"
    STORING = "after the last message, before the first DELE"
    DELETING = "among the DELEs"
    AFTER = "after the last DELE"


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + PIECE] for start in range(0, len(data), PIECE)]


class Tap(Proxy):
    """Lets a drain's bytes pass in small pieces until `strike_at`; from then on nothing.

    A DELE weighs as much as a piece, so that it is struck as often.
    """

    def __init__(self, host: str, port: int, *, expected: int) -> None:
        super().__init__(host, port)
        self.strike = asyncio.Event()
        self.strike_at = -1
        self.weight = 0
        self.retrieved = 0
        self.deleted = 0
        self.ended_messages = 0
        self._expected = expected

    async def _send(self, writer: asyncio.StreamWriter, direction: Direction, data: bytes) -> None:
        to_server = direction is Direction.TO_SERVER
        for piece in data.splitlines(keepends=True) if to_server else _pieces(data):
            if 0 <= self.strike_at <= self.weight:
                self.strike.set()
                await asyncio.Event().wait()
            if to_server:
                self.retrieved += piece.startswith(b"RETR ")
                self.deleted += piece.startswith(b"DELE ")
                self.weight += PIECE * piece.startswith(b"DELE ")
            elif self.retrieved and not self.deleted:
                self.weight += len(piece)
            if not to_server:
                self.ended_messages += piece.count(b"\r\n.\r\n")
            await super()._send(writer, direction, piece)

    @property
    def phase(self) -> Phase:
        if not self.retrieved:
            return Phase.BEFORE
        if self.deleted >= self._expected:
            return Phase.AFTER
        if self.deleted:
            return Phase.DELETING
        # Two listings and the list of capabilities end alike.
        whole = self.ended_messages >= self._expected + 3
        return Phase.STORING if whole else Phase.FETCHING


async def start_engine(failpoint: str = "") -> asyncio.subprocess.Process:
    forget_deaths()
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tuimail.engine.run", "--foreground", "--grace", "0.3"),
        env={**os.environ, "TUIMAIL_FAIL": failpoint},
    )


async def end_engine(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    forget_deaths()


async def drain_to_the_end() -> None:
    """An engine with nobody attached leaves when it has nothing left to do."""
    process = await start_engine()
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    finally:
        await end_engine(process)


async def drain_all(there: Counter[str]) -> None:
    """Until everything is here; on a busy machine one visit may end before it was let in."""
    for _ in range(3):
        await drain_to_the_end()
        if local_hashes() == there:
            return
    logs = sorted(Paths.from_environment().log.iterdir())
    raise AssertionError("\n".join(each.read_text()[-3000:] for each in logs))


class Pop3Victim:
    """Letters on the server, engines that die, and what must be true in between."""

    def __init__(self, user: MailUser, chance: random.Random) -> None:
        self.user = user
        self.chance = chance
        self.ever: Counter[str] = Counter()
        self.phases: Counter[Phase] = Counter()
        self._number = 0

    def deliver(self, count: int) -> None:
        """New letters of various sizes; now and then a twin."""
        for _ in range(count):
            self._number += 1
            raw = letter(f"No. {self._number}", "x" * 70 * self.chance.randint(1, 60) + "\r\n")
            for _ in range(2 if self.chance.random() < 0.1 else 1):
                self.user.deliver(raw)

    def note_ever(self) -> None:
        """Whatever is on the server now has to be somewhere for ever."""
        self.ever |= server_hashes(self.user) + self._gone()

    def _gone(self) -> Counter[str]:
        return self.ever - (self.ever & server_hashes(self.user))

    def judge(self, *, finished: bool) -> None:
        """Nothing lost, nothing doubled; after a whole drain the server is empty."""
        here, there = local_hashes(), server_hashes(self.user)
        assert not here - self.ever, "doubled here"
        assert not self.ever - (here | there) - self._both(here, there), "lost"
        if finished:
            assert here == self.ever
            assert not there

    def _both(self, here: Counter[str], there: Counter[str]) -> Counter[str]:
        """Of twins some may have left already while others wait."""
        return (here + there) & self.ever

    def to_fetch(self) -> int:
        """How many bytes on the server are not here yet."""
        here = local_hashes()
        contents = [
            path.read_bytes().replace(b"\n", b"\r\n")
            for path in self.user.maildir().glob("[cn]*/*")
        ]
        return sum(len(each) for each in contents if sha256(each).hexdigest() not in here)

    async def kill(self, tap: Tap, strike_at: int) -> None:
        """Let an engine live until so much has passed, and a moment longer."""
        tap.strike_at = strike_at
        process = await start_engine()
        try:
            struck = asyncio.create_task(tap.strike.wait())
            ended = asyncio.create_task(process.wait())
            first = asyncio.FIRST_COMPLETED
            await asyncio.wait({struck, ended}, timeout=PATIENCE, return_when=first)
            await asyncio.sleep(self.chance.choice([0, 0.001, 0.005, 0.02]))
            self.phases[tap.phase] += 1
            struck.cancel()
        finally:
            await end_engine(process)
            await ended
