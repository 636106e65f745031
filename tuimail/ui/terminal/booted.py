"""What boot paint leaves to those who draw after it."""

from typing import NamedTuple

from tuimail.ui.terminal.diff_writer import DiffWriter
from tuimail.ui.terminal.frame import Frame
from tuimail.ui.terminal.tty import Tty


class Booted(NamedTuple):
    """The first screen, already on the terminal; it was sent `ENTER` before the frame.

    `writer` knows that the terminal shows `frame`. `tty` was taken: keys wait in it,
    unechoed, and whoever goes on with it restores it at the end.
    """

    frame: Frame
    writer: DiffWriter
    tty: Tty
