"""Whether a line is slow, from what it was sent and when that was answered."""

from hypothesis import given
from hypothesis import strategies as st

from tuimail.ui.terminal.pace import LEAST, SLOW, Pace

PAGE = 4_000


class Line:
    """Sends what it is given at some speed; every question is answered."""

    def __init__(self, speed: float, way: float) -> None:
        self.pace = Pace()
        self.speed = speed
        self.way = way
        self._now = 0.0
        self.send(0)

    def send(self, size: int, *, hiccup: float = 0.0) -> bool:
        """Whether the line counts as slow afterwards."""
        self.pace.ask(self._now, size)
        self._now += self.way + size / self.speed + hiccup
        self.pace.answer(self._now)
        return self.pace.slow


@given(st.floats(1_000, SLOW * 0.9), st.floats(0, 1))
def test_a_slow_line_is_found_out_by_two_pages(speed: float, way: float) -> None:
    line = Line(speed, way)
    assert [line.send(PAGE), line.send(PAGE)] == [False, True]


@given(st.floats(SLOW * 1.1, 1e9), st.floats(0, 1))
def test_a_fast_line_is_not_slow_however_long_the_way_is(speed: float, way: float) -> None:
    line = Line(speed, way)
    assert not any(line.send(PAGE) for _ in range(5))


def test_a_line_that_stands_still_once_is_not_slow() -> None:
    line = Line(1e6, 0.05)
    assert [line.send(PAGE), line.send(PAGE, hiccup=2.0), line.send(PAGE)] == [False] * 3


def test_a_line_that_becomes_fast_is_slow_no_more() -> None:
    line = Line(10_000, 0.05)
    assert [line.send(PAGE), line.send(PAGE)] == [False, True]
    line.speed = 1e6
    assert [line.send(PAGE), line.send(PAGE)] == [True, False]


def test_what_is_small_says_nothing_about_the_line() -> None:
    line = Line(1_000, 0.05)
    assert not any(line.send(LEAST - 1) for _ in range(5))


def test_an_answer_that_nobody_asked_for_says_nothing() -> None:
    line = Line(1e6, 0.05)
    line.pace.answer(1e9)
    assert not line.send(PAGE)
