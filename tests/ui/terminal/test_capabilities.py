"""What a terminal's environment promises, by the names that terminals go by."""

import pytest

from tuimail.ui.terminal import controls
from tuimail.ui.terminal.capabilities import capabilities, wants_mouse
from tuimail.ui.terminal.depth import ALL, FEW, NONE, PALETTE
from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.style import BOLD, DIM, REVERSE, Style


@pytest.mark.parametrize(
    ("name", "colours"),
    [
        ("xterm", FEW),
        ("xterm-256color", PALETTE),
        ("xterm-16color", FEW),
        ("xterm-direct", ALL),
        ("xterm-kitty", ALL),
        ("xterm-ghostty", ALL),
        ("kitty", ALL),
        ("alacritty", ALL),
        ("alacritty-direct", ALL),
        ("foot", ALL),
        ("foot-extra", ALL),
        ("screen", FEW),
        ("screen-256color", PALETTE),
        ("screen.xterm-256color", PALETTE),
        ("tmux", FEW),
        ("tmux-256color", PALETTE),
        ("rxvt", FEW),
        ("rxvt-unicode-256color", PALETTE),
        ("putty", FEW),
        ("putty-256color", PALETTE),
        ("st-256color", PALETTE),
        ("vte-256color", PALETTE),
        ("konsole-256color", PALETTE),
        ("a-terminal-of-tomorrow", FEW),
    ],
)
def test_names_tell_colours_and_all_else_is_as_with_xterm(name: str, colours: int) -> None:
    able = capabilities({"TERM": name, "LANG": "en_US.UTF-8"})
    assert able.colours == colours
    assert able.usable
    assert able.modern
    assert able.unicode
    assert able.enter == controls.ENTER


@pytest.mark.parametrize("name", ["xterm", "xterm-256color", "tmux-256color", "putty"])
@pytest.mark.parametrize("promise", ["truecolor", "24bit"])
def test_a_promise_of_all_colours_counts_more_than_the_name(name: str, promise: str) -> None:
    assert capabilities({"TERM": name, "COLORTERM": promise}).colours == ALL


def test_the_promise_of_the_terminal_around_gnu_screen_is_not_screens() -> None:
    environ = {"TERM": "screen-256color", "COLORTERM": "truecolor", "STY": "1234.pts-0.host"}
    assert capabilities(environ).colours == PALETTE


@pytest.mark.parametrize("name", ["", "dumb", "dumb-emacs-ansi", "unknown", "network", "vt52"])
def test_what_cannot_place_a_cursor_is_of_no_use(name: str) -> None:
    assert not capabilities({"TERM": name}).usable
    assert not capabilities({}).usable


@pytest.mark.parametrize("name", ["vt100", "vt102", "vt100-nav", "vt220", "vt220-8bit", "vt420"])
def test_old_terminals_get_ascii_without_colours_and_no_mode_they_do_not_know(name: str) -> None:
    able = capabilities({"TERM": name, "LANG": "en_US.UTF-8", "COLORTERM": "truecolor"})
    assert able.colours == NONE
    assert able.encoding == "ascii"
    assert not able.unicode
    assert not able.modern
    known = b"\x1b[?7l" + (b"" if name.startswith("vt1") else b"\x1b[?25l")
    assert able.enter.endswith(b"\x1b[r" + known)
    assert not any(mode in able.enter for mode in (b"1049", b"2004", b"2026", b"1000", b"u"))


def test_the_linux_console_has_16_colours_and_letters_but_not_our_signs() -> None:
    able = capabilities({"TERM": "linux", "LANG": "de_DE.UTF-8"})
    assert able.colours == FEW
    assert able.encoding == "utf-8"
    assert not able.unicode
    assert b"1049" not in able.enter + able.leave
    assert not able.modern


@pytest.mark.parametrize("name", ["xterm-256color", "foot", "linux", "vt100"])
def test_no_color_takes_all_colours_away(name: str) -> None:
    environ = {"TERM": name, "NO_COLOR": "", "COLORTERM": "truecolor"}
    assert capabilities(environ).colours == NONE


@pytest.mark.parametrize(
    ("environ", "encoding"),
    [
        ({}, "utf-8"),
        ({"LANG": "de_DE.UTF-8"}, "utf-8"),
        ({"LANG": "C.utf8"}, "utf-8"),
        ({"LANG": "de_DE"}, "utf-8"),
        ({"LANG": "C"}, "ascii"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "ascii"),
        ({"LC_ALL": "en_US.ISO-8859-1"}, "iso8859-1"),
        ({"LC_CTYPE": "de_DE.ISO-8859-15@euro", "LANG": "C.UTF-8"}, "iso8859-15"),
        ({"LC_ALL": "", "LC_CTYPE": "", "LANG": "ru_RU.KOI8-R"}, "koi8-r"),
        ({"LANG": "ja_JP.eucJP"}, "euc_jp"),
        ({"LANG": "xx_XX.UTF-16"}, "ascii"),
        ({"LANG": "xx_XX.rot13"}, "ascii"),
        ({"LANG": "xx_XX.no-such-thing"}, "ascii"),
    ],
)
def test_text_is_sent_in_the_encoding_of_the_locale(environ: dict[str, str], encoding: str) -> None:
    able = capabilities({"TERM": "xterm-256color", **environ})
    assert able.encoding == encoding
    assert able.unicode == (encoding == "utf-8")


def painted(writer: DiffWriter, *runs: tuple[str, Style]) -> bytes:
    frame = Frame(20, 1)
    frame.put(0, 0, list(runs))
    return writer.paint(frame)


def test_what_the_encoding_lacks_is_one_question_mark_a_cell() -> None:
    latin = capabilities({"TERM": "xterm", "LC_ALL": "en_US.ISO-8859-1"}).writer()
    sent = painted(latin, ("Müller 会議 é…€\u009b!", Style()))
    assert b"M\xfcller ???? \xe9???!" in sent or b"M\xfcller ???? \xe9??" in sent
    assert b"\\x" not in sent
    assert b"\x9b" not in sent


def test_a_vt100_is_never_told_what_it_does_not_know() -> None:
    writer = capabilities({"TERM": "vt100"}).writer()
    sent = painted(writer, ("strong", Style(4, None, BOLD)), (" dim", Style(None, 7, DIM)))
    assert b"\x1b[0;1mstrong" in sent
    assert b"\x1b[m dim" in sent
    sent += painted(writer, ("strong", Style(4, 208, BOLD | REVERSE)), (" x", Style()))
    for unknown in (b"2m", b"34", b"48", b"27", b"22", b"G"):
        assert unknown not in sent, sent


def test_without_utf_8_old_terminals_never_see_a_byte_that_is_control_to_them() -> None:
    writer = capabilities({"TERM": "vt220", "LANG": "en_US.UTF-8"}).writer()
    assert painted(writer, ("Łódź 🎉 ě", Style())).isascii()


def test_apples_terminal_is_not_asked_what_it_would_print() -> None:
    apple = capabilities({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"})
    assert (apple.asked, apple.modern) == (False, True)
    assert capabilities({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}).asked
    assert not capabilities({"TERM": "linux"}).asked


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "xterm-256color", "STY": "123.pts-0.host"}, False),
        ({"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"}, False),
        ({"TERM": "vt100"}, False),
    ],
)
def test_the_mouse_is_asked_for_where_it_harms_nothing(
    environ: dict[str, str], wanted: bool
) -> None:
    assert wants_mouse(environ) is wanted
