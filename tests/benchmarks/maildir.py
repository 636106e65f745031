"""The letters of the benchmarks as a Maildir, for the programs measured beside ours."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.letters import Sample

LINES = 40


def write_maildir(folder: Path, letters: Iterable[Sample]) -> None:
    """All of them in `cur`, read or not as their flags say; texts are cut to a screen or so."""
    for name in ("tmp", "new", "cur"):
        (folder / name).mkdir(parents=True)
    for letter in letters:
        short = replace(letter, text=first_lines(letter.text), attachment=b"")
        _write(folder / "cur" / _name(letter), short.raw().replace(b"\r\n", b"\n"))


def first_lines(text: str) -> str:
    return "\r\n".join(text.split("\r\n", LINES)[:LINES])


def _name(letter: Sample) -> str:
    seconds = int(letter.received.timestamp())
    return f"{seconds}.M{letter.number}.bench:2,{'S' if letter.read else ''}"


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, content)
    finally:
        os.close(file)
