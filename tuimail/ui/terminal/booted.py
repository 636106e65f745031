"""What boot paint leaves to those who draw after it."""

from typing import TYPE_CHECKING, NamedTuple

from tuimail.ui.terminal.tty import Tty

if TYPE_CHECKING:
    from tuimail.ui.terminal.diff_writer import DiffWriter
    from tuimail.ui.terminal.frame import Frame


class Booted(NamedTuple):
    """A terminal that was taken: keys wait in it, unechoed, and whoever goes on restores it.

    If there is a `frame`, the terminal was sent `ENTER` and shows it, as `writer` knows.
    """

    tty: Tty
    writer: "DiffWriter | None" = None
    frame: "Frame | None" = None
