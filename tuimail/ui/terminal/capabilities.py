"""What may be sent to a terminal, by what its environment says of it. Stdlib only."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tuimail.ui.terminal import controls
from tuimail.ui.terminal.depth import ALL, FEW, NONE, PALETTE
from tuimail.ui.terminal.diff_writer import DiffWriter


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a terminal understands.

    `unicode` is whether it has the signs we draw, `encoding` how text is sent to it, `columns`
    whether it can be sent to a column of its row, `old` whether it knows no attributes but
    VT100's, which go all at once, `modern` whether it knows the modes of today, `asked` whether
    it may be asked for one that it does not know.
    """

    usable: bool = True
    colours: int = FEW
    unicode: bool = True
    encoding: str = "utf-8"
    columns: bool = True
    old: bool = False
    modern: bool = True
    asked: bool = True
    enter: bytes = controls.ENTER
    leave: bytes = controls.LEAVE

    def writer(self) -> DiffWriter:
        """For a terminal like this."""
        return DiffWriter(
            columns=self.columns, old=self.old, links=self.modern, encoding=self.encoding
        )


XTERM = Capabilities()
_TRUE = replace(XTERM, colours=ALL)
# Old ones take bytes above 0x7F for control, or drop their highest bit, which makes them that.
_VT220 = Capabilities(
    colours=NONE,
    unicode=False,
    encoding="ascii",
    columns=False,
    old=True,
    modern=False,
    asked=False,
    enter=controls.ENTER_VT220,
    leave=controls.LEAVE_VT220,
)
_VT100 = replace(_VT220, enter=controls.ENTER_VT100, leave=controls.LEAVE_VT100)
# It has 256 or 512 signs, and prints the rest of a question that it does not know.
_LINUX = replace(_VT220, colours=FEW, encoding="utf-8", columns=True, old=False)
_UNUSABLE = replace(XTERM, usable=False)

# What is not here is taken for one of the many that do as xterm does.
_KINDS = (
    ("dumb|unknown|network|dialup|vt52", _UNUSABLE),
    (r"vt1\d\d", _VT100),
    (r"vt[2-5]\d\d", _VT220),
    ("linux", _LINUX),
    ("foot|(xterm-)?kitty|alacritty|wezterm|contour|(xterm-)?ghostty", _TRUE),
)


def capabilities(environ: Mapping[str, str]) -> Capabilities:
    """Of the terminal that this environment belongs to."""
    name = environ.get("TERM", "").strip().lower()
    found = _by_name(name)
    if found.colours != NONE:
        found = replace(found, colours=_colours(name, found.colours, environ))
    if environ.get("TERM_PROGRAM") == "Apple_Terminal":
        # It prints the last letter of a question that it does not know.
        found = replace(found, asked=False)
    encoding = _encoding(environ)
    if encoding == "utf-8" or found.encoding == "ascii":
        return found
    return replace(found, unicode=False, encoding=encoding)


def wants_mouse(environ: Mapping[str, str]) -> bool:
    """Whether the terminal should report buttons and wheel.

    Not over SSH, where the terminal's own selection is worth more. GNU screen, while it waits
    for reports, keeps every Esc until another key comes.
    """
    name = environ.get("TERM", "").strip().lower()
    in_screen = "STY" in environ or (name.startswith("screen") and "TMUX" not in environ)
    return capabilities(environ).modern and not (is_remote(environ) or in_screen)


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))


def _by_name(name: str) -> Capabilities:
    for pattern, found in _KINDS:
        if re.fullmatch(f"(?:{pattern})(?:[-.+].*)?", name):
            return found
    return XTERM if name else _UNUSABLE


def _colours(name: str, usual: int, environ: Mapping[str, str]) -> int:
    if "NO_COLOR" in environ:
        return NONE
    promised = environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}
    # Inside GNU screen the promise is the outer terminal's, which screen does not keep.
    if name.endswith("direct") or (promised and "STY" not in environ):
        return ALL
    return max(usual, PALETTE) if name.endswith("256color") else usual


def _encoding(environ: Mapping[str, str]) -> str:
    """Of the locale; nothing said means UTF-8, as on most machines one logs in to."""
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next(filter(None, names), "")
    if locale in {"C", "POSIX"}:
        return "ascii"
    _, named, encoding = locale.partition("@")[0].partition(".")
    if not named:
        return "utf-8"
    try:
        known = codecs.lookup(encoding).name
        return known if "a~".encode(known) == b"a~" else "ascii"
    except (LookupError, UnicodeError):
        return "ascii"
