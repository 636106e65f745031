"""The tests' own Python environment, made anew when what it is made from has changed."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".tests" / "venv"
SOURCES = (ROOT / "pyproject.toml", ROOT / "tests" / "constraints.txt")


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
    return programs


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for source in SOURCES:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _check_interpreter() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (not yet in the tests' own environment)
        raise Unprepared(f"Python 3.11 or later is needed, this is {sys.version.split()[0]}.")
    if importlib.util.find_spec("ensurepip") is None:
        raise Unprepared("Python's venv is not complete: install the package python3-venv.")


def _make(python: Path) -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    venv.create(ENVIRONMENT, with_pip=True)
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
