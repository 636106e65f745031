"""The key map that the settings ask for."""

from tuimail.config.errors import ConfigError
from tuimail.config.load import load_config, load_keys
from tuimail.config.paths import Paths
from tuimail.ui.keymap import Keymap, KeymapError


def read_keymap(paths: Paths, name: str | None = None) -> Keymap:
    """The map `name`, or the one that config.toml names, with the user's own keys; raises
    ConfigError."""
    keymap, own = name or load_config(paths).keymap, load_keys(paths)
    try:
        return Keymap.make(keymap, own)
    except KeymapError as error:
        raise ConfigError(paths.keys_file, str(error)) from error
