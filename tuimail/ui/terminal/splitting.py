"""Text as cells of a terminal: what is drawn in each, nothing in them that is not drawn.

Widths are Rich's, since Textual measures with them. What goes through here cannot carry a
control sequence (security.md T1): it is the last filter for what a message says.
"""

import unicodedata
from functools import lru_cache

from rich._unicode_data import load
from rich.cells import get_character_cell_size

LOST = "\ufffd"
_JOINER, _WIDENER = "\u200d", "\ufe0f"
_NEVER = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def split(text: str) -> list[str]:
    """A string for each cell; "" is the second half of the wide character before it."""
    if text.isascii() and text.isprintable():
        return list(text)
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
    return cells


def _append(cells: list[str], character: str) -> None:
    shown, width = _shown(character)
    if width:
        cells.append(shown)
        if width == 2:
            cells.append("")
    elif shown and cells:
        last = -1 if cells[-1] else -2
        cells[last] += shown


def _widen(cells: list[str]) -> None:
    """Variation selector 16 asks for the wide picture of some narrow signs."""
    if cells and cells[-1] in load("auto").narrow_to_wide:
        cells[-1] += _WIDENER
        cells.append("")


@lru_cache(maxsize=8192)
def _shown(character: str) -> tuple[str, int]:
    """What is drawn for `character` and how wide it is; "" for what has no cell of its own."""
    width = get_character_cell_size(character)
    if unicodedata.category(character) in _NEVER:
        return (LOST * width, width) if width < 2 else (LOST, 2)
    return character, width
