"""The folders of contract.md's table."""

import os
from pathlib import Path

from tuimail.config.paths import Paths
from tuimail.model.mail import AccountName

XDG = {
    "HOME": "/home/anna",
    "XDG_CONFIG_HOME": "/x/config",
    "XDG_DATA_HOME": "/x/data",
    "XDG_CACHE_HOME": "/x/cache",
    "XDG_STATE_HOME": "/x/state",
    "XDG_RUNTIME_DIR": "/run/user/1000",
}


def test_every_variable_is_obeyed() -> None:
    paths = Paths.from_environment(XDG)
    name = AccountName("work")
    assert paths.config_file == Path("/x/config/tuimail/config.toml")
    assert paths.keys_file == Path("/x/config/tuimail/keys.toml")
    assert paths.account_file(name) == Path("/x/config/tuimail/accounts/work.toml")
    assert paths.account_data(name) == Path("/x/data/tuimail/accounts/work")
    assert paths.account_cache(name) == Path("/x/cache/tuimail/accounts/work")
    assert paths.log == Path("/x/state/tuimail/log")
    assert paths.lock == Path("/x/data/tuimail/lock")
    assert paths.socket.parent == Path("/run/user/1000/tuimail")


def test_without_variables_the_home_folder_serves() -> None:
    paths = Paths.from_environment({"HOME": "/home/anna"})
    assert paths.config == Path("/home/anna/.config/tuimail")
    assert paths.data == Path("/home/anna/.local/share/tuimail")
    assert paths.cache == Path("/home/anna/.cache/tuimail")
    assert paths.state == Path("/home/anna/.local/state/tuimail")


def test_a_relative_variable_counts_as_unset() -> None:
    paths = Paths.from_environment({"HOME": "/home/anna", "XDG_DATA_HOME": "data"})
    assert paths.data == Path("/home/anna/.local/share/tuimail")


def test_two_data_folders_have_two_sockets() -> None:
    here = Paths.from_environment(XDG)
    there = Paths.from_environment(XDG | {"XDG_DATA_HOME": "/y/data"})
    assert here.socket != there.socket
    assert here.socket == Paths.from_environment(XDG).socket


def test_without_a_runtime_folder_the_socket_has_a_folder_of_its_own_in_tmp() -> None:
    paths = Paths.from_environment({"HOME": "/home/anna"})
    assert paths.socket.parent.parent == Path("/tmp")
    assert paths.socket.parent.name.startswith(f"tuimail-{os.getuid()}-")


def test_a_socket_path_always_fits_into_an_address() -> None:
    paths = Paths.from_environment(XDG | {"XDG_RUNTIME_DIR": "/run/" + "x" * 100})
    assert len(os.fsencode(paths.socket)) < 104
