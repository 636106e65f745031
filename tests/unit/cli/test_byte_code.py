"""Where byte code cannot be kept, start-up says so once, and how to mend it."""

import importlib.util
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import tuimail
from tests.benchmarks.sandbox import Sandbox
from tests.benchmarks.terminal import Terminal
from tuimail.cli.byte_code import advice


def module_in(folder: Path, *, cached: bool) -> ModuleType:
    folder.mkdir(parents=True)
    file = folder / "__init__.py"
    file.write_text("")
    spec = importlib.util.spec_from_file_location("example", file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    if cached:
        kept = Path(importlib.util.cache_from_source(str(file)))
        kept.parent.mkdir()
        kept.touch()
    return module


def test_who_has_byte_code_hears_nothing(tmp_path: Path) -> None:
    kept = module_in(tmp_path / "kept", cached=True)
    assert advice([kept], tmp_path / "state") == ""
    assert not (tmp_path / "state").exists()


def test_it_is_said_once_with_the_command_that_helps(tmp_path: Path) -> None:
    module = module_in(tmp_path / "my programs" / "example", cached=False)
    said = advice([module], tmp_path / "state")
    assert said == (
        f"For a quicker start: python3 -m compileall -q '{tmp_path}/my programs/example'"
    )
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert advice([module], tmp_path / "state") == ""


def test_among_other_packages_all_of_them_are_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "site-packages"
    modules = [module_in(folder / name, cached=False) for name in ("one", "two")]
    assert advice(modules, tmp_path / "state").endswith(f"-q {folder}")


def test_a_state_folder_that_cannot_be_written_does_not_stop_the_start(tmp_path: Path) -> None:
    module = module_in(tmp_path / "example", cached=False)
    (tmp_path / "file").touch()
    assert advice([module], tmp_path / "file" / "state") != ""


@pytest.mark.integration
def test_a_package_that_cannot_be_written_says_so_on_its_first_start_only(tmp_path: Path) -> None:
    source = Path(tuimail.__file__).parent
    copy = tmp_path / "tuimail"
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in [copy, *(each for each in copy.rglob("*") if each.is_dir())]:
        # A file in the way: even root cannot make a folder of it.
        (folder / "__pycache__").touch()
    with Sandbox() as sandbox:
        sandbox.add_account("mine", "127.0.0.1", 9, "me", "secret")
        environment = {
            **sandbox.environment,
            "PYTHONPATH": str(tmp_path),
            "TERM": "xterm-256color",
        }
        screens = [_screen_once_offline(environment) for _ in range(2)]
        assert "For a quicker start: python3 -m compileall -q" in screens[0]
        assert "quicker" not in screens[1]
        for blocked in copy.rglob("__pycache__"):
            blocked.unlink()
        # What it said, word for word, helps.
        command = screens[0].partition("start: python3 ")[2].split()[:4]
        subprocess.run([sys.executable, *command], check=True)
        assert list(copy.glob("cli/__pycache__/main.*.pyc"))


def _screen_once_offline(environment: dict[str, str]) -> str:
    with Terminal([sys.executable, "-P", "-m", "tuimail"], environment, columns=200) as terminal:
        terminal.wait_for("offline")
        terminal.settle()
        text = terminal.text()
        terminal.write("q")
        assert terminal.process.wait(20) == 0
        return text
