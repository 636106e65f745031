"""How the code is laid out: who loads what, and what lies at the top."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.programs import Program

ROOT = Path(__file__).parents[2]
TOP = {"LICENSE", "README.md", "examples", "pyproject.toml", "tests", "tuimail"}

PROTOCOLS = {"aioimaplib", "aiosmtplib", "tuimail.wire", "tuimail.backend"}
SCREEN = {"textual", "rich"}
# What the first paint does not need, and what a strange letter could break.
NEVER_ON_SCREEN = PROTOCOLS | {
    "chardet",
    "dns",
    "httpx",
    "httpx2",
    "icalendar",
    "keyring",
    "selectolax",
    "sqlite3",
    "tomli_w",
    "tuimail.mime",
    "vobject",
}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after `code`, with their parents."""
    report = "import sys; print('loaded:', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    names = done.stdout.rpartition("loaded:")[2].split()
    return set(names)


def test_asking_and_recording_loads_no_screen_and_no_protocol() -> None:
    assert not loaded_by("import tuimail.engine.local") & (SCREEN | PROTOCOLS)


def test_the_engine_loads_no_screen() -> None:
    assert not loaded_by("import tuimail.engine.run") & SCREEN


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_neither_screen_nor_database(argument: str) -> None:
    code = f"""
from tuimail.cli.main import main
try:
    main([{argument!r}])
except SystemExit:
    pass
"""
    assert not loaded_by(code) & (SCREEN | {"apsw", "asyncio", "tuimail.store"})


def test_the_screen_loads_no_more_than_its_first_paint_needs() -> None:
    assert not loaded_by("import tuimail.ui.app") & NEVER_ON_SCREEN


def test_the_parser_process_loads_no_more_than_parsing_needs() -> None:
    loaded = loaded_by("import tuimail.mime.worker")
    assert not loaded & (SCREEN | PROTOCOLS | {"apsw", "tuimail.store", "tuimail.config"})


def test_only_what_the_layout_names_lies_at_the_top(program: Callable[[str], Program]) -> None:
    git = program("git").path
    listed = subprocess.run(
        [git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip(f"git lists no files: {listed.stderr.strip()}")
    top = {Path(file).parts[0] for file in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in (ROOT / "tuimail").rglob("*.py")
    }
    assert {path: length for path, length in lengths.items() if length > 400} == {}
