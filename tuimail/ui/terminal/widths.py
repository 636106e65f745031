"""How many cells characters take: what Rich says, since Textual measures with it, too.

But spacing marks, such as the vowels of Indic scripts, take a cell, as in most terminals: where
they took none, what follows would be drawn over them.

Rich is loaded with the first character that is not one of the usual ones: most first screens
do without.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache

_PLAIN_RANGES = (
    (0x20, 0x7F),
    (0xA0, 0xAD),
    (0xAE, 0x300),
    (0x370, 0x483),
    (0x2010, 0x2028),
    (0x2190, 0x21AB),
    (0x2500, 0x2580),
)
_PLAIN = frozenset(chr(code) for first, end in _PLAIN_RANGES for code in range(first, end))

_WIDE_RANGES = (
    (0x3001, 0x302A),
    (0x3041, 0x3097),
    (0x309B, 0x3100),
    (0x3250, 0xA48D),
    (0xAC00, 0xD7A4),
    (0xFF01, 0xFF61),
    (0x2705, 0x2706),
    (0x2728, 0x2729),
    (0x274C, 0x274D),
    (0x2B50, 0x2B51),
    (0x1F300, 0x1F321),
    (0x1F337, 0x1F37D),
    (0x1F37E, 0x1F394),
    (0x1F3A0, 0x1F3CB),
    (0x1F400, 0x1F43F),
    (0x1F442, 0x1F4FD),
    (0x1F4FF, 0x1F53E),
    (0x1F5FB, 0x1F650),
    (0x1F680, 0x1F6C6),
    (0x1F947, 0x1FA00),
)

is_plain: Callable[[str], bool] = _PLAIN.issuperset
"""Whether every character of a text is certain to take one cell."""


def text_width(text: str) -> int:
    if is_plain(text):
        return len(text)
    cells = [_usual(character) for character in text]
    if 0 not in cells:
        return sum(cells)
    from rich.cells import cell_len  # noqa: PLC0415  see above

    return cell_len(text) + sum(map(is_spacing_mark, text))


def character_width(character: str) -> int:
    if cells := _usual(character):
        return cells
    from rich.cells import get_character_cell_size  # noqa: PLC0415  see above

    return get_character_cell_size(character) or is_spacing_mark(character)


def is_spacing_mark(character: str) -> bool:
    """Whether it is drawn beside the letter that it belongs to."""
    return unicodedata.category(character) == "Mc"


def has_wide_picture(character: str) -> bool:
    """Whether variation selector 16 makes it two cells wide."""
    from rich._unicode_data import load  # noqa: PLC0415  see above

    return character in load("auto").narrow_to_wide


@lru_cache(maxsize=4096)
def _usual(character: str) -> int:
    """The cells of a character that stands for itself whatever is next to it; 0 of others."""
    if character in _PLAIN:
        return 1
    code = ord(character)
    return 2 if any(first <= code < end for first, end in _WIDE_RANGES) else 0
