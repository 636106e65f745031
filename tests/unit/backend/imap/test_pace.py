"""How many messages a command asks for, after what the commands before it took."""

import pytest

from tuimail.backend.imap import pace
from tuimail.backend.imap.pace import FEWEST, MOST, Pace


class Clock:
    """Moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def sizes(pace: Pace, clock: Clock, seconds: float) -> list[int]:
    """How many messages each command asks for, if each takes so long."""
    found = []
    while pace:
        began = clock.now
        first, _, last = pace.next_set().partition(":")
        found.append(int(last or first) - int(first) + 1)
        clock.now += seconds
        pace.answered(began)
    return found


def test_quick_answers_make_larger_commands_up_to_a_bound(clock: Clock) -> None:
    assert sizes(Pace(range(1, 4001), 100), clock, 0.01) == [100, 200, 400, 800, MOST, MOST, 500]


def test_slow_answers_make_smaller_commands(clock: Clock) -> None:
    assert sizes(Pace(range(1, 121), 40), clock, 3.0) == [40, 20, FEWEST, *[FEWEST] * 5]


def test_what_stood_behind_another_command_is_not_called_slow(clock: Clock) -> None:
    pace = Pace(range(1, 1000), 40)
    began = clock.now
    for _ in range(5):
        clock.now += 0.2
        pace.answered(began)
    assert pace.next_set() == "1:40"


def test_uids_are_asked_for_in_their_order_and_each_once(clock: Clock) -> None:
    pace = Pace([*range(9, 5, -1), 30, 20], 4)
    assert [pace.next_set(), pace.next_set(), bool(pace)] == ["6:9", "20,30", False]
