"""Rows that stand elsewhere now: found by comparing what was with what will be."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tuimail.ui.terminal.frame import Cells

_FEWEST = 3
_COST = 24
_COMMON = 4
_PLACE = 4


class Scroll(NamedTuple):
    """The rows from `top` to `bottom` go up by `by`, down if it is negative."""

    top: int
    bottom: int
    by: int


def find_scroll(old: Sequence[Cells | None], new: Sequence[Cells]) -> Scroll | None:
    """The move of whole rows that leaves the least to be written, if any is worth it."""
    changed = [y for y, row in enumerate(new) if row != old[y]]
    if len(changed) < _FEWEST:
        return None
    best: Scroll | None = None
    gain = _COST
    for by in _likely(old, new, changed):
        found, gained = _best_part(old, new, by)
        if gained > gain:
            best, gain = found, gained
    return best


def scrolled(rows: list[Cells | None], scroll: Scroll, blank: Cells) -> list[Cells | None]:
    """What a terminal shows after `scroll`."""
    top, bottom, by = scroll
    part = rows[top : bottom + 1]
    gap: list[Cells | None] = [blank] * abs(by)
    part = [*part[by:], *gap] if by > 0 else [*gap, *part[:by]]
    return [*rows[:top], *part, *rows[bottom + 1 :]]


def _likely(
    old: Sequence[Cells | None], new: Sequence[Cells], changed: Sequence[int]
) -> Iterator[int]:
    """The distances that most of the changed rows have moved by."""
    places: dict[tuple[str, ...], list[int]] = {}
    for y, row in enumerate(old):
        if row is not None and row.end:
            places.setdefault(row.texts, []).append(y)
    votes: Counter[int] = Counter()
    for y in changed:
        found = places.get(new[y].texts, ())
        if len(found) < _COMMON:
            votes.update(place - y for place in found)
    for by, count in votes.most_common(2):
        if by and count > 1:
            yield by


def _best_part(old: Sequence[Cells | None], new: Sequence[Cells], by: int) -> tuple[Scroll, int]:
    """The part of the screen which gains most if it scrolls by `by`, and how much."""
    height = len(new)
    best, most = Scroll(0, 0, by), 0
    start, gain = 0, 0
    for y in range(max(0, -by), min(height, height - by)):
        if gain <= 0:
            start, gain = y, 0
        gain += _gain(old[y], old[y + by], new[y])
        if gain > most:
            best, most = Scroll(start, y, by), gain
    if not most:
        return best, 0
    top, bottom = (best.top, best.bottom + by) if by > 0 else (best.top + by, best.bottom)
    emptied = range(bottom - by + 1, bottom + 1) if by > 0 else range(top, top - by)
    most -= sum(_weight(new[y]) for y in emptied if new[y] == old[y])
    return Scroll(top, bottom, by), most


def _gain(here: Cells | None, there: Cells | None, row: Cells) -> int:
    """What it brings to have the row from `there` instead of the one that is `here`."""
    if here == there:
        return 0
    if row == there:
        return _weight(row)
    return -_weight(row) if row == here else 0


def _weight(row: Cells) -> int:
    """About how many bytes it takes to write a row."""
    return row.end - row.texts[: row.end].count(" ") // 2 + _PLACE
