"""The examples can be used as they are."""

from pathlib import Path

import pytest

from tuimail.config.load import load_account, load_config
from tuimail.config.paths import Paths
from tuimail.config.schema import Config

EXAMPLES = Path(__file__).parents[3] / "examples/config"
ACCOUNTS = sorted(file for file in EXAMPLES.glob("*.toml") if file.name != "config.toml")


@pytest.mark.parametrize("example", ACCOUNTS, ids=lambda path: path.name)
def test_an_example_account_loads(example: Path, tmp_path: Path) -> None:
    file = tmp_path / example.name
    file.write_bytes(example.read_bytes())
    file.chmod(0o600)
    assert load_account(file).incoming.host


def test_the_example_settings_are_the_defaults(tmp_path: Path) -> None:
    paths = Paths.from_environment({"HOME": str(tmp_path)})
    paths.config.mkdir(parents=True)
    paths.config_file.write_bytes((EXAMPLES / "config.toml").read_bytes())
    assert load_config(paths) == Config()
