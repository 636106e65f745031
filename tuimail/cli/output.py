"""Results go to stdout, as text or one JSON object a line; everything else to stderr."""

import json
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence

from tuimail.model.safe_text import safe_line

_DOUBTFUL = re.compile(r"[^ -~]")


def json_line(content: Mapping[str, object]) -> bytes:
    """One object as UTF-8, with its line end, harmless to a terminal."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if not text.isprintable():
        text = _DOUBTFUL.sub(_escape, text)
    return text.encode() + b"\n"


def _escape(match: re.Match[str]) -> str:
    """What is no character to be seen, or not the same everywhere, as UTF-16 in hexadecimal."""
    character = match[0]
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


class Output:
    """Where one command's results go."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def row(self, content: Mapping[str, object]) -> None:
        self.raw(json_line(content))

    def line(self, text: str) -> None:
        """A line of what was asked for, whatever a server or a letter put into it."""
        sys.stdout.write(safe_line(text, len(text)) + "\n")

    def say(self, text: str, **content: object) -> None:
        """What was done: left out if quiet; in JSON an object with the words as `did`."""
        if self.as_json:
            self.row({"did": text, **content})
        elif not self.quiet:
            self.line(text)

    def raw(self, content: bytes) -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Aligned columns under a head; numbers to the right, the last column as it is."""
        if not rows:
            return
        shown: list[list[str]] = [[safe_line(str(cell), 1000) for cell in row] for row in rows]
        widths = [max(map(columns, column)) for column in zip(head, *shown, strict=True)]
        numeric = [isinstance(cell, int) for cell in rows[0]]
        for cells in (list(head), *shown):
            padded = map(_pad, cells, widths, numeric)
            self.line("  ".join(padded).rstrip())


def columns(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    from wcwidth import wcswidth  # noqa: PLC0415  takes time to load, for tables only

    return max(0, wcswidth(text))


def _pad(text: str, width: int, right: bool = False) -> str:
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks


def cut(text: str, width: int) -> str:
    """As much of `text` as fits, and exactly `width` columns of it."""
    if columns(text) > width:
        while columns(text) > width - 1:
            text = text[: max(0, min(len(text) - 1, width))]
        text += "…"
    return _pad(text, width)


def complain(sentence: str) -> None:
    """One sentence to stderr, whatever a server or a file put into it."""
    sys.stderr.write(f"tuimail: {safe_line(sentence)}\n")
