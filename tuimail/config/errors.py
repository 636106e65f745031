"""What is wrong with a settings file, in one sentence."""

from pathlib import Path

from tuimail.model.safe_text import safe_line


class ConfigError(Exception):
    """A settings file cannot be used; names the file, the key, what was found and expected.

    `unreadable`: the disk is to blame, not what the file says.
    """

    def __init__(self, file: Path, problem: str, *, unreadable: bool = False) -> None:
        super().__init__(safe_line(f"{file}: {problem}"))
        self.unreadable = unreadable
        self.file = file
        self.problem = problem


def wrong_value(file: Path, key: str, found: str, expected: str) -> ConfigError:
    return ConfigError(file, f"{key}: found {found}, expected {expected}")
