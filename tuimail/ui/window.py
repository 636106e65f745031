"""What can be done to the window that the screen is in."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing(_: str) -> None:
    """Where there is no window."""


@dataclass(frozen=True, slots=True)
class Window:
    """`entitle` names it, `announce` tells whoever looks elsewhere, `copy` fills its clipboard."""

    entitle: Callable[[str], None] = _nothing
    announce: Callable[[str], None] = _nothing
    copy: Callable[[str], None] = _nothing
