"""How things look: tones instead of colours, and glyphs of certain width."""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import NamedTuple

from tuimail.ui.terminal.capabilities import capabilities, is_remote
from tuimail.ui.terminal.depth import ALL, NONE
from tuimail.ui.terminal.style import BOLD, DIM, REVERSE, TRUE, Style


class Tone(Enum):
    """What a piece of a line means; a theme says how that looks."""

    PLAIN = auto()
    STRONG = auto()
    DIM = auto()
    ACCENT = auto()
    TITLE = auto()
    WARN = auto()
    MARK = auto()
    BAR = auto()
    BAR_STRONG = auto()
    BAR_WARN = auto()
    KEY = auto()
    GUTTER = auto()
    QUOTE = auto()
    LINK = auto()
    CARET = auto()


class Glyphs(NamedTuple):
    """Every sign we draw ourselves; each is one cell wide."""

    cursor: str
    mark: str
    unread: str
    answered: str
    forwarded: str
    doubtful: str
    flagged: str
    attachment: str
    dot: str
    ellipsis: str
    gutter: str
    rule: str
    pane: str
    full: str
    empty: str
    bullet: str


UNICODE = Glyphs(">", "x", "•", "↩", "→", "?", "!", "@", "·", "…", "│", "─", "│", "━", "─", "•")
ASCII = Glyphs(">", "x", "*", "r", "f", "?", "!", "@", "-", "~", "|", "-", "|", "#", ".", "*")


class Theme(NamedTuple):
    """Styles by tone, on plain lines and on the line of the cursor.

    `background` and `foreground` are None where the terminal's own are kept.
    """

    name: str
    tones: Mapping[Tone, Style]
    cursor: Mapping[Tone, Style]
    background: str | None = None
    foreground: str | None = None
    accent: str = "ansi_magenta"
    dark: bool = True


class Looks(NamedTuple):
    """A theme and the glyphs to draw it with; `arrow` if nothing else is the list's cursor."""

    theme: Theme
    glyphs: Glyphs
    arrow: bool = False

    def style(self, tone: Tone, *, cursor: bool = False) -> Style:
        return self.theme.cursor[tone] if cursor else self.theme.tones[tone]


# Of the six, these two can be told from black and from white in every usual palette: blue is
# next to nothing on PuTTY's black and the console's, yellow on xterm's white.
_RED, _MAGENTA = 1, 5


def _ansi(name: str, accent: int | None, warn: int | None) -> Theme:
    """The terminal's own colours; weight and reverse video carry what matters.

    No weight in reverse video: where bold means bright, its letters would be grey on grey.
    """

    def ink(colour: int | None = None, attributes: int = 0) -> Style:
        return Style(colour, None, attributes)

    # Colour or weight: bold means bright to many terminals, and bright magenta is loud.
    title = ink(accent) if accent else ink(attributes=BOLD)
    tones = {
        Tone.PLAIN: ink(),
        Tone.STRONG: ink(attributes=BOLD),
        Tone.DIM: ink(attributes=DIM),
        Tone.ACCENT: ink(accent),
        Tone.TITLE: title,
        Tone.WARN: ink(warn, BOLD),
        Tone.MARK: title,
        Tone.BAR: ink(attributes=DIM),
        Tone.BAR_STRONG: ink(attributes=BOLD),
        Tone.BAR_WARN: ink(warn, BOLD),
        Tone.KEY: ink(attributes=BOLD),
        Tone.GUTTER: ink(),
        Tone.QUOTE: ink(attributes=DIM),
        Tone.LINK: ink(accent),
        Tone.CARET: ink(attributes=REVERSE),
    }
    cursor = dict.fromkeys(Tone, ink(attributes=REVERSE))
    return Theme(name, MappingProxyType(tones), MappingProxyType(cursor))


def _hex(
    name: str, *, ground: str, text: str, dim: str, accent: str, warn: str, bar: str, line: str
) -> Theme:
    """A theme of its own colours; `line` lies under the cursor, `bar` under status lines."""

    def on(background: str, colour: str, attributes: int = 0) -> Style:
        return Style(_colour(colour), _colour(background), attributes)

    def tones(ground: str, dim: str) -> dict[Tone, Style]:
        return {
            Tone.PLAIN: on(ground, text),
            Tone.STRONG: on(ground, text, BOLD),
            Tone.DIM: on(ground, dim),
            Tone.ACCENT: on(ground, accent),
            Tone.TITLE: on(ground, accent, BOLD),
            Tone.WARN: on(ground, warn),
            Tone.MARK: on(ground, accent, BOLD),
            Tone.BAR: on(bar, dim),
            Tone.BAR_STRONG: on(bar, text, BOLD),
            Tone.BAR_WARN: on(bar, warn, BOLD),
            Tone.KEY: on(bar, accent),
            Tone.GUTTER: on(ground, accent),
            Tone.QUOTE: on(ground, dim),
            Tone.LINK: on(ground, accent),
            Tone.CARET: on(accent, ground),
        }

    return Theme(
        name,
        MappingProxyType(tones(ground, dim)),
        MappingProxyType(tones(line, dim)),
        background=ground,
        foreground=text,
        accent=accent,
    )


def _colour(name: str) -> int:
    """What terminals are told for "#rrggbb"."""
    return TRUE | int(name.removeprefix("#"), 16)


THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "ansi": _ansi("ansi", _MAGENTA, _RED),
        "calm": _hex(
            "calm",
            ground="#16191d",
            text="#c9ced6",
            dim="#7d8590",
            accent="#7aa2c8",
            warn="#d9a05b",
            bar="#1e2228",
            line="#2a313b",
        ),
        "paper": _hex(
            "paper",
            ground="#faf9f6",
            text="#2b2b2b",
            dim="#77736c",
            accent="#2f5f8f",
            warn="#a3541b",
            bar="#efede8",
            line="#dfe6ee",
        ),
    }
)


THEME_NAMES = ("auto", *THEMES)


class UnknownTheme(ValueError):
    """There is no theme of that name; the text is a sentence."""


def choose_looks(
    name: str, environ: Mapping[str, str], *, unicode: bool, cursor: str = "bar"
) -> Looks:
    """The looks a user asked for, with glyphs that the terminal can be trusted to have.

    "auto" keeps the terminal's colours over SSH and where it does not promise more; else it is
    light where the terminal says that it is. Raises UnknownTheme.
    """
    if name not in THEME_NAMES:
        known = ", ".join(THEME_NAMES)
        raise UnknownTheme(f'There is no theme "{name}"; there are {known}.')
    able = capabilities(environ)
    glyphs = UNICODE if unicode and able.unicode else ASCII
    if able.colours == NONE:
        theme = _PLAIN
    elif name != "auto":
        theme = THEMES[name]
    else:
        own = able.colours == ALL and not is_remote(environ)
        theme = THEMES[("paper" if _is_light(environ) else "calm") if own else "ansi"]
    return Looks(theme, glyphs, arrow=cursor == "arrow")


# White and the light grey of the first eight colours, and the bright ones but for dark grey.
_LIGHT = frozenset({"7", "9", "10", "11", "12", "13", "14", "15"})


def _is_light(environ: Mapping[str, str]) -> bool:
    """As rxvt, Konsole, iTerm and others tell: COLORFGBG is "text;ground", or has a word more.

    Nobody else is asked: the answer would come after the first screen.
    """
    return environ.get("COLORFGBG", "").rpartition(";")[2].strip() in _LIGHT


_PLAIN = _ansi("plain", None, None)
