"""The pictures that are kept: `python -m tests.pictures.kept` takes them all anew.

Texts in `kept/`, for the test. With a folder as its argument it also writes them there as SVG,
to be looked at.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from tests.pictures.steps import SIZES, STEPS
from tests.pictures.svg import picture
from tests.pictures.walking import Taken, walk

KEPT = Path(__file__).parent / "kept"


def folder_of(size: tuple[int, int], base: Path = KEPT) -> Path:
    return base / f"{size[0]}x{size[1]}"


def kept_texts(size: tuple[int, int]) -> dict[str, str]:
    """By step, in the order of the walk."""
    folder = folder_of(size)
    return {step.name: (folder / f"{step.name}.txt").read_text() for step in STEPS}


def _take(size: tuple[int, int]) -> list[Taken]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(walk(Path(folder), size))


def main(arguments: list[str]) -> None:
    for size in SIZES:
        taken = _take(size)
        shutil.rmtree(folder_of(size), ignore_errors=True)
        folder_of(size).mkdir(parents=True)
        for each in taken:
            (folder_of(size) / f"{each.step.name}.txt").write_text(each.text)
        if arguments:
            drawings = folder_of(size, Path(arguments[0]))
            drawings.mkdir(parents=True, exist_ok=True)
            for number, each in enumerate(taken, 1):
                drawing = drawings / f"{number:02} {each.step.name}.svg"
                drawing.write_text(picture(each.screen))


if __name__ == "__main__":
    main(sys.argv[1:])
