"""What a picker offers: filtered by typing, best first. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tuimail.ui.folders import score

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """One line to pick: settled words, what stands at its right, and what it means.

    A `heading` cannot be picked and is shown only while nothing is typed.
    """

    words: str
    value: T | None
    detail: str = ""
    also: str = ""
    heading: bool = False


class Choices(Generic[T]):
    """Which choices match what was typed, and which of them is the current one."""

    def __init__(
        self,
        offered: Sequence[Choice[T]],
        otherwise: Callable[[str], Choice[T] | None] = lambda _: None,
        points: Callable[[str, Choice[T]], int | None] | None = None,
    ) -> None:
        """`otherwise` makes one more choice, the last one, of what was typed; `points` says how
        well a choice is meant by it, None if it is not."""
        self.offered = offered
        self._otherwise = otherwise
        self._points = points or _letters_in_order
        self.matching: list[Choice[T]] = []
        self.index = 0
        self.top = 0
        self.height = 10
        self.filter("")

    @property
    def current(self) -> Choice[T] | None:
        return self.matching[self.index] if self.matching else None

    def filter(self, pattern: str) -> None:
        if pattern.strip():
            self.matching = self._ranked(pattern)
            if (other := self._otherwise(pattern.strip())) is not None:
                self.matching.append(other)
        else:
            self.matching = list(self.offered)
        self.top = 0
        self.index = next((i for i, choice in enumerate(self.matching) if not choice.heading), 0)

    def step(self, count: int) -> None:
        """Go on by `count` lines, over headings."""
        index = max(0, min(self.index + count, len(self.matching) - 1))
        direction = 1 if count > 0 else -1
        while 0 <= index < len(self.matching) and self.matching[index].heading:
            index += direction
        if 0 <= index < len(self.matching):
            self.index = index
        self.resize(self.height)

    def page(self, direction: int) -> None:
        """Go on by what is in sight, and bring as much in sight."""
        lines = max(1, self.height - 1)
        last_top = max(0, len(self.matching) - self.height)
        self.top = max(0, min(self.top + direction * lines, last_top))
        self.step(direction * lines)

    def resize(self, height: int) -> None:
        """Keep the current choice in sight of `height` lines, with the heading above it."""
        self.height = max(1, height)
        if self.index >= self.top + self.height:
            self.top = self.index - self.height + 1
        above = self.index - 1
        if self.index <= self.top:
            heading = above >= 0 and self.matching[above].heading
            self.top = above if heading and self.height > 1 else self.index

    def _ranked(self, pattern: str) -> list[Choice[T]]:
        found = []
        for place, choice in enumerate(self.offered):
            points = None if choice.heading else self._points(pattern, choice)
            if points is not None:
                found.append((-points, place, choice))
        return [choice for _, _, choice in sorted(found, key=lambda item: item[:2])]


def place_points(pattern: str, choice: Choice[T]) -> int | None:
    """Of a mailbox, whose account stands at the right: "work in", "inbox work", "work/in"."""
    if (plain := _letters_in_order(pattern, choice)) is not None:
        return plain
    wanted = pattern.casefold().replace("/", " ").split()
    both = f"{choice.detail} {choice.words}".casefold()
    return 0 if len(wanted) > 1 and all(word in both for word in wanted) else None


def _letters_in_order(pattern: str, choice: Choice[T]) -> int | None:
    points = [score(pattern, text) for text in (choice.words, choice.detail, choice.also)]
    return max((point for point in points if point is not None), default=None)
