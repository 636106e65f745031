"""What boot paint leaves to those who draw after it."""

from typing import Any, NamedTuple

from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame


class Booted(NamedTuple):
    """The first screen, already on the terminal.

    `writer` knows that the terminal shows `frame`. The alternate screen was entered, the
    cursor is hidden, and keys wait unechoed in the terminal, whose attributes `before` that
    the driver puts back at its end.
    """

    frame: Frame
    writer: DiffWriter
    before: list[Any]
    """What `termios.tcgetattr` said of standard input."""
