"""Ours beside mutt, neomutt and aerc: the same letters, one run, two sizes of screen."""

import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import layouts
from tests.benchmarks.letters import samples
from tests.benchmarks.link import LINKS, Link
from tests.benchmarks.maildir import write_maildir
from tests.benchmarks.readers import Reader, missing, others, ours
from tests.benchmarks.sandbox import Sandbox, fill_store, record_moves
from tests.benchmarks.screen import newest_subject
from tests.benchmarks.syncing import ROWS as SYNCING
from tests.benchmarks.syncing import while_syncing
from tests.benchmarks.tables import print_figures, print_table
from tests.benchmarks.terminal import Answer
from tests.benchmarks.walk import Size, Walk, opened, walk
from tests.servers.dovecot_software import find_software

MESSAGES = 100_000
PENDING = 10_000
ALONE = "list alone"
# The same with slow_link = true, so without the beginnings of messages.
SPARING = "slow link"
# With one column less than 120 the list has the whole width, as the others' lists have.
SIZES: dict[Size, Size | None] = {(120, 40): (119, 40), (80, 24): None}
MODELLED = ("j", "scroll", "page", "open")


def terminal() -> None:
    """Ours beside mutt, neomutt and aerc on the same 100,000 messages, also over slow lines."""
    # The reader of a pty must get its turn while a screen is being worked out.
    sys.setswitchinterval(0.0005)
    shown = newest_subject(MESSAGES)
    with _mail() as (sandbox, home):
        own, readers = ours(sandbox), [*others(home, home / "mail")]
        if left_out := missing():
            print(f"Not installed and so left out: {', '.join(left_out)}.")
        _warm([own, *readers], shown)
        for size, narrower in SIZES.items():
            columns = {} if narrower is None else {ALONE: walk(own, narrower, shown)}
            sandbox.configure("slow_link = true\n")
            columns |= {SPARING: walk(own, narrower or size, shown)}
            sandbox.configure("")
            columns |= {reader.name: walk(reader, size, shown) for reader in (own, *readers)}
            _print_walks(columns, size, [reader.name for reader in readers])
        _print_layouts(own, sandbox, shown)
        _print_syncing(own, sandbox, shown)


def _print_walks(columns: Mapping[str, Walk], size: Size, anchors: Sequence[str]) -> None:
    print(f"\n{size[0]}x{size[1]}, {MESSAGES:,} messages; in ours {PENDING:,} of them pending")
    figures = {name: column.figures for name, column in columns.items()}
    print_figures(figures, of=anchors, aims=size == (120, 40))
    print("\nOver a line, by model, in ms: j, scrolled j, page, open, lag of a held j")
    rows = [[link.words, *(_felt(link, column) for column in columns.values())] for link in LINKS]
    print_table([["", *columns], *rows])


def _felt(link: Link, column: Walk) -> str:
    answers = [_typical(column.recorded.get(row, ())) for row in MODELLED]
    times = [link.answer(answer) if answer else None for answer in answers]
    times.append(link.lag(column.held) if column.held else None)
    return " ".join("-" if time is None else f"{time * 1000:.0f}" for time in times)


def _typical(answers: Sequence[Answer]) -> Answer | None:
    """The median by bytes, which decide what a line does."""
    return sorted(answers, key=lambda answer: answer.size)[len(answers) // 2] if answers else None


def _print_layouts(own: Reader, sandbox: Sandbox, shown: str) -> None:
    print("\nOurs in other forms, 119 or 120x40")
    columns = {}
    for layout in layouts.LAYOUTS:
        sandbox.configure(layout.settings)
        columns[layout.name] = layouts.measure(layout, own, shown).figures
    sandbox.configure("")
    print_figures(columns, layouts.ROWS)


def _print_syncing(own: Reader, sandbox: Sandbox, shown: str) -> None:
    software = find_software()
    if isinstance(software, str):
        print(f"\nNot measured while messages arrive: {software}.")
        return
    result = while_syncing(software, sandbox, own, shown)
    print("\nOurs while 10,000 messages arrive in another account, 120x40, three times")
    print_figures({own.name: result.figures}, SYNCING, aims=True)


def _warm(readers: Sequence[Reader], shown: str) -> None:
    """Header caches, byte code and the engine are there before anybody is timed."""
    for reader in readers:
        with opened(reader, (120, 40)) as screen:
            screen.wait_for(shown, timeout=120)
            screen.settle(1.0)


@contextmanager
def _mail() -> Iterator[tuple[Sandbox, Path]]:
    """The same letters twice: in our store, and as a Maildir in the folder's `mail`."""
    home = Path(tempfile.mkdtemp(prefix="tmbench-", dir="/tmp"))
    try:
        writer = multiprocessing.Process(target=_write, args=(home / "mail" / "INBOX",))
        writer.start()
        with Sandbox() as sandbox:
            # Nobody listens there: the engine stays offline and the screen must not mind.
            account = sandbox.add_account("bench", "127.0.0.1", 9, "bench", "secret")
            store = sandbox.store(account)
            fill_store(store, MESSAGES)
            record_moves(store, PENDING)
            store.close()
            writer.join()
            yield sandbox, home
    finally:
        shutil.rmtree(home)


def _write(folder: Path) -> None:
    write_maildir(folder, samples(MESSAGES))
