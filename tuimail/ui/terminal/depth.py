"""Colours on a terminal that has fewer."""

from functools import cache

from tuimail.ui.terminal.style import TRUE, Style

NONE, FEW, PALETTE, ALL = 0, 16, 256, TRUE


@cache
def downgraded(style: Style, colours: int) -> Style:
    """`style` where there are so many colours: the nearest ones as Rich finds them."""
    if colours == ALL:
        return style
    if colours == NONE:
        return Style(None, None, style[2])
    return Style(_nearest(style[0], colours), _nearest(style[1], colours), style[2])


def _nearest(colour: int | None, colours: int) -> int | None:
    if colour is None or not colour & TRUE:
        return colour
    from rich.color import Color, ColorSystem  # noqa: PLC0415  seldom needed, and slow to load

    rgb = Color.from_rgb(colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF)
    system = ColorSystem.STANDARD if colours == FEW else ColorSystem.EIGHT_BIT
    return rgb.downgrade(system).number
