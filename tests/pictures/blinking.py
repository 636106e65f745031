"""What is seen on the way from one screen to another and then is as it was."""

from itertools import pairwise

from tests.ui.terminal.emulator import Cell

Rows = list[list[Cell]]


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
