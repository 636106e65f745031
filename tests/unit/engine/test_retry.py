"""Pauses grow, differ, and are cut short when it is worth a try."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from tuimail.engine.retry import LONGEST, SHORTEST, Surroundings, pause, pause_after


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_between_a_second_and_five_minutes(failures: int, jitter: float) -> None:
    assert SHORTEST <= pause_after(failures, jitter) <= LONGEST


def test_pauses_grow_with_failures() -> None:
    pauses = [pause_after(failures, 0.5) for failures in range(12)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 2 < 100 < pauses[-1]


def test_somebody_who_watches_waits_less_than_a_minute() -> None:
    assert pause_after(100, 0.999, longest=50) <= 50


class World:
    def __init__(self) -> None:
        self.address = "10.0.0.7"
        self.wall = 1_000.0
        self.monotonic = 50.0

    def surroundings(self) -> Surroundings:
        return Surroundings(lambda: self.address, lambda: self.wall, lambda: self.monotonic)


def test_nothing_changes_while_time_only_passes() -> None:
    world = World()
    surroundings = world.surroundings()
    world.wall += 60
    world.monotonic += 60.5
    assert not surroundings.changed()


def test_a_night_of_sleep_is_noticed_once() -> None:
    world = World()
    surroundings = world.surroundings()
    world.wall += 8 * 3600
    assert surroundings.changed()
    assert not surroundings.changed()


def test_another_network_is_noticed() -> None:
    world = World()
    surroundings = world.surroundings()
    world.address = "192.168.1.5"
    assert surroundings.changed()


async def test_a_pause_ends_early_when_it_is_cut_short() -> None:
    now = asyncio.Event()
    asyncio.get_running_loop().call_later(0.01, now.set)
    assert not await pause(30, now, World().surroundings())


async def test_a_pause_that_nobody_cuts_short_takes_its_time() -> None:
    assert await pause(0.01, asyncio.Event(), World().surroundings())
