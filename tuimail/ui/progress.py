"""Long work as a bar with count and rate. Pure but for the clock it is given."""

from dataclasses import dataclass

from tuimail.engine.events import Progress
from tuimail.ui.cells import settle, width
from tuimail.ui.rows import Span
from tuimail.ui.theme import Glyphs, Tone

_BAR = 12


@dataclass(slots=True)
class Work:
    """One piece of long work, since when and from where it is being watched."""

    progress: Progress
    since: float
    start: int

    def rate(self, now: float) -> float:
        """Messages a second; 0 while it is too early to say."""
        passed = now - self.since
        return max(0, self.progress.done - self.start) / passed if passed >= 1 else 0


def work_spans(work: Work, now: float, cells: int, glyphs: Glyphs) -> list[Span]:
    """What, bar, count and rate, as far as they fit into `cells`."""
    progress = work.progress
    count = f"{progress.done:,}"
    if progress.total:
        count += f"/{progress.total:,}"
    if rate := work.rate(now):
        count += f"  {rate:,.0f}/s"
    pieces = [Span(" " + count, Tone.BAR)]
    if progress.total:
        full = min(_BAR, _BAR * progress.done // progress.total)
        bar = [
            Span(glyphs.full * full, Tone.KEY),
            Span(glyphs.empty * (_BAR - full), Tone.BAR),
        ]
        pieces = [*bar, *pieces]
    what = Span(settle(progress.what) + "  ", Tone.BAR)
    for shown in ([what, *pieces], pieces, pieces[-1:]):
        if sum(width(span.text) for span in shown) <= cells:
            return shown
    return []
