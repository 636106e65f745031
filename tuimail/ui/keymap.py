"""Which key does what: the table of actions, a named map and the user's own keys."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tuimail.ui.actions import ACTIONS, BY_ID, KEYMAPS, Action, Context

Chord = tuple[str, ...]

# Our names for keys that Textual calls otherwise.
_NAMES = {
    "enter": "Enter",
    # What was typed before the terminal is ours comes as the end of a line.
    "ctrl+j": "Enter",
    "escape": "Esc",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "S-Tab",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
}
# Of a key with Ctrl.
_SIGNS = {
    "backslash": "\\",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
}
_MODIFIERS = {"ctrl": "C-", "alt": "M-", "shift": "S-"}
_SPECIAL = frozenset(_NAMES.values()) | {f"F{number}" for number in range(1, 13)}


class KeymapError(Exception):
    """The user's keys cannot be used; the text is a sentence that names key and action."""


class Waiting(NamedTuple):
    """The keys typed so far begin a sequence; `choices` are the next keys and what follows."""

    choices: tuple[tuple[str, Action], ...]


class Keymap:
    """Finds the action of a key or a sequence in a context."""

    def __init__(self, keys: Mapping[str, Sequence[Chord]]) -> None:
        self._keys = {action: tuple(chords) for action, chords in keys.items()}
        self._table: dict[Context, dict[Chord, Action]] = {context: {} for context in Context}
        for action in ACTIONS:
            for chord in self._keys.get(action.id, ()):
                for context in action.contexts:
                    self._table[context][chord] = action

    @classmethod
    def make(
        cls, name: str = "default", own: Mapping[str, str | Sequence[str]] | None = None
    ) -> "Keymap":
        """The map `name` with the user's own keys, which win over the map's.

        Raises KeymapError.
        """
        if name not in KEYMAPS:
            raise KeymapError(f'There is no key map "{name}"; there are {", ".join(KEYMAPS)}.')
        chosen = {action: _own_chords(action, keys) for action, keys in (own or {}).items()}
        _refuse_collisions(chosen)
        keys = {action.id: _chords(action.keys_in(name)) for action in ACTIONS}
        for action, chords in keys.items():
            keys[action] = tuple(
                chord
                for chord in chords
                if not any(_hides(BY_ID[action], chord, other, chosen[other]) for other in chosen)
            )
        return cls({**keys, **chosen})

    def find(self, context: Context, typed: Chord) -> Action | Waiting | None:
        """The action of what was typed, or the sequences it begins, or None."""
        table = self._table[context]
        if (action := table.get(typed)) is not None:
            return action
        choices = tuple(
            (" ".join(chord[len(typed) :]), action)
            for chord, action in table.items()
            if len(chord) > len(typed) and chord[: len(typed)] == typed
        )
        return Waiting(choices) if choices else None

    def keys_of(self, action: Action) -> tuple[str, ...]:
        """The keys of an action as they are written."""
        return tuple(" ".join(chord) for chord in self._keys.get(action.id, ()))

    def first_key(self, action_id: str) -> str:
        """The key to name where there is place for one only; empty if it has none."""
        chords = self._keys.get(action_id, ())
        return " ".join(chords[0]) if chords else ""


def key_name(key: str, character: str | None) -> str:
    """Our name of a key that Textual reports."""
    if character is not None and character.isprintable() and character != " ":
        return "M-" + character if key.startswith("alt+") else character
    modifiers = ""
    while key not in _NAMES:
        word, plus, last = key.partition("+")
        if not (plus and last and word in _MODIFIERS):
            break
        modifiers, key = modifiers + _MODIFIERS[word], last
    if key[:1] == "f" and key[1:].isdigit():
        return modifiers + key.upper()
    return modifiers + (_NAMES.get(key) or _SIGNS.get(key, key))


def _chords(keys: Sequence[str]) -> tuple[Chord, ...]:
    return tuple(tuple(key.split(" ")) for key in keys)


def _own_chords(action: str, keys: str | Sequence[str]) -> tuple[Chord, ...]:
    if action not in BY_ID:
        raise KeymapError(f'There is no action "{action}" to give a key to.')
    chords = _chords([keys] if isinstance(keys, str) else keys)
    for chord in chords:
        for step in chord:
            if not _is_key(step):
                raise KeymapError(
                    f'"{" ".join(chord)}" for "{action}" is no key: write one character, '
                    "or Enter, Space, PgDn, F5, C-x, M-x; blanks separate a sequence."
                )
    return chords


def _is_key(step: str) -> bool:
    while step[:2] in {"C-", "M-", "S-"} and len(step) > 2:
        step = step[2:]
    return step in _SPECIAL or (len(step) == 1 and step.isprintable())


def _refuse_collisions(chosen: Mapping[str, Sequence[Chord]]) -> None:
    names = list(chosen)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            for chord in chosen[first]:
                if _hides(BY_ID[first], chord, second, chosen[second]):
                    raise KeymapError(
                        f'"{" ".join(chord)}" is given to both "{first}" and "{second}", '
                        "or one begins with the other."
                    )


def _hides(action: Action, chord: Chord, other: str, chords: Sequence[Chord]) -> bool:
    """Whether a chord of `other` is in the way of `chord` somewhere."""
    if action.id == other or not action.contexts & BY_ID[other].contexts:
        return False
    return any(_clash(chord, own) for own in chords)


def _clash(first: Chord, second: Chord) -> bool:
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]
