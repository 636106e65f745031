"""The driver in a pty: what comes, what goes, and how the terminal is left."""

import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.terminal.pty_program import SmallJob, SmallProgram
from tuimail.ui.terminal import controls

# As nohup does, but for its other doings.
IGNORING = (
    "import os, signal, sys;"
    "signal.signal(signal.SIGHUP, signal.SIG_IGN);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)

ENDINGS: dict[str, tuple[Callable[[SmallProgram], None], int]] = {
    "quit": (lambda program: program.write(b"q"), 0),
    "TERM": (lambda program: program.send(signal.SIGTERM), 143),
    "HUP": (lambda program: program.send(signal.SIGHUP), 129),
    "INT": (lambda program: program.send(signal.SIGINT), 130),
    "QUIT": (lambda program: program.send(signal.SIGQUIT), 131),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_terminal_is_left_as_it_was(tmp_path: Path, name: str) -> None:
    end, code = ENDINGS[name]
    with SmallProgram(tmp_path) as program:
        assert program.tty_attributes() != program.attributes
        end(program)
        assert program.ended() == code
        assert program.tty_attributes() == program.attributes
        assert program.tty_flags() == program.flags
        assert program.output.endswith(controls.LEAVE)
        assert program.notes[-1] == "unmounted"


def test_what_is_switched_on_is_switched_off_and_nothing_else_is_touched(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"q")
        program.ended()
        on = re.findall(rb"\x1b\[\?([\d;]+)h", program.output)
        off = re.findall(rb"\x1b\[\?([\d;]+)l", program.output)
    assert set(on) - {b"2026"} == {b"1049", b"2004", b"1000", b"1006", b"25", b"7"}
    assert set(on) <= set(off)
    assert program.output.count(b"\x1b[>1u") == program.output.count(b"\x1b[<u") == 1
    assert b"?2048" not in program.output


LEFT_ON = {
    "kitty's flags": b"\x1b[=0u",
    "modifyOtherKeys": b"\x1b[>4;0m",
    "keys as Windows sends them": b"\x1b[?9001l",
    "application cursor keys": b"\x1b[?1l",
    "application keypad": b"\x1b>",
    "insert mode": b"\x1b[4l",
    "origin mode": b"\x1b[?6l",
    "margins": b"\x1b[r",
    "mouse, every movement": b"\x1b[?9;1000;1002;1003;",
    "frames that never end": b"\x1b[?2026l",
}


@pytest.mark.parametrize("reset", LEFT_ON.values(), ids=LEFT_ON)
def test_what_another_program_left_on_is_off_at_the_start_and_at_the_end(reset: bytes) -> None:
    shown = controls.ENTER.index(b"\x1b[?1049h")
    gone = controls.LEAVE.index(b"\x1b[?1049l")
    assert reset in controls.ENTER
    assert reset in controls.LEAVE
    homes = reset in (b"\x1b[?6l", b"\x1b[r")
    # What moves the cursor is said on the screen that is ours: the shell's stays where it was.
    assert homes == (controls.ENTER.index(reset) > shown)
    assert homes == (controls.LEAVE.index(reset) < gone)


def test_our_own_modes_are_set_after_those_of_others_are_reset() -> None:
    assert controls.ENTER.index(b"\x1b[=0u") < controls.ENTER.index(b"\x1b[>1u")
    assert controls.LEAVE.index(b"\x1b[<u") < controls.LEAVE.index(b"\x1b[=0u")
    assert controls.ENTER.endswith(b"\x1b[>1u")


def test_the_title_is_put_aside_and_comes_back(tmp_path: Path) -> None:
    with SmallProgram(tmp_path, environment={"NAME": "\x1b]0;evil\a \x9b \u202e"}) as program:
        program.write(b"q")
        program.ended()
        titles = re.findall(rb"\x1b\]2;(.*?)\x1b\\", program.output)
        assert len(titles) == 1
        assert titles[0].startswith(b"small ")
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", titles[0].decode())
        pushed = program.output.index(b"\x1b[22;0t")
        assert pushed < program.output.index(b"\x1b]2;") < program.output.index(b"\x1b[23;0t")


def test_every_key_that_is_typed_is_carried_out(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"jk\x1b[B\x1b")
        program.until(lambda: len(program.keys) == 4)
        assert program.keys == ["j", "k", "Down", "Esc"]


def test_a_paste_is_one_text_however_it_is_cut(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        pieces = (b"\x1b", b"[20", b"0~qq", b"\x1b[201", b"~qqq\x1b[201~")
        program.write_in_pieces(*pieces, gap=0.15)
        program.write(b"j")
        program.until(lambda: program.keys)
        assert program.keys == ["j"]
        assert "".join(note for note in program.notes if note.startswith("paste")).count("q") == 5


@pytest.mark.parametrize("gap", [0.02, 0.12, 0.5, 2.0])
def test_no_piece_of_a_key_is_a_command(tmp_path: Path, gap: float) -> None:
    with SmallProgram(tmp_path) as program:
        program.write_in_pieces(b"\x1b", b"[", b"6", b"~", b"\x1b", b"O", b"B", gap=gap)
        program.write(b"j")
        program.until(lambda: "j" in program.keys)
        assert program.keys == ["PgDn", "Down", "j"]


def test_esc_alone_is_a_key_at_once(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"\x1b")
        program.until(lambda: program.keys == ["Esc"])


def test_it_sleeps_while_nothing_happens(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"j")
        program.read(1.0)
        before = program.wake_ups()
        program.read(4.0)
        assert program.wake_ups() - before == 0


# --- a terminal that takes nothing


def held_key(program: SmallProgram, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        program.write(b"j")
        time.sleep(1 / 30)


def beats(program: SmallProgram) -> int:
    return program.notes.count("beat")


def test_a_terminal_that_takes_nothing_stops_nothing_but_the_picture(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"b")
        program.until(lambda: beats(program) > 2)
        before, keys = beats(program), len(program.keys)
        held_key(program, 3.0)
        alive = beats(program) - before
        assert alive > 20, f"{alive} beats of about 60"
        assert len(program.keys) - keys > 60
        stalled = len(program.output)
        program.read(0.5)
        assert len(program.output) - stalled < 60_000, "frames nobody saw were made and kept"
        turn = len(program.keys) + beats(program)
        program.until(
            lambda: int(re.findall(r"turn (\d+) row 5", program.screen())[-1]) >= turn - 10
        )


def test_a_terminal_that_takes_nothing_is_left_in_time_and_restored_later(tmp_path: Path) -> None:
    with SmallProgram(tmp_path) as program:
        program.write(b"b")
        held_key(program, 2.0)
        program.send(signal.SIGTERM)
        assert program.process.wait(5) == 143
        assert program.tty_attributes() == program.attributes
        program.read(0.3)
        assert program.output.endswith(controls.LEAVE)


# --- a terminal that is gone


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("busy", [False, True])
def test_a_lost_terminal_ends_it_in_order(tmp_path: Path, ignored: bool, busy: bool) -> None:
    before = [sys.executable, "-c", IGNORING] if ignored else []
    with SmallProgram(tmp_path, before=before) as program:
        if busy:
            program.write(b"b")
            held_key(program, 1.0)
        program.hang_up()
        assert program.ended(5.0) == 129
        assert program.notes[-1] == "unmounted"


# --- sizes


def test_a_storm_of_sizes_ends_with_the_last_one(tmp_path: Path) -> None:
    wrong = {"COLUMNS": "13", "LINES": "7"}
    with SmallProgram(tmp_path, environment=wrong) as program:
        assert "size 80 24" in program.notes
        for turn in range(200):
            program.resize(40 + turn % 90, 10 + turn % 40)
            time.sleep(0.002)
        program.resize(101, 31)
        program.until(lambda: program.notes[-1] == "size 101 31")
        program.write(b"j")
        program.until(lambda: "turn 1 row 30" in program.screen())
        assert not [note for note in program.notes if note == "size 13 7"]


# --- stopped, and back


STOPS: dict[str, Callable[[SmallJob], None]] = {
    "its own key": lambda job: job.write(b"z"),
    "TSTP": lambda job: job.send(signal.SIGTSTP),
}


def drawn_after(job: SmallJob, place: int) -> str:
    """What a terminal shows that has only seen what came after that place."""
    before, job.output = job.output, job.output[place:]
    try:
        return job.screen()
    finally:
        job.output = before


@pytest.mark.parametrize("way", STOPS)
def test_stopped_it_leaves_the_terminal_to_the_shell_and_comes_back_whole(
    tmp_path: Path, way: str
) -> None:
    with SmallJob(tmp_path) as job:
        for _ in range(2):
            STOPS[way](job)
            job.until(lambda: job.stopped)
            assert job.tty_attributes() == job.attributes
            assert controls.LEAVE in job.output[-200:]
            place = len(job.output)
            job.go_on()
            job.until(lambda: "row 23" in drawn_after(job, place))  # noqa: B023
            assert "row 1 " in drawn_after(job, place)
            assert job.output.rindex(controls.ENTER) >= place
        job.write(b"j")
        job.until(lambda: job.keys[-1:] == ["j"])
        job.write(b"q")
        assert job.ended() == 0
        assert job.tty_attributes() == job.attributes


def test_stopped_without_a_warning_it_takes_the_terminal_again_and_draws_everything(
    tmp_path: Path,
) -> None:
    with SmallJob(tmp_path) as job:
        raw = job.tty_attributes()
        job.send(signal.SIGSTOP)
        job.until(lambda: job.stopped)
        job.resize(100, 30)
        place = len(job.output)
        job.go_on()
        job.until(lambda: "row 29" in drawn_after(job, place))
        assert job.tty_attributes() == raw
        assert job.output.count(b"\x1b[>1u") == job.output.count(b"\x1b[<u") + 1
        job.write(b"q")
        assert job.ended() == 0
        assert job.tty_attributes() == job.attributes


# --- the terminal is somebody else's for a while

EDITOR = (sys.executable, "-c")
TYPING = """
import sys
print("EDITOR HERE", flush=True)
line = sys.stdin.readline()
print("EDITOR GOT", line.strip(), flush=True)
sys.exit(int(line.strip() or 0))
"""


def test_an_editor_has_the_terminal_to_itself_while_the_loop_goes_on(tmp_path: Path) -> None:
    with SmallProgram(tmp_path, *EDITOR, TYPING) as program:
        program.write(b"b")
        program.until(lambda: beats(program) > 2)
        program.write(b"e")
        program.until(lambda: b"EDITOR HERE" in program.output)
        assert program.tty_attributes() == program.attributes
        place, before, keys = len(program.output), beats(program), len(program.keys)
        program.read(1.0)
        assert program.output[place:] == b""
        assert beats(program) - before > 5
        program.write(b"0\n")
        program.until(lambda: "edited" in program.notes)
        program.until(lambda: "row 23" in program.screen())
        assert b"EDITOR GOT 0" in program.output
        assert len(program.keys) == keys, "what was typed at the editor came to us"
        assert not [note for note in program.notes if note.startswith("failed")]


def test_what_interrupts_an_editor_does_not_end_us(tmp_path: Path) -> None:
    with SmallProgram(tmp_path, *EDITOR, TYPING) as program:
        for key in (b"\x03", b"\x1c"):
            program.write(b"e")
            program.until(lambda: program.output.rstrip().endswith(b"EDITOR HERE"))
            place = len(program.output)
            program.write(key)
            program.until(lambda: b"row 23" in program.output[place:])  # noqa: B023
        assert len([note for note in program.notes if note.startswith("failed")]) == 2
        program.write(b"q")
        assert program.ended() == 0


def test_an_editor_that_cannot_be_started_changes_nothing(tmp_path: Path) -> None:
    with SmallProgram(tmp_path, "/nowhere/editor") as program:
        program.write(b"e")
        program.until(lambda: "edited" in program.notes)
        program.write(b"j")
        program.until(lambda: program.keys[-1:] == ["j"])
        assert [note for note in program.notes if "cannot be started" in note]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_while_an_editor_runs_it_ends_the_editor(
    tmp_path: Path, number: signal.Signals
) -> None:
    with SmallProgram(tmp_path, *EDITOR, f"import os; print(os.getpid()); {TYPING}") as program:
        program.write(b"e")
        program.until(lambda: b"EDITOR HERE" in program.output)
        editor = int(re.findall(rb"(\d+)\r\nEDITOR HERE", program.output)[0])
        program.send(number)
        assert program.ended(5.0) == 128 + number
        assert not Path(f"/proc/{editor}").exists()
        assert program.tty_attributes() == program.attributes


def test_an_editor_may_be_stopped_and_we_with_it(tmp_path: Path) -> None:
    with SmallJob(tmp_path, *EDITOR, TYPING) as job:
        job.write(b"e")
        job.until(lambda: b"EDITOR HERE" in job.output)
        job.write(b"\x1a")
        job.until(lambda: job.stopped)
        place = len(job.output)
        job.go_on()
        job.read(0.5)
        assert controls.ENTER not in job.output[place:]
        job.write(b"0\n")
        job.until(lambda: "edited" in job.notes)
        job.until(lambda: "row 23" in drawn_after(job, place))
