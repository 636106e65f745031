"""What `safe_line` and `safe_prose` do with text that is not plain ASCII (security.md T1-T3)."""

import re
import unicodedata

REPLACEMENT = "\ufffd"
MARKS_IN_A_CLUSTER = 4

_FORMATTING = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"
_BRAILLE_BLANK = "\u2800"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef\u20e3"
_REGIONAL = "\U0001f1e6-\U0001f1ff"
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_JOINERS = "\u200c\u200d"
_EMOJI = "\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_SCRIPTS_THAT_JOIN = "\u0600-\u0dff\u0f00-\u109f\u1780-\u17ff"
# All blocks that hold nonspacing or enclosing marks; `_is_mark` decides.
_BLOCKS_WITH_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2d7f\u2de0-\u2dff"
    "\u302a-\u302f\u3099\u309a\ua66f-\uabed\ud7b0-\ud7ff\ufb1e\ufe20-\ufe2f"
    "\U00010000-\U0001e94f"
)

_ODD = re.compile(
    f"[{_FORMATTING}{_FILLERS}{_BRAILLE_BLANK}{_SELECTORS}{_REGIONAL}{_SKIN_TONES}"
    f"{_BLOCKS_WITH_MARKS}]"
)
_HAS_MARKS = re.compile(f"[{_BLOCKS_WITH_MARKS}]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
# Terminals disagree on joined emoji, so each is shown alone and without its skin tone.
_GLUE = re.compile(f"([{_EMOJI}])[{_JOINERS}{_SKIN_TONES}]+")
_SCRIPT_JOINER = re.compile(f"(?<=[{_SCRIPTS_THAT_JOIN}])[{_JOINERS}](?=[{_SCRIPTS_THAT_JOIN}])")
_REGION = re.compile(f"[{_REGIONAL}]")
_INVISIBLE = re.compile(f"[{_FORMATTING}{_FILLERS}{_BRAILLE_BLANK}]")
# Overrides are kept for `_INVISIBLE` to show: no honest letter needs them.
_DROPPED_IN_PROSE = re.compile(
    f"[\u00ad\u061c\u200b-\u200f\u202a-\u202c\u2060-\u206f\ufeff{_FILLERS}]"
)

_PICTURES = {chr(control): chr(0x2400 + control) for control in range(0x20)} | {
    "\t": " ",
    "\r": " ",
    "\n": " ",
    "\x7f": "␡",
    "\u3000": "  ",
}


def clean(text: str) -> str:
    """Make everything visible that could harm or deceive."""
    if text.isprintable() and not _ODD.search(text):
        return text
    return _without_clusters(_SELECTOR.sub("", text))


def clean_prose(text: str) -> str:
    """Leave out what is invisible, make visible what could harm."""
    if text.isprintable() and not _ODD.search(text):
        return text
    text = _DROPPED_IN_PROSE.sub("", _SELECTOR.sub("", text))
    return _without_clusters(text.replace(_BRAILLE_BLANK, " "))


def _without_clusters(text: str) -> str:
    text = _SCRIPT_JOINER.sub("", _GLUE.sub(r"\1", text))
    text = _REGION.sub(_letter, text)
    text = _INVISIBLE.sub(REPLACEMENT, text)
    if _HAS_MARKS.search(text):
        text = _capped(unicodedata.normalize("NFC", text))
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() else _shown(c) for c in text])


def _letter(region: re.Match[str]) -> str:
    """A flag is two of these; as letters they have a certain width."""
    return chr(ord(region[0]) - 0x1F1E6 + ord("A"))


def _capped(text: str) -> str:
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if _is_mark(character) else 0
        if run > MARKS_IN_A_CLUSTER:
            continue
        if run and not kept:
            kept.append("◌")  # else it would sit on what the screen draws before the line
        kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me")
        or "\u1161" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7ff"
    )


def _shown(character: str) -> str:
    if known := _PICTURES.get(character):
        return known
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Cn" and "\U0001f900" <= character <= "\U0001faff":
        return character  # an emoji younger than this Python
    return REPLACEMENT
