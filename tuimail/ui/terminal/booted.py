"""What boot paint leaves to those who draw after it."""

from typing import NamedTuple

from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.tty import Tty


class Booted(NamedTuple):
    """A terminal that was taken: keys wait in it, unechoed, and whoever goes on restores it.

    If there is a `frame`, the terminal was sent what it is to begin with and shows it, as
    `writer` knows.
    """

    tty: Tty
    writer: DiffWriter | None = None
    frame: Frame | None = None
