"""The screens are as they were when somebody looked at them; nothing on them flickers."""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.pictures.kept import kept_texts
from tests.pictures.steps import SIZES
from tests.pictures.walking import Rows, Taken, walk
from tests.ui.terminal.emulator import Cell


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_walk_through_the_demo_looks_as_it_did(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    taken = await walk(tmp_path, size)
    kept = kept_texts(size)
    assert [each.step.name for each in taken] == [*kept]
    for each in taken:
        assert each.text == kept[each.step.name], (
            f"{each.step.name} differs; python -m tests.pictures.kept takes all pictures anew"
        )
    blinking = blinking_steps(taken)
    if blinking:
        # What a step shows on its way hangs on which of two processes is quicker: seen once in
        # some forty walks. What blinks by itself does so on every walk.
        blinking &= blinking_steps(await walk(tmp_path / "again", size))
    assert blinking == set()


def blinking_steps(taken: list[Taken]) -> set[str]:
    return {each.step.name for each in taken if blinks(each.answer)}


def blinks(answer: list[Rows]) -> list[tuple[int, int]]:
    """Cells between the status lines that change and change back while one key is answered."""
    height, width = len(answer[0]), len(answer[0][0])
    return [
        (x, y)
        for y in range(1, height - 1)
        for x in range(width)
        if _comes_back([rows[y][x] for rows in answer])
    ]


def _comes_back(states: list[Cell]) -> bool:
    changes = sum(before != state for before, state in pairwise(states))
    return changes > 1 and states[0] == states[-1]
