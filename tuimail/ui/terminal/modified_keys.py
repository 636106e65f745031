"""Keys that terminals send with their modifiers as numbers: which key that is, or none. Pure.

Three ways are in use: xterm's modifyOtherKeys (CSI 27;m;c~), kitty's protocol with what other
flags than ours add to it (CSI c:shifted:base;m:event;text u), and the older CSI n;m~ and
CSI 1;m A; rxvt has a final of its own for each modifier. Whoever had the terminal before may
have left any of them on. A key is what all of them say it is, or nothing: never the bare key.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_CSI = re.compile(r"\x1b\[([0-9:;]*)([A-FHPQSZu~^$@])")
_SHIFT, _ALT, _CTRL = 1, 2, 4
# Super, Hyper and Meta: keys that no map of ours knows.
_FOREIGN = 8 | 16 | 32
_CAPS = 64
_MOST_MODIFIERS = 256
_MOST_DIGITS = 7
_PRESSED = frozenset({1, 2})

_LETTERS = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "F": "end",
    "H": "home",
    "P": "f1",
    "Q": "f2",
    "S": "f4",
    "Z": "tab",
}
_TILDES = {
    **{1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown"},
    **{7: "home", 8: "end"},
    **{11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8"},
    **{20: "f9", 21: "f10", 23: "f11", 24: "f12", 25: "f13", 26: "f14", 28: "f15", 29: "f16"},
    **{31: "f17", 32: "f18", 33: "f19", 34: "f20"},
}
_RXVT = {"^": _CTRL, "$": _SHIFT, "@": _CTRL | _SHIFT}
_NAMED = {8: "backspace", 9: "tab", 13: "enter", 27: "escape", 127: "backspace"}
# kitty's numbers for the keypad and F13 to F35; what else it numbers so is no key of ours.
_KEYPAD_SIGNS = dict(enumerate("0123456789./*-+", 57399)) | {57415: "=", 57416: ","}
_FUNCTIONAL = {
    57414: "enter",
    **{57417: "left", 57418: "right", 57419: "up", 57420: "down", 57421: "pageup"},
    **{57422: "pagedown", 57423: "home", 57424: "end", 57425: "insert", 57426: "delete"},
    **{57376 + number: f"f{13 + number}" for number in range(23)},
}
_PRIVATE = range(0xE000, 0xF900)
# As a terminal without any of these protocols has them: Ctrl-/ and Ctrl-_ are one, and so on.
_AS_CONTROL = {
    "[": "escape",
    "i": "tab",
    "m": "enter",
    "/": "ctrl+underscore",
    "_": "ctrl+underscore",
    "\\": "ctrl+backslash",
    "]": "ctrl+right_square_bracket",
    "^": "ctrl+circumflex_accent",
    " ": "ctrl+space",
}


class Pressed(NamedTuple):
    """A key by the toolkit's name, or a character that was typed."""

    key: str
    character: str | None = None


def pressed(sequence: str) -> Sequence[Pressed] | None:
    """What `sequence` means; None if it is none of these and has no modifier."""
    match = _CSI.fullmatch(sequence)
    if match is None or (not match[1] and match[2] != "@"):
        return None
    if match[1].isdigit() and match[2] == "~":
        return None
    fields = [_numbers(field) for field in match[1].split(";")]
    if any(number is not None and number < 0 for field in fields for number in field):
        return []
    return _meaning(fields, match[2])


def _numbers(field: str) -> list[int | None]:
    """Of "100:68:100"; what is too long for any key is -1."""
    return [
        None if not part else int(part) if len(part) <= _MOST_DIGITS else -1
        for part in field.split(":")
    ]


def _meaning(fields: list[list[int | None]], final: str) -> Sequence[Pressed]:
    code, *alternatives = fields[0]
    if final in _RXVT:
        return _named(_TILDES.get(code or 0), _RXVT[final]) if len(fields) == 1 else []
    if final == "~" and code == 27 and len(fields) == 3:
        return _of_other(_modifiers(fields[1]), fields[2])
    if final in _LETTERS:
        # Once it was the only number.
        which = fields[0] if len(fields) == 1 and code != 1 else (fields[1:2] or [[None]])[0]
        known = len(fields) <= 2 and (len(fields) == 1 or code in (1, None))
        return _named(_LETTERS[final], _modifiers(which)) if known and not alternatives else []
    modifiers = _modifiers(fields[1]) if len(fields) > 1 else 0
    if final == "~":
        return _named(_TILDES.get(code or 0), modifiers) if len(fields) <= 2 else []
    if final != "u" or len(fields) > 3 or code is None or modifiers is None:
        return []
    text = _text(fields[2]) if len(fields) == 3 else ""
    return _of_code(code, modifiers, alternatives, text)


def _modifiers(field: list[int | None]) -> int | None:
    """The bits of "m:event"; None if it is no press of a key, or a modifier nobody knows."""
    number, event = (*field, None)[:2]
    bits = 0 if number is None else number - 1
    if len(field) > 2 or (event is not None and event not in _PRESSED):
        return None
    return bits if 0 <= bits < _MOST_MODIFIERS and not bits & _FOREIGN else None


def _text(field: list[int | None]) -> str:
    """The text that kitty says a key makes; never a control character."""
    codes = [number for number in field if number is not None and _is_character(number)]
    return "".join(filter(str.isprintable, map(chr, codes)))


def _is_character(code: int) -> bool:
    return 0x20 <= code <= 0x10FFFF and not 0xD800 <= code < 0xE000


def _of_other(modifiers: int | None, field: list[int | None]) -> Sequence[Pressed]:
    """Of modifyOtherKeys, where the character is the one that Shift made."""
    code = field[0]
    if modifiers is None or code is None or len(field) > 1:
        return []
    if code not in _NAMED and code != 0x20 and not chr(min(code, 0x10FFFF)).isalpha():
        modifiers &= ~_SHIFT
    if not modifiers & (_CTRL | _ALT) and code not in _NAMED:
        return _typed(chr(code)) if _is_character(code) and code not in _PRIVATE else []
    return _of_code(code, modifiers, [], "")


def _of_code(
    code: int, modifiers: int, alternatives: list[int | None], text: str
) -> Sequence[Pressed]:
    """`alternatives` are the key with Shift, and the one in its place on a Latin keyboard."""
    if (name := _NAMED.get(code) or _FUNCTIONAL.get(code)) is not None:
        return _named(name, modifiers)
    if text and not modifiers & _CTRL and not (modifiers & _ALT and text.isascii()):
        return _typed(text)
    if code not in _KEYPAD_SIGNS and (code in _PRIVATE or not _is_character(code)):
        return []
    shifted, base, *_ = (*alternatives, None, None)
    character = _KEYPAD_SIGNS.get(code) or chr(code)
    if modifiers & (_CTRL | _ALT):
        latin = not character.isascii() and base is not None and 0x20 < base < 0x7F
        return _chord(chr(base or 0) if latin else character, modifiers)
    return _typed(_with_shift(character, shifted, modifiers))


def _with_shift(character: str, shifted: int | None, modifiers: int) -> str:
    """Of letters alone it is known what Shift makes of them, unless it is told."""
    if modifiers & _SHIFT and shifted is not None and _is_character(shifted):
        return chr(shifted)
    if character.isalpha():
        upper = bool(modifiers & _SHIFT) != bool(modifiers & _CAPS)
        return character.upper() if upper else character
    return character if character == " " or not modifiers & _SHIFT else ""


def _typed(text: str) -> Sequence[Pressed]:
    return [Pressed("", character) for character in text if character.isprintable()]


def _chord(character: str, modifiers: int) -> Sequence[Pressed]:
    """A character with Ctrl or Alt."""
    shift = bool(modifiers & _SHIFT)
    if character == "-" and shift and modifiers & _CTRL:
        character, shift = "_", False
    if not modifiers & _CTRL:
        upper = shift or (character.isupper() and not modifiers & _CAPS)
        return [Pressed(f"alt+{character.upper() if upper else character.lower()}")]
    if character.isalpha():
        character = character.lower()
    elif character in "_^@?":
        shift = False
    alt = "alt+" if modifiers & _ALT else ""
    if shift:
        return [Pressed(f"{alt}ctrl+shift+{character}")]
    return [Pressed(alt + _AS_CONTROL.get(character, f"ctrl+{character}"))]


def _named(name: str | None, modifiers: int | None) -> Sequence[Pressed]:
    """A key that makes no character."""
    if name is None or modifiers is None:
        return []
    held = [("alt+", _ALT), ("ctrl+", _CTRL), ("shift+", _SHIFT)]
    key = "".join(word for word, bit in held if modifiers & bit) + name
    return [Pressed(key)]
