"""The engine follows the account files, and reads them only when one has changed."""

import argparse
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from tuimail.config.errors import ConfigError
from tuimail.config.paths import Paths
from tuimail.engine import run

ACCOUNT = """
email = "{name}@example.org"
[incoming]
host = "127.0.0.1"
security = "none"
username = "anna"
"""


@pytest.fixture
def folder() -> Path:
    folder = Paths.from_environment().accounts
    folder.mkdir(parents=True)
    write(folder, "work")
    return folder


def write(folder: Path, name: str, text: str = ACCOUNT) -> None:
    (folder / f"{name}.toml").write_text(text.format(name=name))


def reader() -> Callable[[], list[str]]:
    read = run._reader_of_setups(Paths.from_environment(), argparse.Namespace(demo=None))
    return lambda: [setup.name for setup in read()]


def test_it_reads_again_only_what_has_changed(folder: Path) -> None:
    names = reader()
    with mock.patch.object(run, "load_accounts", side_effect=AssertionError("read in vain")):
        assert [names() for _ in range(3)] == [["work"]] * 3
    write(folder, "home")
    assert names() == ["home", "work"]
    (folder / "work.toml").unlink()
    assert names() == ["home"]


def test_a_file_that_cannot_be_used_changes_nothing_until_it_is_mended(folder: Path) -> None:
    names = reader()
    write(folder, "home", "email = 7")
    assert [names() for _ in range(2)] == [["work"]] * 2
    write(folder, "home")
    assert names() == ["home", "work"]


def test_other_permissions_are_a_change(folder: Path) -> None:
    file = folder / "work.toml"
    file.write_text(file.read_text() + 'password = "x"\n')
    file.chmod(0o600)
    names = reader()
    file.chmod(0o644)
    with mock.patch.object(run, "load_accounts", side_effect=ConfigError(file, "open")) as load:
        assert names() == ["work"]
    assert load.called
