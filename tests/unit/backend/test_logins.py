"""However often somebody wants in, a host sees few log-ins a minute."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress

import pytest

from tuimail.backend.logins import Logins, waits_told

HOST = "imap.example.org"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    async def sleep(seconds: float) -> None:
        clock.now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return clock


async def log_in(logins: Logins, host: str = HOST) -> None:
    async with logins.turn(host) as turn:
        turn.take()


def no_minute_sees_more(times: Sequence[float]) -> bool:
    return all(later - earlier > 60 for earlier, later in zip(times, times[6:], strict=False))


async def test_the_first_do_not_wait_and_no_minute_sees_more(clock: Clock) -> None:
    logins = Logins(clock=clock)
    times = []
    for _ in range(25):
        await log_in(logins)
        times.append(clock.now)
    assert times[5] == times[0]
    assert no_minute_sees_more(times)


async def test_one_host_does_not_wait_for_another(clock: Clock) -> None:
    logins = Logins(clock=clock)
    for number in range(25):
        await log_in(logins, f"{number}.example.org")
    assert clock.now == Clock.now


async def test_a_line_on_which_nothing_was_said_does_not_count(clock: Clock) -> None:
    logins = Logins(clock=clock)
    for _ in range(25):
        with suppress(OSError):
            async with logins.turn(HOST):
                raise OSError
    assert clock.now == Clock.now
    assert logins.seconds_left(HOST) == 0


async def test_a_log_in_that_failed_counts(clock: Clock) -> None:
    logins = Logins(clock=clock)
    for _ in range(6):
        with suppress(OSError):
            async with logins.turn(HOST) as turn:
                turn.take()
                raise OSError
    assert logins.seconds_left(HOST) > 60


async def test_what_a_slow_server_hears_late_counts_from_when_it_was_heard(clock: Clock) -> None:
    logins = Logins(clock=clock)
    async with AsyncExitStack() as stack:
        turns = [await stack.enter_async_context(logins.turn(HOST)) for _ in range(6)]
        clock.now += 50
        assert logins.seconds_left(HOST) > 60
        for turn in turns:
            turn.take()
    clock.now += 59
    assert 0 < logins.seconds_left(HOST) < 5
    await log_in(logins)
    assert clock.now > Clock.now + 110


async def test_one_that_fails_gives_back_its_own_place_only(clock: Clock) -> None:
    logins = Logins(clock=clock)
    async with logins.turn(HOST):
        clock.now += 30
        for _ in range(5):
            await log_in(logins)
    clock.now += 40
    assert logins.seconds_left(HOST) == 0
    await log_in(logins)
    assert logins.seconds_left(HOST) > 20


async def test_those_who_wait_at_the_same_time_come_in_one_after_the_other(clock: Clock) -> None:
    logins = Logins(clock=clock)
    times: list[float] = []

    async def enter() -> None:
        await log_in(logins)
        times.append(clock.now)

    await asyncio.gather(*(enter() for _ in range(20)))
    assert no_minute_sees_more(sorted(times))


async def test_what_nobody_waits_for_leaves_some_to_what_is_urgent(clock: Clock) -> None:
    logins = Logins(clock=clock)
    began = clock.now
    for _ in range(3):
        await logins.ample(HOST)
        await log_in(logins)
    assert clock.now == began
    await log_in(logins)
    await logins.ample(HOST)
    assert clock.now > began + 60
    assert logins.seconds_left(HOST) == 0


async def test_who_waits_is_told_for_how_long_and_why_and_that_it_is_over(clock: Clock) -> None:
    logins = Logins(clock=clock)
    told: list[str] = []
    waits_told.set(told.append)
    for _ in range(6):
        await log_in(logins)
    assert told == []
    clock.now += 50
    await log_in(logins)
    assert told[0] == f"Waiting 12 s: at most six log-ins a minute to {HOST}"
    assert told[1] == f"Waiting 10 s: at most six log-ins a minute to {HOST}"
    assert told[-1] == ""


async def test_who_gives_up_waiting_is_not_said_to_wait() -> None:
    logins = Logins()
    told: list[str] = []
    waits_told.set(told.append)
    for _ in range(6):
        await log_in(logins)
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await log_in(logins)
    assert told[0].startswith("Waiting 62 s")
    assert told[-1] == ""
