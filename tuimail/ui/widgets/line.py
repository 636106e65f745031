"""A widget drawn line by line, which redraws only the lines it is told."""

from collections.abc import Iterable

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tuimail.ui.cells import width
from tuimail.ui.rich_style import rich_style
from tuimail.ui.rows import Span
from tuimail.ui.theme import Looks, Tone


class LineWidget(Widget):
    """Subclasses say what stands on a line; all text in it is settled and safe."""

    ALLOW_SELECT = False

    def __init__(self, looks: Looks, *, id: str) -> None:
        super().__init__(id=id)
        self.looks = looks
        self._fitted = Size(0, 0)

    def fit(self) -> None:
        """Take on the widget's size; called before anything is drawn in it."""

    def line(self, y: int) -> list[Span]:
        """What line `y` shows, in at most the widget's width."""
        raise NotImplementedError

    def link(self, y: int) -> str:
        """Where the links on line `y` lead; "" is nowhere."""
        return ""

    def is_cursor(self, y: int) -> bool:
        """Whether line `y` is drawn as the cursor's."""
        return False

    @property
    def ground(self) -> Tone:
        """What the rest of a line is filled with."""
        return Tone.PLAIN

    def render_line(self, y: int) -> Strip:
        self.fit_now()
        cursor = self.is_cursor(y)
        style = self.looks.style
        segments: list[Segment] = []
        left = self.size.width
        for text, tone in self.line(y):
            left -= width(text)
            worn = style(tone, cursor=cursor)
            look = rich_style(worn._replace(link=self.link(y)) if tone is Tone.LINK else worn)
            if segments and segments[-1].style is look:
                segments[-1] = Segment(segments[-1].text + text, look)
            else:
                segments.append(Segment(text, look))
        segments.append(Segment(" " * left, rich_style(style(self.ground, cursor=cursor))))
        return Strip(segments, self.size.width)

    def wear(self, looks: Looks) -> None:
        """Draw with these from here on."""
        self.looks = looks
        self.unfit()
        self.refresh()

    def unfit(self) -> None:
        """What depends on the size has to be made again."""
        self._fitted = Size(0, 0)

    def fit_now(self) -> None:
        """Take on the size at once: Textual draws a resized widget before it tells it."""
        if self._fitted != self.size:
            self._fitted = self.size
            self.fit()

    def redraw(self, lines: Iterable[int] | None = None) -> None:
        """Draw `lines` again, or all; nothing else is touched and no layout happens."""
        if lines is None:
            self.refresh()
            return
        regions = [Region(0, y, self.size.width, 1) for y in lines if 0 <= y < self.size.height]
        if regions:
            self.refresh(*regions)
