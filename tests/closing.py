"""What is closed at the end of its `with`."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Its own context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End it, and what belongs to it."""
