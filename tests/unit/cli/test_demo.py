"""The demo is shown as the user's own settings and the options want it."""

from pathlib import Path

import pytest

from tuimail.cli.arguments import parse
from tuimail.cli.failure import Failure
from tuimail.cli.interface import Taste
from tuimail.cli.opening import demo_notice, draw
from tuimail.config.errors import ConfigError
from tuimail.config.paths import Paths
from tuimail.ui.keymap import Keymap


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    folder = tmp_path / "tuimail"
    folder.mkdir()
    (folder / "config.toml").write_text('theme = "paper"\nkeymap = "gmail"\n')
    (folder / "keys.toml").write_text('help = "F1"\n')
    return tmp_path


def paths(settings: Path) -> Paths:
    return Paths.from_environment({"XDG_CONFIG_HOME": str(settings), "HOME": str(settings)})


def test_the_demo_obeys_the_settings(settings: Path) -> None:
    taste = Taste(paths(settings))
    assert taste.config.theme == "paper"
    assert taste.keymap.first_key("archive") == "e"
    assert taste.keymap.first_key("help") == "F1"


def test_an_option_wins_over_the_settings_and_keeps_the_users_own_keys(settings: Path) -> None:
    taste = Taste(paths(settings), "mutt", "calm")
    assert taste.config.theme == "calm"
    assert taste.keymap.first_key("mailboxes") == "B"
    assert taste.keymap.first_key("open") == "Enter"
    assert taste.keymap.first_key("help") == "F1"


def test_the_first_screen_of_the_demo_obeys_them_too(settings: Path) -> None:
    environ = {
        "XDG_CONFIG_HOME": str(settings),
        "HOME": str(settings),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }
    drawn = draw(environ, 80, 24, demo=True)
    assert drawn is not None
    data = drawn[0].decode()
    assert "F1 shows the keys." in data
    assert "48;2;250;249;246" in data


def test_broken_settings_are_told(settings: Path) -> None:
    (settings / "tuimail" / "config.toml").write_text('theme = "blue"\n')
    with pytest.raises(ConfigError, match="blue"):
        Taste(paths(settings))


@pytest.mark.parametrize(
    "arguments", [["--keymap", "vim"], ["--theme", "blue"], ["--keymap"], ["--theme", ""]]
)
def test_a_map_or_theme_that_is_not_there_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises((Failure, SystemExit)):
        parse(["demo", *arguments])


def test_the_notice_names_the_key_of_the_map() -> None:
    assert demo_notice(Keymap.make("default", {"help": "F1"})).endswith("F1 shows the keys.")
