"""Text in terminal cells: made of characters of certain width, measured, cut, wrapped.

What terminals disagree about is replaced, so that a column never shifts.
"""

import unicodedata
from functools import lru_cache

from tuimail.ui.terminal.widths import character_width, is_spacing_mark, text_width

ELLIPSIS = "…"
_LOST = "\ufffd"
_FIRST_REGIONAL = 0x1F1E6
_JOINERS = "\u200d\ufe0e\ufe0f"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def settle(text: str) -> str:
    """`text` in characters that are as wide everywhere; the last filter before a terminal."""
    if text.isascii():
        return text if text.isprintable() else "".join(map(_settled, text))
    settled = "".join(map(_settled, text))
    first = settled[:1]
    alone = first and (text_width(first) == 0 or is_spacing_mark(first))
    return "◌" + settled if alone else settled


@lru_cache(maxsize=8192)
def _settled(character: str) -> str:
    if character in _JOINERS or character in _SKIN_TONES:
        return ""
    regional = ord(character) - _FIRST_REGIONAL
    if 0 <= regional < 26:
        return chr(ord("A") + regional)
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}:
        return _LOST
    return character


def width(text: str) -> int:
    """How many cells settled text takes."""
    return len(text) if text.isascii() else text_width(text)


def cut(text: str, cells: int, ellipsis: str = ELLIPSIS) -> str:
    """Settled text in at most `cells` cells, ending in `ellipsis` where it was cut."""
    if cells <= 0:
        return ""
    if len(text) <= cells and text.isascii():
        return text
    if text.isascii():
        return text[: cells - width(ellipsis)] + ellipsis
    if text_width(text) <= cells:
        return text
    return text[: _reach(text, 0, cells - width(ellipsis))] + ellipsis


def fit(text: str, cells: int, ellipsis: str = ELLIPSIS) -> str:
    """Settled text in exactly `cells` cells: cut, or filled with blanks."""
    shown = cut(text, cells, ellipsis)
    return shown + " " * (cells - width(shown))


def wrap(text: str, cells: int) -> list[str]:
    """Settled text in rows of at most `cells` cells, broken at blanks where there are any."""
    if len(text) <= cells and text.isascii():
        return [text]
    rows = []
    start = 0
    while start < len(text):
        end = min(len(text), start + cells) if text.isascii() else _reach(text, start, cells)
        end = max(end, start + 1)
        if end < len(text):
            end = _break_before(text, start, end)
        rows.append(text[start:end].rstrip(" "))
        start = end
        while 0 < start < len(text) and text[start] == " ":
            start += 1
    return rows or [""]


def _break_before(text: str, start: int, end: int) -> int:
    """Where to break text[start:end]: after its last blank, or between wide characters."""
    if text[end] == " ":
        return end
    blank = text.rfind(" ", start, end)
    if blank <= start or not text[start:blank].strip(" "):
        return end
    if text_width(text[end - 1]) == 2 and blank < start + (end - start) // 2:
        return end
    return blank + 1


def _reach(text: str, start: int, cells: int) -> int:
    """The end of the longest piece from `start` that takes at most `cells` cells."""
    used = 0
    for index in range(start, len(text)):
        used += character_width(text[index])
        if used > cells:
            return index
    return len(text)
