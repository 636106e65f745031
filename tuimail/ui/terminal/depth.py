"""Colours on a terminal that has fewer."""

from collections.abc import Mapping
from functools import cache

from tuimail.ui.terminal.style import TRUE, Style

FEW, PALETTE, ALL = 16, 256, TRUE


def colours_of(environ: Mapping[str, str]) -> int:
    """How many colours the terminal promises, as Rich understands it."""
    if environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return ALL
    kind = environ.get("TERM", "").strip().lower().rpartition("-")[2]
    return PALETTE if kind in {"256color", "kitty"} else FEW


@cache
def downgraded(style: Style, colours: int) -> Style:
    """`style` where there are so many colours: the nearest ones as Rich finds them."""
    if colours == ALL:
        return style
    return Style(_nearest(style[0], colours), _nearest(style[1], colours), style[2])


def _nearest(colour: int | None, colours: int) -> int | None:
    if colour is None or not colour & TRUE:
        return colour
    from rich.color import Color, ColorSystem  # noqa: PLC0415  seldom needed, and slow to load

    rgb = Color.from_rgb(colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF)
    system = ColorSystem.STANDARD if colours == FEW else ColorSystem.EIGHT_BIT
    return rgb.downgrade(system).number
