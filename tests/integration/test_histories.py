"""Ten minutes with a server that is out of order; once it is well, so is the account.

Time is virtual: it passes only while something happens.
"""

import asyncio
import random
import re
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path

import pytest

from tests.integration.scripted_world import WORK, ScriptedWorld
from tests.servers.faults import Faults
from tests.servers.scripted import ScriptedServer, letter
from tests.servers.scripted_imap import ScriptedImap
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.virtual_time import VirtualTime, run_in, virtual_time
from tuimail.config.paths import Paths
from tuimail.engine.commands import Archive, Command, Copy, Delete, Mark, Move, Sync, Undo
from tuimail.engine.events import Connection
from tuimail.engine.mail import CommandFailed, View
from tuimail.model.body import NotHere
from tuimail.model.mail import FLAGGED, SEEN, MailboxId, MailboxName, MessageKey
from tuimail.model.operation import EntryState

TEN_MINUTES = 600
# After that even what was refused again and again has been tried anew.
LATER = 26 * 3_600
LOG_INS_A_MINUTE = 6

SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 200))]

pytestmark = pytest.mark.timeout(600)


def log_ins_stay_few(server: ScriptedServer) -> None:
    times = server.times(r"AUTHENTICATE|LOGIN|^PASS")
    for start in times:
        within = [each for each in times if start <= each < start + 60]
        assert len(within) <= LOG_INS_A_MINUTE, f"{len(within)} log-ins within a minute"


def commands(rng: random.Random, keys: list[MessageKey]) -> Command:
    """Something that a user does with one to three of these messages."""
    some = frozenset(rng.sample(keys, min(len(keys), rng.randint(1, 3))))
    place = MailboxId(WORK, MailboxName(rng.choice(("Projects", "Archive", "Sent"))))
    return rng.choice(
        (
            Mark(some, add=frozenset({SEEN})),
            Mark(some, add=frozenset({FLAGGED})),
            Mark(some, remove=frozenset({SEEN, FLAGGED})),
            Archive(some),
            Delete(some),
            Move(some, place),
            Copy(some, place),
            Undo(),
            Sync(),
        )
    )


class History:
    """What happens to one account in ten minutes, and what is true when the server is well."""

    def __init__(self, server: ScriptedImap, seed: int, clock: VirtualTime) -> None:
        self.server = server
        self.faults = Faults(seed)
        self._rng = random.Random(seed)
        self._clock = clock
        self._copied = 0
        self._half_done = 0
        self._letters = 0

    async def run(self) -> None:
        for _ in range(self._rng.randint(0, 12)):
            self._deliver()
        if self._rng.random() < 0.5:
            self.faults.install(self.server)
        async with ScriptedWorld(self.server, clock=self._clock.now) as world:
            if not self.server.hooks.are_set:
                await world.synced()
                self.faults.install(self.server)
            await self._ten_minutes(world)
            self.server.hooks.clear()
            await self._recovery(world)

    async def _ten_minutes(self, world: ScriptedWorld) -> None:
        end = asyncio.get_running_loop().time() + TEN_MINUTES
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(self._rng.expovariate(1 / 15))
            if self._rng.random() < 0.3:
                self._deliver()
            elif keys := list(await world.mail.keys(View(WORK, MailboxName("INBOX")))):
                command = commands(self._rng, keys)
                self._copied += isinstance(command, Copy) * 3
                try:
                    await world.mail.submit(command)
                except CommandFailed:
                    continue

    def _deliver(self) -> None:
        self._letters += 1
        body = f"Body {self._letters}\r\n" + "x" * self._rng.choice((0, 500, 5_000)) + "\r\n"
        self.server.deliver(letter(self._letters, body=body))

    async def _recovery(self, world: ScriptedWorld) -> None:
        """All is well, at once or some time later; says what is not if it never is."""
        end = asyncio.get_running_loop().time() + LATER
        while problems := await self._problems(world):
            assert asyncio.get_running_loop().time() < end, problems
            await asyncio.sleep(20)
        # A copy that was made before the rest of a move was refused.
        self._half_done = sum(len(each.operation.keys) for each in await world.mail.pending())

    async def _problems(self, world: ScriptedWorld) -> dict[str, object]:
        (account,) = (await world.engine.status()).accounts
        pending = await world.mail.pending()
        left = [entry for entry in pending if entry.state is not EntryState.PARKED]
        problems = {
            "connection": account.connection != Connection.ONLINE and str(account.reason),
            "pending": left,
            "differences": await world.differences(self.server.boxes),
            "unreadable": await self._unreadable(world),
        }
        return {name: problem for name, problem in problems.items() if problem}

    async def _unreadable(self, world: ScriptedWorld) -> list[str]:
        keys = await world.mail.keys(View(WORK))
        messages = await world.mail.messages(keys)
        found = []
        for message in messages:
            body = await world.mail.body(message.key)
            number = re.sub(r"\D", "", message.envelope.subject)
            if isinstance(body, NotHere) or f"Body {number}" not in body.lines:
                found.append(str(message.envelope.subject))
        return found

    def none_is_lost_or_doubled(self) -> None:
        counted = Counter(
            int(number[1])
            for box in self.server.boxes.values()
            for each in box.messages.values()
            if r"\Deleted" not in each.flags
            if (number := re.search(rb"Message-ID: <l(\d+)@", each.header))
        )
        assert set(counted) == set(range(1, self._letters + 1))
        assert counted.total() <= self._letters + self._copied + self._half_done


@pytest.mark.parametrize("seed", SEEDS)
def test_an_imap_account_is_well_again_when_its_server_is(seed: int) -> None:
    with ScriptedImap() as server, virtual_time([server], seed) as clock:
        history = History(server, seed, clock)
        try:
            run_in(clock, history.run())
        except BaseException:
            print(history.faults.met)
            print(server.transcript()[-20_000:])
            raise
        history.none_is_lost_or_doubled()
        log_ins_stay_few(server)


def story(seed: int) -> dict[int, list[tuple[float, str]]]:
    """When the client said what on each connection of a history, without its tags."""
    told: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
    with ScriptedImap() as server, virtual_time([server], seed) as clock:
        began = clock.monotonic()
        run_in(clock, History(server, seed, clock).run())
        for each in server.heard:
            if each.by == "C":
                words = each.text.partition(" ")[2]
                told[each.connection].append((round(each.at - began, 3), words))
    return told


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_seed_tells_the_same_story_each_time(
    seed: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else what it has found could not be looked into."""
    stories = []
    for name in ("first", "second"):
        for variable in ("CONFIG", "DATA", "STATE", "CACHE"):
            monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / name / variable))
        stories.append(story(seed))
    assert stories[0] == stories[1]


def in_maildir() -> Counter[bytes]:
    """The hashes of all letters here, as they were on the wire."""
    folder = Paths.from_environment().account_mail(WORK)
    files = [*folder.glob("new/*"), *folder.glob("cur/*")]
    contents = [re.sub(rb"\r?\n", b"\r\n", file.read_bytes()) for file in files]
    return Counter(sha256(content).digest() for content in contents)


async def _ten_minutes_of_pop3(
    server: ScriptedPop3, seed: int, clock: VirtualTime, ever: dict[str, bytes]
) -> None:
    rng = random.Random(seed)

    def deliver() -> None:
        number = len(ever) + 1
        content = letter(number, body="x" * rng.choice((1, 2_000, 40_000)) + "\r\n")
        with server.lock:
            server.add(f"u{number}", content)
        ever[f"u{number}"] = content

    for _ in range(rng.randint(1, 10)):
        deliver()
    Faults(seed).install(server)
    rule = (
        f"[pop3]\ndelete_after_days = {rng.choice(('0', '0', '1', chr(34) + 'never' + chr(34)))}\n"
    )
    async with ScriptedWorld(server, clock=clock.now, more=rule) as world:
        end = asyncio.get_running_loop().time() + TEN_MINUTES
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(rng.expovariate(1 / 30))
            if rng.random() < 0.4:
                deliver()
            else:
                await world.mail.submit(Sync())
        server.hooks.clear()
        wanted = Counter(sha256(content).digest() for content in ever.values())
        end = asyncio.get_running_loop().time() + LATER
        while in_maildir() != wanted:
            assert asyncio.get_running_loop().time() < end, server.transcript()[-20_000:]
            await asyncio.sleep(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pop3_account_is_well_again_when_its_server_is(seed: int) -> None:
    ever: dict[str, bytes] = {}
    with ScriptedPop3() as server, virtual_time([server], seed) as clock:
        run_in(clock, _ten_minutes_of_pop3(server, seed, clock, ever))
        here = in_maildir()
        assert all(here[sha256(ever[uidl]).digest()] for uidl in server.deleted)
        log_ins_stay_few(server)
