"""Cursor, window and marks over a vector of keys."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tuimail.model.mail import MessageKey
from tuimail.ui.listing import Listing


def listing(count: int = 100, height: int = 10) -> Listing:
    made = Listing()
    made.resize(height)
    made.replace(range(1, count + 1))
    return made


def test_a_step_changes_two_lines() -> None:
    assert listing().move_to(1) == {0, 1}


def test_a_step_over_the_edge_turns_the_page() -> None:
    shown = listing()
    shown.move_to(9)
    assert shown.move_to(10) is None
    assert (shown.top, shown.cursor) == (10, 10)
    assert shown.move_to(9) is None
    assert (shown.top, shown.cursor) == (0, 9)


def test_a_list_that_scrolls_by_the_line_moves_no_further_than_its_cursor() -> None:
    shown = Listing(by_line=True)
    shown.resize(10)
    shown.replace(range(1, 101))
    shown.move_to(9)
    assert shown.move_to(10) is None
    assert (shown.top, shown.cursor) == (1, 10)
    assert shown.move_to(1) == {0, 9}
    assert shown.move_to(0) is None
    assert (shown.top, shown.cursor) == (0, 0)
    shown.move_to(99)
    assert shown.top == 90


def test_the_last_page_is_full() -> None:
    shown = listing()
    shown.move_to(99)
    assert shown.top == 90


def test_news_above_leave_the_cursor_on_its_message_and_its_line() -> None:
    shown = listing()
    shown.move_to(25)
    line = shown.cursor - shown.top
    shown.replace([1001, 1002, *range(1, 101)])
    assert shown.current == 26
    assert shown.cursor - shown.top == line


def test_news_at_the_top_come_into_sight() -> None:
    shown = listing()
    shown.replace([1001, *range(1, 101)])
    assert (shown.top, shown.current) == (0, 1)


def test_a_cursor_whose_message_left_goes_to_the_next_that_stays() -> None:
    shown = listing()
    shown.move_to(5)
    shown.replace([1, 2, 3, 9, 10])
    assert shown.current == 9


def test_what_is_removed_makes_the_next_message_the_current_one() -> None:
    shown = listing()
    shown.move_to(5)
    shown.remove({MessageKey(6)})
    assert shown.current == 7
    shown.remove(frozenset(map(MessageKey, range(1, 50))))
    assert shown.current == 50


def test_the_last_message_removed_leaves_the_one_before() -> None:
    shown = listing(3)
    shown.move_to(2)
    shown.remove({MessageKey(3)})
    assert shown.current == 2


def test_actions_apply_to_the_marked_else_to_the_current() -> None:
    shown = listing()
    assert shown.chosen == {1}
    shown.mark([MessageKey(4), MessageKey(7)], on=True)
    assert shown.chosen == {4, 7}


def test_a_range_marks_from_the_anchor_to_the_cursor() -> None:
    shown = listing()
    shown.anchor = 0
    shown.move_to(2)
    assert shown.chosen == {1, 2, 3}
    assert shown.marked_count == 3
    assert shown.is_marked(1)
    shown.settle_range()
    shown.move_to(9)
    assert shown.chosen == {1, 2, 3}


def test_marks_of_messages_that_are_gone_are_forgotten() -> None:
    shown = listing()
    shown.mark([MessageKey(4), MessageKey(7)], on=True)
    shown.replace([1, 7])
    assert shown.chosen == {7}


def test_a_focus_wins_over_the_current_message() -> None:
    shown = listing()
    shown.replace(range(1, 101), focus=MessageKey(40))
    assert shown.current == 40


def test_the_same_news_change_nothing() -> None:
    shown = listing()
    assert not shown.replace(array("q", range(1, 101)))


kinds = st.sampled_from(["move", "scroll", "remove", "replace", "resize"])
moves = st.lists(st.tuples(kinds, st.integers(-30, 130)))


@given(moves)
def test_whatever_happens_the_cursor_is_in_sight(steps: list[tuple[str, int]]) -> None:
    shown = listing(40)
    for what, number in steps:
        if what == "move":
            shown.move_to(shown.cursor + number)
        elif what == "scroll":
            shown.scroll(number)
        elif what == "remove":
            shown.remove({MessageKey(number)} if number % 3 else shown.chosen)
        elif what == "replace":
            shown.replace(range(max(0, number), max(0, number) + abs(number) % 50))
        else:
            shown.resize(abs(number) % 30)
        assert 0 <= shown.cursor < max(1, len(shown))
        assert shown.top <= shown.cursor < shown.top + shown.height
        assert shown.top <= max(0, len(shown) - 1)


@given(
    st.lists(st.integers(1, 60), unique=True),
    st.lists(st.integers(1, 60), unique=True),
    st.integers(0, 60),
    st.none() | st.integers(1, 60),
    st.booleans(),
)
def test_what_will_be_in_sight_is_known_before(
    before: list[int], after: list[int], cursor: int, focus: int | None, by_line: bool
) -> None:
    shown = Listing(by_line=by_line)
    shown.resize(7)
    shown.replace(before)
    shown.move_to(cursor)
    stand = None if focus is None else MessageKey(focus)
    shown.mark([MessageKey(key) for key in before[:3]], on=True)
    marks = set(shown.marks)
    expected = list(shown.after(after, focus=stand))
    assert (list(shown.keys), shown.marks) == (before, marks)
    shown.replace(after, focus=stand)
    assert expected == list(shown.around(0))
