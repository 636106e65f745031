"""The tests' own Python environment, made anew when what it is made from has changed."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# One for each Python, so that one run after another makes none of them anew.
ENVIRONMENT = ROOT / ".tests" / f"venv-{sys.version.split()[0]}"
# Where the last one used is found.
USED_LAST = ROOT / ".tests" / "venv"
SOURCES = (ROOT / "pyproject.toml", ROOT / "tests" / "constraints.txt")


INCOMPLETE = "Python's venv is not complete: install the package python3-venv."


class Unprepared(Exception):
    """There is no environment; the text says what to do."""


def prepared_programs() -> Path:
    """The folder of Python, and of all programs that the check runs."""
    programs = ENVIRONMENT / "bin"
    stamp = ENVIRONMENT / "made-from"
    fingerprint = _fingerprint()
    if not (stamp.exists() and stamp.read_text() == fingerprint):
        _check_interpreter()
        print(f"Making the environment {ENVIRONMENT.relative_to(ROOT)} …", flush=True)
        _make(programs / "python")
        stamp.write_text(fingerprint)
    _point_to_it()
    return programs


def _point_to_it() -> None:
    if USED_LAST.is_dir() and not USED_LAST.is_symlink():
        shutil.rmtree(USED_LAST)
    link = USED_LAST.with_name(f"link-{os.getpid()}")
    link.symlink_to(ENVIRONMENT.name)
    link.replace(USED_LAST)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for source in SOURCES:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _check_interpreter() -> None:
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise Unprepared(INCOMPLETE)


def _make(python: Path) -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    try:
        # Not at the top: a bare Python has it not, or not all of it.
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    except subprocess.CalledProcessError as error:
        raise Unprepared(f"The environment could not be made, see above. {INCOMPLETE}") from error
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = str(SOURCES[1])
    try:
        subprocess.run(
            [python, *install, "--editable", ".[dev]", "--constraint", constraints],
            cwd=ROOT,
            # The build's own environment is pinned by this variable alone.
            env={**os.environ, "PIP_CONSTRAINT": constraints},
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise Unprepared("pip could not install what the tests need; see above.") from error


def newer_pythons() -> list[Path]:
    """Interpreters of this machine that are newer than this one, one a version, in order."""
    folders = [Path(each) for each in os.get_exec_path()]
    folders += Path("~/.pyenv/versions").expanduser().glob("*/bin")
    found: dict[tuple[int, int], Path] = {}
    for candidate in (each for folder in folders for each in folder.glob("python3.[0-9]*")):
        version = _version_of(candidate)
        if version > sys.version_info[:2]:
            found.setdefault(version, candidate)
    return [found[version] for version in sorted(found)]


def _version_of(candidate: Path) -> tuple[int, int]:
    """What it says of itself; (0, 0) for what is no interpreter that works."""
    if re.fullmatch(r"python3\.\d+", candidate.name) is None:
        return 0, 0
    ask = [str(candidate), "-c", "import ensurepip, sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=30).stdout
        major, minor = map(int, answer.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0, 0
    return major, minor
