"""A new account file: private, complete, and never over another."""

import os
import stat
from pathlib import Path

import pytest

from tests.unit.config.test_load import FULL, MINIMAL
from tuimail.config.errors import ConfigError
from tuimail.config.load import load_account, load_accounts
from tuimail.config.paths import Paths
from tuimail.config.save import account_table, replace_account, save_account
from tuimail.config.schema import AccountConfig, ServerConfig
from tuimail.model.mail import AccountName


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.from_environment({"HOME": str(tmp_path)})


def account(name: str = "work", password: str | None = None) -> AccountConfig:
    server = ServerConfig(host="imap.example.org", port=993, username="anna", password=password)
    return AccountConfig(AccountName(name), "anna@example.org", server)


def test_what_is_saved_is_loaded_again(paths: Paths) -> None:
    save_account(paths, account(password="hunter2"))
    assert load_accounts(paths) == [account(password="hunter2")]


@pytest.mark.parametrize("content", [MINIMAL, FULL])
def test_every_setting_survives_writing_and_reading(paths: Paths, content: str) -> None:
    source = paths.config.parent / "work.toml"
    source.parent.mkdir(parents=True)
    source.write_text(content)
    loaded = load_account(source)
    assert load_account(save_account(paths, loaded)) == loaded


def test_the_file_and_its_folders_are_private_whatever_the_umask(paths: Paths) -> None:
    before = os.umask(0)
    try:
        file = save_account(paths, account())
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.config.stat().st_mode) == 0o700


def test_a_file_that_exists_is_left_as_it_is(paths: Paths) -> None:
    file = save_account(paths, account())
    content = file.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        save_account(paths, account(password="other"))
    assert file.read_bytes() == content
    assert [entry.name for entry in paths.accounts.iterdir()] == ["work.toml"]


def test_a_dangling_link_is_not_written_through(paths: Paths, tmp_path: Path) -> None:
    paths.accounts.mkdir(parents=True)
    paths.account_file(AccountName("work")).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="exists already"):
        save_account(paths, account())
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_that_leads_elsewhere_is_refused(paths: Paths) -> None:
    with pytest.raises(ConfigError, match="name"):
        save_account(paths, account("../../work"))


def test_defaults_are_not_written(paths: Paths) -> None:
    assert account_table(account()) == {
        "email": "anna@example.org",
        "incoming": {"host": "imap.example.org", "port": 993, "username": "anna"},
    }


def test_a_replaced_file_is_kept_beside_the_new_one_each_state_once(paths: Paths) -> None:
    file = save_account(paths, account())
    first, second = file.read_bytes(), account(password="hunter2")
    kept = replace_account(paths, second)
    assert (load_accounts(paths), kept.read_bytes()) == ([second], first)
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert replace_account(paths, account()).read_bytes() != first
    assert replace_account(paths, second) == kept
    assert len(list(paths.accounts.iterdir())) == 3


def test_a_file_that_is_a_link_is_replaced_where_it_is(paths: Paths, tmp_path: Path) -> None:
    file = save_account(paths, account())
    place = tmp_path / "dotfiles.toml"
    file.rename(place)
    file.symlink_to(place)
    replace_account(paths, account(password="hunter2"))
    assert file.is_symlink()
    assert load_account(file) == account(password="hunter2")
