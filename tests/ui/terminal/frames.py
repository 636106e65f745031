"""Frames at random, drawn by the diff writer on a terminal that is looked at after each."""

import random
from typing import NamedTuple

from tests.ui.terminal.emulator import Cell, Emulator, cell
from tuimail.ui.terminal import diff_writer
from tuimail.ui.terminal.frame import Frame, Run, row_cells
from tuimail.ui.terminal.splitting import is_doubtful, split
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
    without_link,
)
from tuimail.ui.terminal.widths import character_width

STYLES = (
    PLAIN,
    PLAIN,
    Style(attributes=BOLD),
    Style(4, None, DIM),
    Style(attributes=REVERSE),
    Style(attributes=BOLD | REVERSE),
    Style(12, 3, ITALIC),
    Style(200, 17, UNDERLINE),
    Style(TRUE | 0x123456, TRUE | 0x654321),
    Style(None, TRUE | 0x654321, BLINK | STRIKE | CONCEAL),
    Style(4, None, 0, "https://example.org/a?b=%20c"),
    Style(4, None, UNDERLINE, "mailto:anna@example.org"),
)
# Plain words, wide and combining characters, characters of doubtful width, gaps; and what
# must not come through: control characters, C1, bidi, joiners.
WORDS = (
    "a",
    "Anna",
    "Re:",
    "日本語",
    "é",
    "Ǆe",
    "na\u0301na",
    "😀",
    "❤\ufe0f",
    "👩\u200d💻",
    "नमस्ते",
    "शादी का निमंत्रण",
    "ကော",
    "ा",
    "•",
    "…",
    "─",
    " ",
    "  ",
    " " * 7,
    " " * 12,
    "\x1b[31m",
    "\a\b\r\n\t",
    "\x9b2J",
    "\u202eabc\u2066",
    "\u0301",
)
SIZES = ((20, 6), (33, 10), (80, 24), (7, 3))


class Terminals(NamedTuple):
    """What is drawn, who draws it, and where."""

    frame: Frame
    writer: diff_writer.DiffWriter
    emulator: Emulator


def follow(chance: random.Random, frames: int) -> int:
    """Draw so many frames, one after another; the bytes that it took.

    Raises AssertionError if the terminal shows another one, or is sent what it may not be.
    """
    width, height = chance.choice(SIZES)
    writer = diff_writer.DiffWriter(
        erase=chance.random() < 0.8,
        scroll=chance.random() < 0.8,
        columns=chance.random() < 0.8,
        synchronized=chance.random() < 0.5,
    )
    emulator = Emulator(width, height, careful=True, colours_erased=chance.random() < 0.5)
    emulator.scribble()
    frame = Frame(width, height)
    for y in range(height):
        frame.put(0, y, some_runs(chance, width))
    for _ in range(frames):
        change(chance, Terminals(frame, writer, emulator))
        cursor = (chance.randrange(width), chance.randrange(height))
        emulator.feed(writer.paint(frame, cursor if chance.random() < 0.2 else None))
        assert emulator.rows == expected(frame)
    return emulator.bytes


def follow_on_another(chance: random.Random, frames: int, thinks: int) -> None:
    """Draw on a terminal that draws characters of doubtful width `thinks` cells wide.

    Raises AssertionError unless everything but these stands where it belongs, and nothing that
    was there before stands behind one that is drawn too narrow.
    """

    def width_of(character: str) -> int:
        width = character_width(character)
        return thinks if width and is_doubtful(character) else width

    emulator = Emulator(60, 8, careful=True, width_of=width_of)
    frame, writer = Frame(60, 8), diff_writer.DiffWriter()
    for _ in range(frames):
        change(chance, Terminals(frame, writer, emulator))
        for y in range(8):
            frame.put(50, y, [("| 12:04   ", PLAIN)])
        emulator.feed(writer.paint(frame))
        for y, (row, right) in enumerate(zip(emulator.rows, expected(frame), strict=True)):
            doubtful = [glyph for glyph in row_cells(frame.rows[y]).glyphs if glyph.doubtful]
            first = {glyph.start for glyph in doubtful}
            further = {c for glyph in doubtful for c in range(glyph.start + 1, glyph.stop)}
            for column, (shown, wanted) in enumerate(zip(row, right, strict=True)):
                unknown = column in first or (column in further and shown.text in {"", " "})
                assert shown == wanted or unknown, (column, y, shown, wanted)


def change(chance: random.Random, terminals: Terminals) -> None:
    frame, writer, emulator = terminals
    what = chance.random()
    if what < 0.05:
        emulator.scribble()
        writer.forget()
    elif what < 0.1 and emulator.rows == expected(frame):
        writer.seed(frame)
        emulator.style = without_link(chance.choice(STYLES))
    elif what < 0.5:
        for _ in range(chance.randrange(1, 5)):
            x, y = chance.randrange(frame.width), chance.randrange(frame.height)
            frame.put(x, y, some_runs(chance, chance.randrange(1, 10)))
    elif what < 0.92:
        move_rows(chance, frame)
    else:
        for y in range(frame.height):
            frame.put(0, y, some_runs(chance, frame.width))


def move_rows(chance: random.Random, frame: Frame) -> None:
    """A block of rows goes up or down, as in a list; now and then one of them changes, too."""
    top = chance.randrange(frame.height)
    bottom = chance.randrange(top, frame.height)
    by = chance.choice([1, 1, -1, -1, 2, -3])
    rows = frame.rows[top : bottom + 1]
    kept = rows[by:] if by > 0 else rows[:by]
    fresh = [chance.choice(frame.rows) for _ in range(len(rows) - len(kept))]
    frame.rows[top : bottom + 1] = kept + fresh if by > 0 else fresh + kept
    if chance.random() < 0.5:
        frame.put(0, chance.randrange(frame.height), some_runs(chance, frame.width))


def some_runs(chance: random.Random, width: int) -> list[Run]:
    runs = [
        (chance.choice(WORDS) * chance.randrange(1, 3), chance.choice(STYLES))
        for _ in range(chance.randrange(1, 9))
    ]
    return [*runs, (" " * width, chance.choice(STYLES))]


def expected(frame: Frame) -> list[list[Cell]]:
    return [
        [cell(text, style) for words, style in row for text in split(words)] for row in frame.rows
    ]
