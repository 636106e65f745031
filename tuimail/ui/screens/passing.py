"""A screen on top of the others that ends with a result."""

from typing import TypeVar

from textual.screen import Screen

Result = TypeVar("Result")


class PassingScreen(Screen[Result]):
    """Ends once, although further keys may come before it is gone."""

    _ended = False

    def end(self, result: Result) -> None:
        if not self._ended:
            self._ended = True
            self.dismiss(result)
