"""Text as cells of a terminal: what is drawn in each, nothing in them that is not drawn.

Widths are Rich's, since Textual measures with them. What goes through here cannot carry a
control sequence (security.md T1): it is the last filter for what a message says.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from tuimail.ui.terminal.widths import character_width, has_wide_picture, is_spacing_mark

LOST = "\ufffd"
_JOINER, _WIDENER = "\u200d", "\ufe0f"
_NEVER = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
# Letters and signs of which terminals know the width: Latin, Greek, Cyrillic; punctuation,
# arrows, lines; kana, ideographs, Hangul, full width forms.
_AGREED = (
    (0x20, 0x7E),
    (0xA1, 0xAC),
    (0xAE, 0x2AF),
    (0x370, 0x482),
    (0x48A, 0x52F),
    (0x1E00, 0x1FFE),
    (0x2010, 0x2027),
    (0x2030, 0x203A),
    (0x20A0, 0x20BF),
    (0x2190, 0x21AA),
    (0x2500, 0x257F),
    (0x3001, 0x3029),
    (0x3041, 0x3096),
    (0x309B, 0x30FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0xFF01, 0xFF5E),
    (0xFFFD, 0xFFFD),
)


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[str, ...]:
    """A string for each cell; "" is a further cell of the wide character before it.

    A letter and the spacing marks beside it are one such character: terminals that draw them
    in one cell leave the others blank.
    """
    if text.isascii() and text.isprintable():
        return tuple(text)
    cells: list[str] = []
    joined = False
    for character in text:
        if joined:
            joined = False
        elif character == _JOINER:
            joined = True
        elif character == _WIDENER:
            _widen(cells)
        else:
            _append(cells, character)
    return tuple(cells)


def _append(cells: list[str], character: str) -> None:
    shown, width = _shown(character)
    if is_spacing_mark(character):
        _set_beside(cells, shown)
    elif width:
        cells.append(shown)
        if width == 2:
            cells.append("")
    elif shown and cells:
        cells[_last(cells)] += shown


def _set_beside(cells: list[str], mark: str) -> None:
    """Give a mark a cell behind its letter."""
    if cells and cells[-1] != " ":
        cells[_last(cells)] += mark
        cells.append("")
    else:
        cells.append(LOST)


def _last(cells: list[str]) -> int:
    """Where the last character begins."""
    place = len(cells) - 1
    while not cells[place]:
        place -= 1
    return place


def _widen(cells: list[str]) -> None:
    """Variation selector 16 asks for the wide picture of some narrow signs."""
    if cells and has_wide_picture(cells[-1]):
        cells[-1] += _WIDENER
        cells.append("")


@lru_cache(maxsize=8192)
def _shown(character: str) -> tuple[str, int]:
    """What is drawn for `character` and how wide it is; "" for what has no cell of its own."""
    width = character_width(character)
    if unicodedata.category(character) in _NEVER:
        return (LOST * width, width) if width < 2 else (LOST, 2)
    return character, width


@lru_cache(maxsize=8192)
def is_doubtful(cell: str) -> bool:
    """Whether terminals may not agree on how many cells this takes."""
    if len(cell) != 1:
        return bool(cell)
    code = ord(cell)
    return not any(first <= code <= last for first, last in _AGREED)


def encoded(cells: Sequence[str], encoding: str) -> bytes:
    """What is sent for `cells`; what `encoding` does not have is a question mark."""
    text = "".join(cells)
    if encoding == "utf-8" or text.isascii():
        return text.encode()
    after = [*cells[1:], " "]
    return b"".join(
        _encoded(cell, 1 if following else 2, encoding)
        for cell, following in zip(cells, after, strict=True)
        if cell
    )


@lru_cache(maxsize=4096)
def _encoded(cell: str, width: int, encoding: str) -> bytes:
    """Bytes which no terminal takes for control, in whatever encoding it reads them."""
    try:
        data = cell.encode(encoding)
    except UnicodeEncodeError:
        return b"?" * width
    safe = all(0x20 <= byte < 0x7F or byte >= 0xA0 for byte in data)
    return data if safe else b"?" * width
