"""Our styles as Rich knows them, for what Textual draws."""

from functools import lru_cache

from rich.color import Color
from rich.style import Style as RichStyle

from tuimail.ui.terminal.style import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    ITALIC,
    REVERSE,
    STRIKE,
    TRUE,
    UNDERLINE,
    Style,
)


@lru_cache(maxsize=4096)
def rich_style(style: Style) -> RichStyle:
    """The same object for the same style."""
    foreground, background, attributes, link = style
    return RichStyle(
        color=_color(foreground),
        bgcolor=_color(background),
        bold=attributes & BOLD > 0 or None,
        dim=attributes & DIM > 0 or None,
        italic=attributes & ITALIC > 0 or None,
        underline=attributes & UNDERLINE > 0 or None,
        blink=attributes & BLINK > 0 or None,
        reverse=attributes & REVERSE > 0 or None,
        conceal=attributes & CONCEAL > 0 or None,
        strike=attributes & STRIKE > 0 or None,
        link=link or None,
    )


def _color(colour: int | None) -> Color | None:
    if colour is None:
        return None
    if colour & TRUE:
        return Color.from_rgb(colour >> 16 & 0xFF, colour >> 8 & 0xFF, colour & 0xFF)
    return Color.from_ansi(colour)
