"""From what a terminal shows to what it should show, in as few bytes as can be."""

from tuimail.ui.terminal.frame import Frame


class DiffWriter:
    """Knows what the terminal shows, and says how to make it show a frame instead.

    `erase` is whether the end of a row may be erased, `scroll` whether the terminal moves
    rows inside margins, `synchronized` whether it can be told to show a big frame at once.
    Nothing but what `paint` made may be sent meanwhile, else `forget`.
    """

    def __init__(
        self,
        *,
        erase: bool = True,
        scroll: bool = True,
        synchronized: bool = False,
        encoding: str = "utf-8",
    ) -> None:
        self.synchronized = synchronized
        self._erase = erase
        self._scroll = scroll
        self._encoding = encoding

    def paint(self, frame: Frame, cursor: tuple[int, int] | None = None) -> bytes:
        """What makes the terminal show `frame`; b"" if it does.

        `cursor` is the column and row where its own cursor is to stand, None for anywhere.
        """
        raise NotImplementedError

    def seed(self, frame: Frame) -> None:
        """The terminal shows `frame`, whoever drew it; its cursor and style are unknown."""

    def forget(self) -> None:
        """Nothing is known: not what is shown, nor its colours, cursor and margins."""
