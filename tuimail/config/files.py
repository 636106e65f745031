"""Which settings files there are; nothing slow to load."""

from pathlib import Path

from tuimail.config.errors import ConfigError
from tuimail.config.paths import Paths


def account_files(paths: Paths) -> list[Path]:
    """The account files there are, by name; what starts with a dot is not one."""
    try:
        names = sorted(entry.name for entry in paths.accounts.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(
            paths.accounts, f"cannot be read: {error.strerror}", unreadable=True
        ) from error
    return [
        paths.accounts / name
        for name in names
        if name.endswith(".toml") and not name.startswith(".")
    ]
