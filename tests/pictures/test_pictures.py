"""The screens are as they were when somebody looked at them; nothing on them flickers."""

from pathlib import Path

import pytest

from tests.pictures.blinking import blinks
from tests.pictures.kept import kept_texts
from tests.pictures.steps import SIZES
from tests.pictures.walking import walk


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_walk_through_the_demo_looks_as_it_did(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    kept = kept_texts(size)
    taken = await walk(tmp_path, size, kept)
    assert [each.step.name for each in taken] == [*kept]
    for each in taken:
        assert each.text == kept[each.step.name], (
            f"{each.step.name} differs; python -m tests.pictures.kept takes all pictures anew"
        )
        assert blinks(each.answer) == [], each.step.name
