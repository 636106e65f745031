"""However often somebody wants in, a host sees few log-ins a minute."""

import asyncio

import pytest

from tuimail.backend.logins import Logins

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


async def test_the_first_do_not_wait_and_no_minute_sees_more(clock: Clock) -> None:
    logins = Logins(clock=clock)
    times = []
    for _ in range(25):
        await logins.turn(HOST)
        times.append(clock.now)
    assert times[5] == times[0]
    assert all(later - earlier > 60 for earlier, later in zip(times, times[6:], strict=False))


async def test_one_host_does_not_wait_for_another(clock: Clock) -> None:
    logins = Logins(clock=clock)
    for number in range(25):
        await logins.turn(f"{number}.example.org")
    assert clock.now == Clock.now


async def test_what_ended_in_good_order_does_not_count(clock: Clock) -> None:
    logins = Logins(clock=clock)
    for _ in range(25):
        await logins.turn(HOST)
        logins.give_back(HOST)
    assert clock.now == Clock.now
    assert logins.seconds_left(HOST) == 0


async def test_those_who_wait_at_the_same_time_come_in_one_after_the_other(clock: Clock) -> None:
    logins = Logins(clock=clock)
    times: list[float] = []

    async def enter() -> None:
        await logins.turn(HOST)
        times.append(clock.now)

    await asyncio.gather(*(enter() for _ in range(20)))
    times.sort()
    assert all(later - earlier > 60 for earlier, later in zip(times, times[6:], strict=False))


async def test_what_nobody_waits_for_leaves_some_to_what_is_urgent(clock: Clock) -> None:
    logins = Logins(clock=clock)
    began = clock.now
    for _ in range(3):
        await logins.ample(HOST)
        await logins.turn(HOST)
    assert clock.now == began
    await logins.turn(HOST)
    await logins.ample(HOST)
    assert clock.now > began + 60
    assert logins.seconds_left(HOST) == 0
