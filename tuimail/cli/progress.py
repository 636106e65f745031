"""A progress bar for each kind of long work, on stderr."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from tuimail.engine import events


@contextmanager
def bar() -> Iterator[Callable[[events.Progress], None]]:
    """Gives what shows one more piece of news; the bars go away at the end."""
    tasks: dict[tuple[str, str], TaskID] = {}
    words = TextColumn("{task.description}", markup=False)
    # What is written to stderr meanwhile goes through it, and is no markup (security.md T4).
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(
        words, BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as progress:

        def show(news: events.Progress) -> None:
            place = (news.account, news.what)
            if place not in tasks:
                tasks[place] = progress.add_task(f"{news.account}: {news.what}", total=None)
            progress.update(tasks[place], completed=news.done, total=news.total or None)

        yield show
