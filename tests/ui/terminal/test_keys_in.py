"""From a terminal's bytes to keys: however they are cut and whenever they come."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events, messages
from textual.message import Message

from tuimail.ui.keymap import key_name
from tuimail.ui.terminal.keys_in import KeysIn

ANSWER = b"\x1b[0n"

KEYS = {
    b"j": "j",
    b"\r": "enter",
    b"\t": "tab",
    b"\x7f": "backspace",
    b"\x1a": "ctrl+z",
    b"\x1b[A": "up",
    b"\x1bOB": "down",
    b"\x1b[5~": "pageup",
    b"\x1b[6~": "pagedown",
    b"\x1b[1;5C": "ctrl+right",
    b"\x1b[H": "home",
    b"\x1bOP": "f1",
    b"\x1b[15~": "f5",
    b"\x1b[[A": "f1",
    b"\x1b[Z": "shift+tab",
    b"\x1b[27u": "escape",
    b"\x1b[91;5u": "escape",
    b"\x1b[105;5u": "tab",
    b"\x1b[122;5u": "ctrl+z",
    b"\x1b[97;3u": "alt+a",
    b"\x1ba": "alt+a",
    "é".encode(): "é",
    "旅".encode(): "旅",
}
SEQUENCES = [keys for keys in KEYS if keys.startswith(b"\x1b") and len(keys) > 2]

REPORTS = [
    b"\x1b[?62;22c",
    b"\x1b[>41;354;0c",
    b"\x1b[12;80R",
    b"\x1b[1;2R",
    b"\x1b[0n",
    b"\x1b[?2026;0$y",
    b"\x1b[?2004;2$y",
    b"\x1b[?0u",
    b"\x1b[8;40;120t",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    b"\x1b]52;c;aGVsbG8=\a",
    b"\x1bP>|XTerm(354)\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b_Gi=1;OK\x1b\\",
    b"\x1b[99999999999;1u",
    b"\x1b[" + b"1;" * 60 + b"A",
]


class FakeClock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[FakeTimer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None], /) -> "FakeTimer":
        timer = FakeTimer(self, self.now + delay, callback)
        self.timers.append(timer)
        return timer

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.when <= end]:
            first = min(due, key=lambda timer: timer.when)
            self.timers.remove(first)
            self.now = first.when
            first.callback()
        self.now = end


class FakeTimer:
    def __init__(self, clock: FakeClock, when: float, callback: Callable[[], None]) -> None:
        self.clock, self.when, self.callback = clock, when, callback

    def cancel(self) -> None:
        if self in self.clock.timers:
            self.clock.timers.remove(self)


class Sitting:
    """Somebody at a terminal that answers, behind a line that keeps the order of bytes.

    What is on its way there or back is held up while `stalled`.
    """

    def __init__(self, *, answers: bool = True, delay: float = 0.15) -> None:
        self.got: list[Message] = []
        self.clock = FakeClock()
        self.keys = KeysIn(self.got.append, self._asked, self.clock, delay=delay)
        self.questions = 0
        self._answers = answers
        self._upstream: list[bytes] = []
        self.stalled = False
        if answers:
            self.keys.ask()

    def _asked(self) -> None:
        self.questions += 1
        if self._answers:
            self._upstream.append(ANSWER)
            self.clock.call_later(0.0, self._flow)

    def _flow(self) -> None:
        while self._upstream and not self.stalled:
            self.keys.feed(self._upstream.pop(0))

    def type(self, *pieces: bytes, gap: float = 0.0, rest: float = 20.0) -> list[str]:
        """The names of all keys that come of what is typed in pieces, so far apart."""
        self.clock.pass_by(0)
        self.stalled = len(pieces) > 1
        for number, piece in enumerate(pieces):
            if number:
                self.clock.pass_by(gap)
            # Whatever was asked meanwhile is answered after what is still on the line.
            self.keys.feed(piece)
        self.stalled = False
        self._flow()
        self.clock.pass_by(rest)
        assert not self.clock.timers
        return self.names

    @property
    def names(self) -> list[str]:
        return [each.key for each in self.got if isinstance(each, events.Key)]

    @property
    def pasted(self) -> list[str]:
        return [each.text for each in self.got if isinstance(each, events.Paste)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize(("typed", "name"), KEYS.items())
def test_every_key_has_its_name(typed: bytes, name: str) -> None:
    assert Sitting().type(typed) == [name]


@pytest.mark.parametrize("gap", [0.0, 0.02, 0.12, 0.5, 2.0, 20.0])
@pytest.mark.parametrize("typed", SEQUENCES)
def test_a_key_cut_in_pieces_is_still_that_key(typed: bytes, gap: float) -> None:
    assert Sitting().type(*bytewise(typed), gap=gap) == [KEYS[typed]]


@pytest.mark.parametrize("gap", [0.02, 0.12, 0.5, 2.0, 4.0])
@pytest.mark.parametrize("typed", SEQUENCES)
def test_no_piece_of_a_key_is_a_command_where_the_terminal_never_answers(
    typed: bytes, gap: float
) -> None:
    names = Sitting(answers=False).type(*bytewise(typed), gap=gap)
    assert names in ([KEYS[typed]], ["escape"])


@pytest.mark.parametrize("answers", [True, False])
def test_esc_is_a_key_and_what_is_typed_after_it_is_one_too(answers: bool) -> None:
    sitting = Sitting(answers=answers)
    assert sitting.type(b"\x1b") == ["escape"]
    assert sitting.type(b"j") == ["escape", "j"]
    assert sitting.type(b"\x1b\x1b") == ["escape", "j", "escape", "escape"]


def test_esc_before_the_answer_comes_is_told_from_alt_by_the_time_between() -> None:
    quick, slow = Sitting(), Sitting()
    assert quick.type(b"\x1b", b"j", gap=0.01) == ["alt+j"]
    assert slow.type(b"\x1b", b"j", gap=0.2) == ["escape", "j"]


def test_esc_and_a_sequence_are_two_keys_unless_they_came_together() -> None:
    assert Sitting().type(b"\x1b", b"\x1b[A", gap=0.2) == ["escape", "up"]
    assert Sitting().type(b"\x1b\x1b[A") == ["alt+up"]
    assert Sitting().type(b"\x1b\x1bOB") == ["alt+down"]
    assert Sitting().type(b"\x1b\x1b\x1b[3~") == ["escape", "alt+delete"]
    assert Sitting().type(b"\x1b\x1bj") == ["escape", "alt+j"]


@pytest.mark.parametrize("report", REPORTS)
def test_esc_right_before_what_the_terminal_answers_is_a_key(report: bytes) -> None:
    assert Sitting().type(b"\x1b" + report, b"j", gap=0.2) == ["escape", "j"]


def test_esc_right_before_a_paste_is_a_key() -> None:
    sitting = Sitting()
    assert sitting.type(b"\x1b" + pasted("dd")) == ["escape"]
    assert sitting.pasted == ["dd"]


def test_esc_and_what_begins_sequences_are_two_keys_once_the_terminal_has_answered() -> None:
    sitting = Sitting()
    assert sitting.type(b"\x1b") == ["escape"]
    assert sitting.type(b"[") == ["escape", "left_square_bracket"]
    assert sitting.type(b"O")[2:] == ["O"]


def test_alt_with_what_begins_sequences_is_a_key() -> None:
    for character in "[O]P-":
        sitting = Sitting()
        [name] = sitting.type(b"\x1b" + character.encode())
        assert key_name(name, character) == f"M-{character}"


def test_a_terminal_that_never_answers_is_not_waited_for_twice() -> None:
    sitting = Sitting(answers=False, delay=0.15)
    sitting.type(b"\x1b")
    sitting.keys.feed(b"\x1b")
    sitting.clock.pass_by(0.2)
    assert sitting.names == ["escape", "escape"]


def test_keys_that_are_whole_ask_nothing_and_leave_no_timer() -> None:
    sitting = Sitting()
    asked = sitting.questions
    for typed in KEYS:
        sitting.type(typed, rest=0)
    assert sitting.questions == asked


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_no_answer_of_a_terminal_is_ever_a_key(report: bytes, gap: float) -> None:
    assert Sitting().type(report, b"j") == ["j"]
    assert Sitting().type(*bytewise(report), b"j", gap=gap) == ["j"]


def test_a_terminal_can_say_that_it_shows_frames_at_once() -> None:
    sitting = Sitting()
    sitting.type(*bytewise(b"\x1b[?2026;2$y"))
    [said] = sitting.got
    assert isinstance(said, messages.TerminalSupportsSynchronizedOutput)


def test_the_mouse_has_a_place_and_its_bytes_are_no_keys() -> None:
    sitting = Sitting()
    sitting.type(*bytewise(b"\x1b[<0;10;5M\x1b[<64;3;4M"))
    down, wheel = sitting.got
    assert isinstance(down, events.MouseDown)
    assert (down.x, down.y) == (9, 4)
    assert isinstance(wheel, events.MouseScrollUp)
    assert Sitting().type(b"\x1b[M dd", b"j") == ["j"]


# --- pastes


def pasted(text: str) -> bytes:
    return b"\x1b[200~" + text.encode() + b"\x1b[201~"


@pytest.mark.parametrize("text", ["dd", "q\n", "\x1b[A", "\x1b", "\x1b[200~", "é旅", "x" * 9999])
def test_a_paste_is_one_text_and_no_keys(text: str) -> None:
    sitting = Sitting()
    sitting.type(pasted(text))
    assert (sitting.names, sitting.pasted) == ([], [text])


@pytest.mark.parametrize("gap", [0.0, 0.12, 2.0])
@pytest.mark.parametrize("answers", [True, False])
def test_a_paste_may_come_in_pieces(gap: float, answers: bool) -> None:
    sitting = Sitting(answers=answers)
    names = sitting.type(*bytewise(pasted("delete é\nQ")), gap=gap)
    assert names in ([], ["escape"])
    assert sitting.pasted == ["delete é\nQ"]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_the_end_of_a_paste_inside_it_runs_nothing(size: int) -> None:
    whole = pasted("harmless\x1b[201~ddQ\r\x1b[201~\x1b[0n!Q")
    sitting = Sitting()
    sitting.type(*(whole[at : at + size] for at in range(0, len(whole), size)), gap=0.02)
    assert sitting.names == []
    assert "".join(sitting.pasted).replace("\x1b[0n", "") == "harmlessddQ\r!Q"


def test_what_is_typed_right_after_a_paste_is_not_lost() -> None:
    sitting = Sitting()
    assert sitting.type(pasted("word") + b"\r", b"j", gap=0.01) == ["enter", "j"]
    assert sitting.pasted == ["word"]


def test_a_huge_paste_is_cut_and_still_ends() -> None:
    sitting = Sitting()
    assert sitting.type(pasted("x" * 3_000_000), b"j", gap=1.0) == ["j"]
    assert len(sitting.pasted[0]) <= 1_000_010


# --- anything at all

PIECES = st.sampled_from([*KEYS, *REPORTS, b"\x1b[<0;1;1M", pasted("Q d\x1b[A")])


def cut(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    edges = [0, *sorted({place % len(data) for place in places}), len(data)]
    for start, end in pairwise(edges):
        if end > start:
            yield data[start:end]


@given(st.lists(PIECES, min_size=1, max_size=6), st.lists(st.integers(0, 500), max_size=12))
def test_where_it_is_cut_makes_no_difference(pieces: list[bytes], places: list[int]) -> None:
    data = b"".join(pieces)
    whole, broken = Sitting(), Sitting()
    whole.type(data)
    broken.type(*cut(data, places), gap=0.02)
    assert broken.names == whole.names
    assert "".join(broken.pasted) == "".join(whole.pasted)


@given(st.binary(max_size=60))
def test_no_bytes_stop_the_keys_for_good(noise: bytes) -> None:
    sitting = Sitting()
    sitting.type(noise, b"\x1b[201~", b"\x1b", b"\x1b", b"jj", gap=9.0)
    assert sitting.names[-1:] == ["j"]
