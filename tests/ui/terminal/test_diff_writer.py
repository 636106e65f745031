"""The diff writer: frames in, bytes out, and a terminal shows the frames."""

import random
import re
from collections.abc import Iterable
from unicodedata import category, normalize

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.terminal.emulator import Emulator, Strange
from tests.ui.terminal.frames import STYLES, Terminals, change, follow, follow_on_another
from tuimail.ui.terminal.diff_writer import SYNC_FROM, DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.style import BOLD, PLAIN, REVERSE, TRUE, Style, sgr, without_link
from tuimail.ui.terminal.widths import is_spacing_mark

BLUE = Style(4, None, BOLD)
BAR = Style(attributes=REVERSE)


def frame_of(*lines: str, width: int = 40, style: Style = PLAIN) -> Frame:
    frame = Frame(width, len(lines))
    for y, line in enumerate(lines):
        frame.put(0, y, [(line, style)])
    return frame


def painter_of(frame: Frame, *, erase: bool = True) -> DiffWriter:
    """A writer for a terminal that shows `frame`."""
    writer = DiffWriter(erase=erase)
    writer.paint(frame)
    return writer


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_terminal_shows_the_last_of_any_frames(chance: random.Random) -> None:
    follow(chance, 12)


@pytest.mark.parametrize("seed", range(8))
def test_a_terminal_shows_each_of_many_frames(seed: int) -> None:
    follow(random.Random(seed), 150)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(8, 400))
def test_a_terminal_shows_each_of_very_many_frames(seed: int) -> None:
    follow(random.Random(seed), 150)


def test_what_is_shown_already_costs_nothing() -> None:
    frame = frame_of("one", "two")
    writer = painter_of(frame)
    assert writer.paint(frame) == b""


def test_a_seeded_writer_sends_nothing_for_what_was_drawn_before() -> None:
    frame = frame_of("one", "two")
    writer = DiffWriter()
    writer.seed(frame)
    assert writer.paint(frame) == b""


def test_one_changed_letter_is_sent_alone() -> None:
    writer = painter_of(frame_of("one", "two"))
    assert writer.paint(frame_of("one", "twX")) == b"\bX"


def test_cells_between_two_changes_are_written_where_that_is_shorter() -> None:
    writer = painter_of(frame_of("abcdef"))
    assert writer.paint(frame_of("XbcdeX")) == b"\rXbcdeX"


def test_the_end_of_a_row_is_erased_in_the_terminals_own_colours_only() -> None:
    writer = painter_of(frame_of("a long line of words"))
    assert writer.paint(frame_of("a")) == b"\x1b[3G\x1b[K"
    coloured = Style(None, 4)
    writer = painter_of(frame_of("a long line", width=11, style=coloured))
    data = writer.paint(frame_of("a".ljust(11), width=11, style=coloured))
    assert b"\x1b[K" not in data


def test_nothing_is_erased_where_that_is_not_wanted() -> None:
    writer = painter_of(frame_of("a long line of words"), erase=False)
    assert b"\x1b[K" not in writer.paint(frame_of("a"))


def test_rows_that_moved_are_moved_by_the_terminal() -> None:
    lines = [f"line {number} of a list" for number in range(12)]
    writer = painter_of(frame_of("top", *lines[:10], "bottom"))
    data = writer.paint(frame_of("top", *lines[1:11], "bottom"))
    assert data == b"\x1b[2;11r\x1b[11H\n\x1b[r\x1b[11Hline 10 of a list"
    data = writer.paint(frame_of("top", *lines[:10], "bottom"))
    assert data == b"\x1b[2;11r\x1b[2H\x1bM\x1b[r\x1b[2Hline 0 of a list"


def test_a_pane_that_is_not_as_wide_as_the_screen_is_never_scrolled() -> None:
    def beside(first: int) -> Frame:
        return frame_of(*(f"box {y:<10} line {first + y} of a list" for y in range(10)))

    writer = painter_of(beside(0))
    data = writer.paint(beside(1))
    assert b"r" not in data.replace(b"\r", b"").replace(b"\x1b[m", b"")


def test_a_frame_is_marked_as_one_if_it_is_big_and_the_terminal_knows_how() -> None:
    big = frame_of(
        *("words and more words, to the end of the row" * 2 for _ in range(40)), width=80
    )
    assert len(painted := DiffWriter(synchronized=True).paint(big)) > SYNC_FROM
    assert painted.startswith(b"\x1b[?2026h")
    assert painted.endswith(b"\x1b[?2026l")
    assert b"2026" not in DiffWriter(synchronized=False).paint(big)
    assert b"2026" not in DiffWriter(synchronized=True).paint(frame_of("small"))


def test_a_screen_of_another_size_is_painted_anew() -> None:
    writer = painter_of(frame_of("one", "two"))
    emulator = Emulator(50, 3)
    emulator.scribble()
    emulator.feed(writer.paint(frame_of("one", "two", "", width=50)))
    assert emulator.lines == ["one", "two", ""]


def test_text_cannot_carry_control_characters() -> None:
    hostile = "".join(map(chr, range(0x20))) + "\x7f\x9b31m\u202e\u2066\ud800\ufeff"
    data = DiffWriter().paint(frame_of(f"a{hostile}b", "\x1b]0;title\a", "\x1b[2J"))
    sent = data.decode()
    assert "\x1b]" not in sent
    assert "\x1b[2J" not in sent
    shown = Emulator(40, 3)
    shown.feed(data)
    assert shown.lines[0] == "a31m" + "\ufffd" * 0 + shown.lines[0][4:]
    assert all(character.isprintable() for line in shown.lines for character in line)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-jp", "koi8-r", "iso2022_jp"])
def test_a_terminal_of_another_encoding_gets_only_what_it_can_show(encoding: str) -> None:
    data = DiffWriter(encoding=encoding).paint(frame_of("é日🚀ж end", "", width=20))
    text = re.sub(rb"\x1b\[[0-9]*[mrGCKH]|[\r\n\x08]", b"", data)
    assert b" end" in text
    assert all(0x20 <= byte < 0x7F or byte >= 0xA0 for byte in text)
    if encoding == "ascii":
        shown = Emulator(20, 2)
        shown.feed(data)
        assert shown.lines == ["?????? end", ""]


# --- a terminal that thinks otherwise of widths


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("thinks", [1, 2])
def test_nothing_stands_elsewhere_on_a_terminal_that_has_other_widths(
    seed: int, thinks: int
) -> None:
    follow_on_another(random.Random(seed), 60, thinks)


# --- the emulator itself


def bare(cells: Iterable[str]) -> str:
    """Without marks, which pyte keeps elsewhere or drops."""
    text = normalize("NFD", "".join(cells))
    return "".join(character for character in text if category(character)[0] != "M")


def is_beside(text: str) -> bool:
    return any(map(is_spacing_mark, text))


def test_the_emulator_shows_what_pyte_shows() -> None:
    for seed in range(6):
        chance = random.Random(seed)
        frame, writer = Frame(60, 12), DiffWriter()
        ours = Emulator(60, 12)
        screen = pyte.Screen(60, 12)
        screen.reset_mode(pyte.modes.DECAWM)  # as the program does
        stream = pyte.ByteStream(screen)
        for _ in range(30):
            change(chance, Terminals(frame, writer, Emulator(60, 12)))
            data = writer.paint(frame)
            ours.feed(data)
            stream.feed(data)
            for y, row in enumerate(ours.rows):
                theirs = screen.buffer[y]
                if any("\ufe0f" in text or is_beside(text) for text, _ in row):
                    continue  # pyte does not know that these widen
                assert bare(text for text, _ in row) == bare(theirs[x].data for x in range(60))
                for x, (text, style) in enumerate(row):
                    assert theirs[x].reverse == bool(style.attributes & REVERSE)
                    if text.strip():
                        assert theirs[x].bold == bool(style.attributes & BOLD)


@pytest.mark.parametrize(
    "data", ["\x1b[2J", "\x1b]0;x\a", "\x1b[5@", "\a", "\x1b[?25l", "\x1b[99C", "\x1b[9;9H"]
)
def test_the_emulator_refuses_what_is_not_ours(data: str) -> None:
    with pytest.raises(Strange):
        Emulator(5, 2).feed(data.encode())


# --- styles


bare_styles = st.sampled_from(STYLES).map(without_link)


@given(bare_styles, bare_styles)
def test_a_style_is_changed_by_the_shorter_of_what_is_new_and_all_of_it(
    before: Style, after: Style
) -> None:
    emulator = Emulator(5, 1)
    emulator.style = before
    delta = sgr(before, after)
    emulator.feed(delta)
    assert emulator.style == after
    assert len(delta) <= len(sgr(None, after))


def test_a_style_is_sent_as_terminals_know_it() -> None:
    assert sgr(PLAIN, BLUE) == b"\x1b[1;34m"
    assert sgr(BLUE, PLAIN) == b"\x1b[m"
    assert sgr(BAR, Style(attributes=REVERSE | BOLD)) == b"\x1b[1m"
    assert sgr(PLAIN, Style(9, 12)) == b"\x1b[91;104m"
    assert sgr(PLAIN, Style(TRUE | 0x010203, 200)) == b"\x1b[38;2;1;2;3;48;5;200m"
    assert sgr(None, PLAIN) == b"\x1b[m"
