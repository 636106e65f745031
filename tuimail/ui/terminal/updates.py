"""What Textual's compositor made, as runs of our own styles."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rich.color import Color, ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.strip import Strip

from tuimail.ui.terminal.controls import clickable
from tuimail.ui.terminal.frame import Frame, Run, fitted
from tuimail.ui.terminal.splitting import split
from tuimail.ui.terminal.style import (
    BLINK,
    BOLD,
    CONCEAL,
    DIM,
    ITALIC,
    PLAIN,
    REVERSE,
    STRIKE,
    TRUE,
    UNDERLINE,
    Style,
)
from tuimail.ui.terminal.textual_parts import ChopsUpdate, CompositorUpdate, LayoutUpdate


class Doubt(Exception):
    """What came is not what it is understood to be."""


def drawn(frame: Frame | None, update: CompositorUpdate, depth: ColorSystem | None) -> Frame:
    """`frame` with `update` drawn in it, or a new one for all of the screen.

    `depth` is how many colours the terminal has, None for none at all. Raises Doubt.
    """
    if isinstance(update, LayoutUpdate):
        return _whole(update, depth)
    if not isinstance(update, ChopsUpdate) or frame is None:
        raise Doubt(f"{type(update).__name__} on {frame and frame.width}")
    for x, y, strips in parts(update):
        if y >= frame.height:
            raise Doubt(f"row {y} of {frame.height}")
        frame.put(x, y, _runs(strips, depth))
    return frame


def parts(update: ChopsUpdate) -> Iterator[tuple[int, int, list[Strip]]]:
    """The pieces of rows that `update` draws: column, row, and strips that follow each other."""
    for y, first, last in update.spans:
        start = end = 0
        strips: list[Strip] = []
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=True):
            if strip is None or x > last or stop <= first:
                continue
            if strips and x != end:
                yield start, y, strips
                strips = []
            if not strips:
                start = x
            whole = last > x >= first and stop <= last
            strips.append(strip if whole else strip.crop(0, min(stop, last) - x))
            end = min(stop, last)
        if strips:
            yield start, y, strips


def cleaned(update: CompositorUpdate) -> CompositorUpdate:
    """The same for Textual's own output, without a control character in its text."""
    if isinstance(update, LayoutUpdate):
        return LayoutUpdate([[_cleaned(s) for s in row] for row in update.strips], update.region)
    if not isinstance(update, ChopsUpdate):
        raise Doubt(type(update).__name__)
    chops = [
        {x: None if strip is None else _cleaned(strip) for x, strip in row.items()}
        for row in update.chops
    ]
    return ChopsUpdate(chops, update.spans, update.chop_ends)


def _whole(update: LayoutUpdate, depth: ColorSystem | None) -> Frame:
    x, y, width, height = update.region
    if x or y or len(update.strips) != height:
        raise Doubt(f"{len(update.strips)} rows for {update.region}")
    frame = Frame(width, height)
    for row, strips in enumerate(update.strips):
        frame.put(0, row, _runs(strips, depth))
    return frame


def _runs(strips: Iterable[Strip], depth: ColorSystem | None) -> list[Run]:
    runs: list[Run] = []
    for strip in strips:
        own = [
            (segment.text, PLAIN if segment.style is None else style_of(segment.style, depth))
            for segment in strip
            if segment.text
        ]
        # Rich may find a text wider or narrower than it is drawn.
        runs += fitted(own, strip.cell_length)
    return runs


def _cleaned(strip: Strip) -> Strip:
    return Strip(
        Segment(
            "".join(split(segment.text)),
            segment.style and segment.style.update_link(None),
        )
        for segment in strip
    )


@lru_cache(maxsize=4096)
def style_of(style: RichStyle, depth: ColorSystem | None) -> Style:
    """A style as it is sent to a terminal of so many colours."""
    wanted = (
        (style.bold, BOLD),
        (style.dim, DIM),
        (style.italic, ITALIC),
        (style.underline or style.underline2, UNDERLINE),
        (style.blink or style.blink2, BLINK),
        (style.reverse, REVERSE),
        (style.conceal, CONCEAL),
        (style.strike, STRIKE),
    )
    attributes = sum(bit for on, bit in wanted if on)
    colours = _colour(style.color, depth), _colour(style.bgcolor, depth)
    return Style(*colours, attributes, clickable(style.link or ""))


def _colour(colour: Color | None, depth: ColorSystem | None) -> int | None:
    if colour is None or depth is None:
        return None
    shown = colour.downgrade(depth)
    if shown.type is ColorType.DEFAULT:
        return None
    if shown.triplet is not None and shown.type is ColorType.TRUECOLOR:
        red, green, blue = shown.triplet
        return TRUE | red << 16 | green << 8 | blue
    return shown.number
