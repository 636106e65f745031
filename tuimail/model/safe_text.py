"""The border: text from outside becomes `SafeText` before it reaches a terminal."""

import re


class SafeText(str):
    """Text without control, bidi or invisible characters (security.md T1-T3).

    Made by `safe_line`; the constructor is for our own words and for reading back what
    was stored as safe.
    """

    __slots__ = ()


EMPTY = SafeText("")

# C0 and DEL as their control pictures; C1, bidi controls, invisible and tag characters,
# noncharacters, surrogates, variation fillers and braille blank as U+FFFD.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc"
    "\ufdd0-\ufdef\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]{4})"
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)


def safe_line(text: str, limit: int = 10_000) -> SafeText:
    """One line of `text` that no terminal can be harmed by, at most `limit` characters.

    Line ends and tabs become spaces; other control characters are made visible.
    """
    if len(text) > limit:
        text = text[:limit] + "…"
    if text.isascii() and text.isprintable():
        return SafeText(text)
    return SafeText(_MARKS.sub(r"\1", _UNSAFE.sub(_shown, text)))


def _shown(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\t\r\n":
        return " "
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    return "\ufffd"
