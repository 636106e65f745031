"""However often somebody syncs or sends, a host sees few log-ins, and who waits is told why.

Time is virtual: it passes only while something happens.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from itertools import cycle

from tests.integration.scripted_world import WORK, ScriptedWorld
from tests.servers.scripted import ScriptedServer, letter
from tests.servers.scripted_pop3 import ScriptedPop3, Session
from tests.servers.scripted_smtp import ScriptedSmtp
from tests.virtual_time import VirtualTime, run_in, virtual_time
from tuimail.backend.logins import LOGINS
from tuimail.cli.setup import ServerSetup
from tuimail.config.paths import Paths
from tuimail.config.schema import ServerConfig
from tuimail.engine.commands import Send, Sync
from tuimail.engine.events import Connection, ConnectionChanged, Event, SyncFinished
from tuimail.engine.setup import Closed, Draft, Pop3Numbers
from tuimail.model.outbox import Posting
from tuimail.model.safe_text import SafeText

WAITING = "at most six log-ins a minute to localhost"
AT_ONCE = timedelta(0)


def most_in_a_minute(*servers: ScriptedServer) -> int:
    times = [each for server in servers for each in server.times(r"^PASS|^AUTH")]
    return max(sum(start <= each < start + 60 for each in times) for start in times)


async def in_world(
    server: ScriptedPop3,
    clock: VirtualTime,
    act: Callable[[ScriptedWorld], Awaitable[None]],
    outgoing: ScriptedSmtp | None = None,
) -> None:
    async with ScriptedWorld(server, outgoing, clock=clock.now) as world:
        await act(world)


def submission() -> ScriptedSmtp:
    server = ScriptedSmtp()
    server.extensions = ("AUTH PLAIN",)
    return server


async def sync(world: ScriptedWorld, times: int) -> list[Event]:
    """One after the other; all that was told meanwhile."""
    told: list[Event] = []
    async with world.mail.subscribe() as news:
        for _ in range(times):
            await world.mail.submit(Sync())
            async for event in news:
                told.append(event)
                if isinstance(event, SyncFinished):
                    break
    return told


def waits(told: Sequence[Event]) -> list[str]:
    return [
        each.reason
        for each in told
        if isinstance(each, ConnectionChanged)
        and each.connection is Connection.CONNECTING
        and each.reason
    ]


def test_a_user_in_a_hurry_waits_at_the_seventh_log_in_and_is_told_why() -> None:
    async def hurry(world: ScriptedWorld) -> None:
        told = await sync(world, 5)
        assert waits(told) == []
        told = await sync(world, 4)
        words = waits(told)
        assert words
        assert all(each.startswith("Waiting ") and WAITING in each for each in words)
        ends = [each for each in told if isinstance(each, SyncFinished)]
        assert [each.exit for each in ends] == [0] * 4
        states = [each for each in told if isinstance(each, ConnectionChanged)]
        assert (states[-1].connection, states[-1].reason) == (Connection.ONLINE, "")

    with ScriptedPop3() as server, virtual_time([server]) as clock:
        run_in(clock, in_world(server, clock, hurry))
        assert most_in_a_minute(server) == 6


def test_all_who_ask_while_one_visit_waits_are_served_by_it() -> None:
    async def hurry(world: ScriptedWorld) -> None:
        await sync(world, 6)
        seen = len(server.times("^PASS"))
        for _ in range(20):
            await world.mail.submit(Sync())
            await asyncio.sleep(1)
        (account,) = (await world.engine.status()).accounts
        assert account.connection is Connection.CONNECTING
        assert WAITING in account.reason
        await asyncio.sleep(120)
        assert len(server.times("^PASS")) - seen == 1
        (account,) = (await world.engine.status()).accounts
        assert (account.connection, account.reason) == (Connection.ONLINE, "")

    with ScriptedPop3() as server, virtual_time([server]) as clock:
        run_in(clock, in_world(server, clock, hurry))
        assert most_in_a_minute(server) <= 6


def test_a_server_that_ends_each_visit_elsewhere_sees_few_log_ins() -> None:
    places = cycle(("LIST", "RETR", "QUIT", "PASS", "UIDL", "CAPA"))

    async def hurry(world: ScriptedWorld) -> None:
        for number in range(20):
            server.add(f"u{number}", letter(number))
            await sync(world, 1)

    with ScriptedPop3() as server, virtual_time([server]) as clock:
        place = next(places)

        def end(name: str) -> Callable[[Session, bytes], bool]:
            def at_one(session: Session, _arguments: bytes) -> bool:
                nonlocal place
                if name == place:
                    place = next(places)
                    session.conversation.hang_up()
                return False

            return at_one

        for name in ("LIST", "RETR", "QUIT", "PASS", "UIDL", "CAPA"):
            server.hook(name)(end(name))
        run_in(clock, in_world(server, clock, hurry))
        assert most_in_a_minute(server) <= 6


def test_what_we_do_by_ourselves_leaves_a_log_in_to_the_user() -> None:
    """A line that breaks and brings something each time is made anew again and again."""
    had: set[int] = set()

    async def look_on(_: ScriptedWorld) -> None:
        for _second in range(150):
            await asyncio.sleep(1)
            assert LOGINS.seconds_left("localhost") == 0

    with ScriptedPop3() as server, virtual_time([server]) as clock:
        for number in range(30):
            server.add(f"u{number}", letter(number))

        @server.hook("RETR")
        def one_a_session(session: Session, _arguments: bytes) -> bool:
            if session.conversation.number in had:
                session.conversation.hang_up()
            had.add(session.conversation.number)
            return False

        run_in(clock, in_world(server, clock, look_on))
        assert most_in_a_minute(server) == 5


async def send(world: ScriptedWorld, number: int) -> None:
    content = letter(number)
    name = f"<l{number}@example.org>"
    posting = Posting("u1@example.com", ("bert@x.net",), name, SafeText("Hello"), content)
    await world.mail.submit(Send(WORK, posting, hold=AT_ONCE))


def test_seven_letters_in_a_minute_need_one_log_in() -> None:
    async def write(world: ScriptedWorld) -> None:
        for number in range(7):
            await send(world, number)
            await asyncio.sleep(8)

    with (
        ScriptedPop3() as server,
        submission() as outgoing,
        virtual_time([server, outgoing]) as clock,
    ):
        run_in(clock, in_world(server, clock, write, outgoing))
        assert len(outgoing.letters) == 7
        assert len(outgoing.logins) == 1


def test_what_is_sent_and_what_is_fetched_counts_together() -> None:
    async def write(world: ScriptedWorld) -> None:
        for number in range(8):
            await send(world, number)
            await world.mail.submit(Sync())
            await asyncio.sleep(16)
        await asyncio.sleep(120)

    with (
        ScriptedPop3() as server,
        submission() as outgoing,
        virtual_time([server, outgoing]) as clock,
    ):
        run_in(clock, in_world(server, clock, write, outgoing))
        assert len(outgoing.letters) == 8
        assert 4 < most_in_a_minute(server, outgoing) <= 6


def test_who_sets_an_account_up_in_a_hurry_is_told_why_the_seventh_try_has_to_wait() -> None:
    with ScriptedPop3() as server, virtual_time([server]) as clock:
        address = ServerConfig(host="localhost", security="none", port=server.port, username="u1")
        draft = Draft(WORK, "u1@example.com", "Una", None, address, None, password="pw")
        setup = ServerSetup(Paths.from_environment())

        async def tried() -> Pop3Numbers | Closed | None:
            return (await setup.probe(draft, nullcontext)).pop3

        for _ in range(6):
            assert isinstance(run_in(clock, tried()), Pop3Numbers)
        refused = run_in(clock, tried())
        assert isinstance(refused, Closed)
        assert WAITING in refused.sentence
        assert refused.later
        clock.jump(60)
        assert isinstance(run_in(clock, tried()), Pop3Numbers)
