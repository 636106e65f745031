"""Text for the search tables, and search terms for FTS5 that no text can break out of.

Chinese, Japanese, Korean and Thai are written without blanks, so each run of them is
followed by its pairs of characters: a word of two characters or more is then a phrase of
pairs, a single character the beginning of one.
"""

import re
import unicodedata
from collections.abc import Iterable

_CJK = (
    "\u0e01-\u0e4e\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_CJK}]+")
_SEGMENT = re.compile(f"([{_CJK}]+)|[^{_CJK}]+")
_LONGEST = 400_000
_SHORTEST_PART = 3


def words_text(text: str) -> str:
    """`text` for a table of words."""
    if text.isascii():
        return text[:_LONGEST]
    text = unicodedata.normalize("NFKC", text[:_LONGEST])
    pairs = [pair for run in _RUN.findall(text) for pair in _pairs(run)]
    return f"{text} {' '.join(pairs)}" if pairs else text


def part_text(text: str) -> str:
    """`text` for a table of substrings."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _pairs(run: str) -> Iterable[str]:
    """Every two neighbours, and the last character alone."""
    return (run[at : at + 2] for at in range(len(run)))


def word_terms(text: str, *, whole: bool) -> str:
    """An FTS5 expression: the beginning of a word, or (`whole`) these words exactly."""
    text = unicodedata.normalize("NFKC", text.replace("\0", " "))
    terms = []
    for segment in _SEGMENT.finditer(text):
        if segment[1]:
            terms.append(_cjk_term(segment[1]))
        elif any(character.isalnum() for character in segment[0]):
            terms.append(_quoted(segment[0]) + ("" if whole else " *"))
    return " AND ".join(terms)


def _cjk_term(run: str) -> str:
    if len(run) == 1:
        return f"{_quoted(run)} *"
    return _quoted(" ".join(run[at : at + 2] for at in range(len(run) - 1)))


def part_term(text: str) -> str:
    """An FTS5 expression for a substring; empty if `text` is too short for one."""
    text = unicodedata.normalize("NFKC", text.replace("\0", " "))
    return _quoted(text) if len(text) >= _SHORTEST_PART else ""


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
