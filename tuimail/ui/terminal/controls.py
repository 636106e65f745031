"""All that is sent to the terminal besides what is drawn; content in it is cleaned here.

Whatever else wants to send a control sequence goes through `allowed`. Stdlib and model only.
"""

import re
from base64 import b64encode
from enum import StrEnum

from tuimail.model.safe_text import safe_line

# Modes that whoever had the terminal before may have left on, and that make keys come
# otherwise or the screen be drawn otherwise: kitty's flags and xterm's modifyOtherKeys, those
# of cursor keys and keypad, reverse video, reports of mouse, focus and Windows' keys, a frame
# that never ends; then what moves the cursor home: insert mode, origin mode, margins.
_KEYS_PLAIN = b"\x1b[=0u\x1b[>4;0m\x1b[?9001l"
_MODES_PLAIN = b"\x1b[?1l\x1b>\x1b[?5l\x1b[4l\x1b[20l"
_REPORTS_OFF = b"\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016l\x1b[?2026l"
_ROOM_PLAIN = b"\x1b[?69l\x1b[?6l\x1b[r"
_PLAIN = _KEYS_PLAIN + _MODES_PLAIN + _REPORTS_OFF

# The alternate screen, no cursor of the terminal's, no wrapping, pastes marked as such, the
# title put aside, and Esc told apart from what other keys begin with (kitty's flag 1). What
# stands there is erased at the end: tmux 3.3 would leave some of it if the window was widened.
ENTER = _PLAIN + b"\x1b[?1049h" + _ROOM_PLAIN + b"\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[22;0t\x1b[>1u"
NO_LINK = b"\x1b]8;;\x1b\\"
LEAVE = (
    NO_LINK
    + b"\x1b[<u\x1b[23;0t\x1b[?2004l\x1b[?7h"
    + _ROOM_PLAIN
    + b"\x1b[m\x1b[2J\x1b[?1049l"
    + _PLAIN
    + b"\x1b[?25h"
)

# Without an alternate screen what was shown is erased at the end; vt100's cursor always shows.
_VT100_PLAIN = b"\x1b[?1l\x1b>\x1b[?5l\x1b[4l\x1b[20l\x1b[?6l\x1b[r"
ENTER_VT100 = _VT100_PLAIN + b"\x1b[?7l"
LEAVE_VT100 = _VT100_PLAIN + b"\x1b[m\x1b[H\x1b[J\x1b[?7h"
ENTER_VT220 = ENTER_VT100 + b"\x1b[?25l"
LEAVE_VT220 = LEAVE_VT100 + b"\x1b[?25h"

# Buttons and wheel, in cells; movements are never asked for.
MOUSE_ON = b"\x1b[?1000h\x1b[?1006h"
MOUSE_OFF = b"\x1b[?1006l\x1b[?1000l"

# Ends a sequence that was cut off half-way.
CANCEL = b"\x18"

# Whether a frame can be marked as one, and a question that every terminal answers.
ASK_SYNCHRONIZED = b"\x1b[?2026$p"
ASK_STATUS = b"\x1b[5n"

BELL = b"\a"


class Notify(StrEnum):
    """How new mail is announced outside of the screen."""

    NONE = "none"
    BELL = "bell"
    OSC9 = "osc9"
    OSC777 = "osc777"


_LONGEST_TITLE = 120
_LONGEST_NOTICE = 200
_LONGEST_COPY = 100_000
_LONGEST_LINK = 2_000
_LINK = re.compile(r"https?://.|mailto:.", re.IGNORECASE)

_HARMLESS = re.compile(r"(?:\x1b\[\?2026[hl])+")


def title(text: str) -> bytes:
    """Name the window."""
    return b"\x1b]2;" + _words(text, _LONGEST_TITLE) + b"\x1b\\"


def notification(way: Notify, text: str) -> bytes:
    """Tell whoever looks elsewhere, in the way that their terminal knows."""
    match way:
        case Notify.NONE:
            return b""
        case Notify.BELL:
            return BELL
        case Notify.OSC9:
            return b"\x1b]9;" + _words(text, _LONGEST_NOTICE) + b"\x1b\\"
        case Notify.OSC777:
            # What follows a semicolon would be another field.
            words = _words(text.replace(";", ","), _LONGEST_NOTICE)
            return b"\x1b]777;notify;tuimail;" + words + b"\x1b\\"


def clipboard(text: str) -> bytes:
    """Put a text into the clipboard of whoever sits at the terminal (OSC 52)."""
    return b"\x1b]52;c;" + b64encode(text[:_LONGEST_COPY].encode("utf-8", "replace")) + b"\x1b\\"


def hyperlink(target: str) -> bytes:
    """What is written from now on leads to `target`, or nowhere if it is empty (OSC 8)."""
    return b"\x1b]8;;" + clickable(target).encode() + b"\x1b\\"


def clickable(target: str) -> str:
    """A web or mail address as a terminal may be told it; empty if it is none, or too long."""
    if not _LINK.match(target) or len(target) > _LONGEST_LINK:
        return ""
    return "".join(
        character if "!" <= character <= "~" else "".join(f"%{b:02X}" for b in _bytes(character))
        for character in target
    )


def _bytes(character: str) -> bytes:
    return character.encode("utf-8", "replace")


def allowed(data: str) -> bool:
    """Whether the toolkit may send this; frames and everything of ours go another way."""
    return _HARMLESS.fullmatch(data) is not None


def _words(text: str, most: int) -> bytes:
    return safe_line(text, most).encode("utf-8", "replace")
