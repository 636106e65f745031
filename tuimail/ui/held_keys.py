"""Keys typed while what they are meant for is not there yet. Pure."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")


class HeldKeys(Generic[Key]):
    """Keeps keys while it is `holding`; `release` gives them to `replay`, in their order."""

    def __init__(self, replay: Callable[[Sequence[Key]], None], *, holding: bool = False) -> None:
        self._replay = replay
        self.holding = holding
        self.kept: list[Key] = []

    def hold(self) -> None:
        self.holding = True

    def keep(self, key: Key) -> bool:
        """Keep a key for later; False if it can be carried out now."""
        if self.holding:
            self.kept.append(key)
        return self.holding

    def release(self) -> None:
        if self.holding:
            self.holding = False
            keys, self.kept = self.kept, []
            self._replay(keys)

    def forget(self) -> None:
        """What was kept is meant for nobody any more."""
        self.kept.clear()

    def drop(self) -> None:
        self.forget()
        self.holding = False
