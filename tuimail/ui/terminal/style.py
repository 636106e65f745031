"""How a cell looks, in the terminal's own terms; stdlib only."""

from functools import lru_cache
from typing import NamedTuple

TRUE = 1 << 24

BOLD, DIM, ITALIC, UNDERLINE, BLINK, REVERSE, CONCEAL, STRIKE = (1 << bit for bit in range(8))
SEEN_ON_BLANKS = UNDERLINE | REVERSE | STRIKE

_ON = {
    BOLD: b"1",
    DIM: b"2",
    ITALIC: b"3",
    UNDERLINE: b"4",
    BLINK: b"5",
    REVERSE: b"7",
    CONCEAL: b"8",
    STRIKE: b"9",
}
_OFF = {
    BOLD | DIM: b"22",
    ITALIC: b"23",
    UNDERLINE: b"24",
    BLINK: b"25",
    REVERSE: b"27",
    CONCEAL: b"28",
    STRIKE: b"29",
}


class Style(NamedTuple):
    """Colours, None for the terminal's own; 0-15 ANSI, 16-255 palette, TRUE|rgb.

    `link` is where a click on the cell leads, as `controls.clickable` has it.
    """

    foreground: int | None = None
    background: int | None = None
    attributes: int = 0
    link: str = ""


PLAIN = Style()


@lru_cache(maxsize=4096)
def sgr(before: Style | None, after: Style) -> bytes:
    """The shortest sequence that turns `before` into `after`, links aside; None is unknown."""
    if before == after:
        return b""
    afresh = _sequence([b"0", *_from_plain(after)]) if after != PLAIN else b"\x1b[m"
    if before is None:
        return afresh
    delta = _sequence(_delta(before, after))
    return delta if len(delta) < len(afresh) else afresh


@lru_cache(maxsize=4096)
def on_blanks(style: Style) -> Style:
    """The plainest style in which a blank looks the same."""
    if style.attributes & SEEN_ON_BLANKS:
        return style
    return Style(None, style.background, 0, style.link)


def without_link(style: Style) -> Style:
    return style._replace(link="") if style.link else style


def as_vt100(style: Style) -> Style:
    """What the oldest terminals have of it; they take off all attributes at once."""
    return Style(None, None, style.attributes & (BOLD | UNDERLINE | BLINK | REVERSE))


def _delta(before: Style, after: Style) -> list[bytes]:
    gone = before.attributes & ~after.attributes
    kept = before.attributes & after.attributes
    codes = []
    for bits, code in _OFF.items():
        if gone & bits:
            codes.append(code)
            kept &= ~bits
    codes += [code for bit, code in _ON.items() if after.attributes & ~kept & bit]
    if before.foreground != after.foreground:
        codes.append(_colour(after.foreground, 30))
    if before.background != after.background:
        codes.append(_colour(after.background, 40))
    return codes


def _from_plain(after: Style) -> list[bytes]:
    return _delta(PLAIN, after)


def _colour(colour: int | None, base: int) -> bytes:
    """`base` is 30 for the foreground, 40 for the background."""
    if colour is None:
        return b"%d" % (base + 9)
    if colour & TRUE:
        return b"%d;2;%d;%d;%d" % (base + 8, colour >> 16 & 255, colour >> 8 & 255, colour & 255)
    if colour < 8:
        return b"%d" % (base + colour)
    if colour < 16:
        return b"%d" % (base + 60 + colour - 8)
    return b"%d;5;%d" % (base + 8, colour)


def _sequence(codes: list[bytes]) -> bytes:
    return b"\x1b[" + b";".join(codes) + b"m"
