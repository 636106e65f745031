"""Keys typed before there is anything to act on. Pure."""

from collections.abc import Callable, Sequence


class EarlyKeys:
    """Keeps keys until `release`; `replay` is then given them, in order, and none is kept later."""

    def __init__(self, replay: Callable[[Sequence[str]], None]) -> None:
        self._replay = replay
        self.kept: list[str] = []
        self.over = False

    def keep(self, name: str) -> bool:
        """Keep a key for later; False if it can be carried out now."""
        if not self.over:
            self.kept.append(name)
        return not self.over

    def release(self) -> None:
        if not self.over:
            self.over = True
            names, self.kept = self.kept, []
            self._replay(names)
