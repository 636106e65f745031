"""Programs of others that tests run: installed, or unpacked by `python3 -m tests`."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

_PLACE = Path(__file__).parents[2] / ".tests"


@dataclass(frozen=True, slots=True)
class Program:
    """Where it is, and what it needs to run."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)


def unpacked(name: str) -> Path:
    """Where the program is unpacked if it cannot be installed."""
    return _PLACE / name / "root"


def find_program(name: str) -> Program | str:
    """The program of that name, or a sentence on what is missing."""
    if found := shutil.which(name):
        return Program(Path(found))
    root = unpacked(name)
    if (root / "usr/bin" / name).exists():
        libraries = ":".join(map(str, sorted((root / "usr/lib").glob("*-linux-gnu*"))))
        return Program(root / "usr/bin" / name, {"LD_LIBRARY_PATH": libraries})
    return f"{name} is not on this machine: install {name}"
