"""Changing the theme and the key map at once, for this sitting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tuimail.ui.actions import KEYMAPS
from tuimail.ui.choices import Choice, Choices
from tuimail.ui.keymap import Keymap, KeymapError
from tuimail.ui.parts.desk import Desk
from tuimail.ui.prompts import Prompt
from tuimail.ui.theme import THEME_NAMES, Looks


@dataclass(frozen=True, slots=True)
class Wardrobe:
    """What there is to choose from: the user's own keys are in every map. `keymap` raises
    KeymapError."""

    keymap: Callable[[str], Keymap]
    looks: Callable[[str], Looks]


class Appearance:
    """Asks, and has it so; `wear` draws everything with other looks."""

    def __init__(
        self,
        desk: Desk,
        wardrobe: Wardrobe,
        wear: Callable[[Looks], None],
        changed: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._wardrobe = wardrobe
        self._wear = wear
        self._changed = changed

    def ask_theme(self) -> None:
        self._ask("Theme", THEME_NAMES, self._set_theme)

    def ask_keymap(self) -> None:
        self._ask("Key map", KEYMAPS, self._set_keymap)

    def _ask(self, what: str, names: Sequence[str], done: Callable[[str], None]) -> None:
        choices = Choices([Choice(name, name) for name in names])
        self._desk.prompts.ask(Prompt(f"{what}:", done, choices=choices, title=what))

    def _set_theme(self, name: str) -> None:
        self._desk.looks = self._wardrobe.looks(name)
        self._wear(self._desk.looks)
        self._tell("theme", name)

    def _set_keymap(self, name: str) -> None:
        try:
            self._desk.keymap = self._wardrobe.keymap(name)
        except KeymapError as error:
            self._desk.warn(str(error))
            return
        self._tell("keymap", name)

    def _tell(self, key: str, name: str) -> None:
        self._changed()
        self._desk.say(f'Until you quit; {key} = "{name}" in config.toml keeps it.')
