"""The tests of the diff writer see what they are for: each of these faults is caught."""

import random
from collections.abc import Callable, Iterator

import pytest

from tests.ui.terminal.frames import follow, follow_on_another
from tuimail.ui.terminal import diff_writer, frame, pen, splitting
from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Cells, Frame, Row, row_cells
from tuimail.ui.terminal.pen import Pen
from tuimail.ui.terminal.style import BOLD, Style, on_blanks

Fault = Callable[[pytest.MonkeyPatch], None]


def erases_are_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pen, "erase", lambda self: None)


def styles_are_dropped(patch: pytest.MonkeyPatch) -> None:
    def wear(self: Pen, style: Style) -> None:
        self.style = style

    patch.setattr(Pen, "wear", wear)


def rows_scroll_the_wrong_way(patch: pytest.MonkeyPatch) -> None:
    scroll = Pen.scroll
    patch.setattr(Pen, "scroll", lambda self, top, bottom, by: scroll(self, top, bottom, -by))


def rows_scroll_by_too_many(patch: pytest.MonkeyPatch) -> None:
    scroll = Pen.scroll
    patch.setattr(Pen, "scroll", lambda self, top, bottom, by: scroll(self, top, bottom, 2 * by))


def the_shadow_is_not_shifted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(diff_writer, "scrolled", lambda rows, scroll, blank: rows)


def rows_that_scrolled_in_are_not_painted(patch: pytest.MonkeyPatch) -> None:
    def moved(self: DiffWriter, rows: list[Cells]) -> None:
        before = list(self._shown)
        move_rows(self, rows)
        if before != self._shown:
            self._shown = list(rows)

    move_rows = DiffWriter._move_rows
    patch.setattr(DiffWriter, "_move_rows", moved)


def margins_stay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pen, "WHOLE_SCREEN", b"")


def the_place_is_kept_when_margins_change(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pen, "_lose_place", lambda self: None)


def half_a_wide_character_is_written(patch: pytest.MonkeyPatch) -> None:
    right = diff_writer.changed_columns

    def wrong(before: Cells | None, row: Cells) -> list[int]:
        heads = {start for start, stop, _ in row.glyphs if stop > start + 1}
        return [column for column in right(before, row) if column not in heads]

    patch.setattr(diff_writer, "changed_columns", wrong)


def what_a_doubtful_character_may_hide_is_not_written(patch: pytest.MonkeyPatch) -> None:
    right = diff_writer.changed_columns

    def wrong(before: Cells | None, row: Cells) -> list[int]:
        return right(before and before._replace(glyphs=()), row._replace(glyphs=()))

    patch.setattr(diff_writer, "changed_columns", wrong)


def the_second_cell_of_a_doubtful_character_is_not_blanked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(diff_writer, "_is_blank", lambda row, column, style: True)


def a_character_of_doubtful_width_is_trusted(patch: pytest.MonkeyPatch) -> None:
    row_cells.cache_clear()
    patch.setattr(frame, "is_doubtful", lambda text: False)


def the_column_is_sure_behind_any_character(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pen, "sure", property(lambda self: True, lambda self, sure: None), raising=False)


def the_last_column_is_like_any(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Pen, cells: list[str]) -> None:
        self.out += "".join(cells).encode()
        if self.column is not None:
            self.column = min(self.column + len(cells), self.width - 1)

    patch.setattr(Pen, "_write", wrong)


def links_go_on_behind_their_end(patch: pytest.MonkeyPatch) -> None:
    lead = Pen._lead
    patch.setattr(Pen, "_lead", lambda self, link: lead(self, link) if link else None)


def a_reset_is_taken_to_leave_a_style(patch: pytest.MonkeyPatch) -> None:
    reset = Pen.reset

    def wrong(self: Pen) -> None:
        reset(self)
        self.style = Style(attributes=BOLD)

    patch.setattr(Pen, "reset", wrong)


def a_seeded_terminal_is_taken_to_have_no_style(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pen, "forget", lambda self: None)


def rows_are_erased_in_any_colour(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Pen) -> None:
        self.out += pen.ERASE_TO_END

    patch.setattr(Pen, "erase", wrong)


def rows_are_erased_one_column_late(patch: pytest.MonkeyPatch) -> None:
    erase_from = DiffWriter._erase_from

    def wrong(self: DiffWriter, y: int, border: int, first: int) -> None:
        erase_from(self, y, border + 1, min(first + 1, self._pen.width - 1))

    patch.setattr(DiffWriter, "_erase_from", wrong)


def what_was_erased_is_not_written_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(diff_writer, "_still_to_write", lambda row, border: [])


def gaps_are_written_in_any_style(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(diff_writer, "_suits", lambda look, text, style: True)


def a_blank_looks_the_same_on_any_background(patch: pytest.MonkeyPatch) -> None:
    def wrong(style: Style) -> Style:
        return on_blanks(style)._replace(background=None)

    patch.setattr(pen, "on_blanks", wrong)


def styles_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    right = diff_writer.changed_columns

    def wrong(before: Cells | None, row: Cells) -> list[int]:
        return right(before and before._replace(styles=row.styles), row)

    patch.setattr(diff_writer, "changed_columns", wrong)


def a_screen_of_unknown_content_is_taken_for_a_blank_one(patch: pytest.MonkeyPatch) -> None:
    start = DiffWriter._start_afresh

    def wrong(self: DiffWriter, frame: Frame) -> None:
        start(self, frame)
        self._shown = [Frame(frame.width, 1).cells(0)] * frame.height

    patch.setattr(DiffWriter, "_start_afresh", wrong)


def control_characters_are_let_through(patch: pytest.MonkeyPatch) -> None:
    splitting._shown.cache_clear()
    splitting.split.cache_clear()
    patch.setattr(splitting, "_NEVER", frozenset())


def combining_characters_are_sent_alone(patch: pytest.MonkeyPatch) -> None:
    def wrong(row: Row) -> Cells:
        cells = row_cells(row)
        return cells._replace(texts=tuple(text[-1:] for text in cells.texts))

    patch.setattr(diff_writer, "row_cells", wrong)


FAULTS: list[Fault] = [
    erases_are_dropped,
    styles_are_dropped,
    rows_scroll_the_wrong_way,
    rows_scroll_by_too_many,
    the_shadow_is_not_shifted,
    rows_that_scrolled_in_are_not_painted,
    margins_stay,
    the_place_is_kept_when_margins_change,
    half_a_wide_character_is_written,
    what_a_doubtful_character_may_hide_is_not_written,
    the_second_cell_of_a_doubtful_character_is_not_blanked,
    a_character_of_doubtful_width_is_trusted,
    the_column_is_sure_behind_any_character,
    the_last_column_is_like_any,
    a_reset_is_taken_to_leave_a_style,
    links_go_on_behind_their_end,
    a_seeded_terminal_is_taken_to_have_no_style,
    rows_are_erased_in_any_colour,
    rows_are_erased_one_column_late,
    what_was_erased_is_not_written_again,
    gaps_are_written_in_any_style,
    a_blank_looks_the_same_on_any_background,
    styles_are_not_compared,
    a_screen_of_unknown_content_is_taken_for_a_blank_one,
    control_characters_are_let_through,
    combining_characters_are_sent_alone,
]


def some_frames() -> None:
    for seed in range(6):
        follow(random.Random(seed), 60)
        for thinks in (1, 2):
            follow_on_another(random.Random(seed), 30, thinks)


@pytest.fixture(autouse=True)
def _fresh_characters() -> Iterator[None]:
    yield
    splitting._shown.cache_clear()
    splitting.split.cache_clear()
    row_cells.cache_clear()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_it_is_seen_when(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        some_frames()


def test_nothing_is_seen_without_a_fault() -> None:
    some_frames()
