"""Text as format=flowed, which readers wrap to their own width (RFC 3676)."""

import re

WIDTH = 78
_SIGNATURE = "-- "
_QUOTE = re.compile(r"(?:> ?)*")


def flowed(text: str) -> str:
    """`text` with long lines broken so that a reader joins them again.

    Lines end in LF. What stood in a line of its own still does.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return "".join(f"{piece}\n" for line in lines for piece in _pieces(line))


def quote_depth(line: str) -> tuple[int, str]:
    """How often the line is quoted, however its marks are spaced, and what is quoted."""
    marks = _QUOTE.match(line)
    return (marks[0].count(">"), line[marks.end() :]) if marks else (0, line)


def _pieces(line: str) -> list[str]:
    if line == _SIGNATURE:
        return [line]
    line = line.rstrip()
    depth, rest = quote_depth(line)
    mark = ">" * depth
    return [mark + _stuffed(piece, quoted=bool(mark)) for piece in _broken(rest, len(mark))]


def _stuffed(piece: str, *, quoted: bool) -> str:
    """RFC 3676 4.4: a quote's text stands off its marks; so does what could be mistaken."""
    if (quoted and piece) or piece.startswith((" ", ">", "From ")):
        return f" {piece}"
    return piece


def _broken(text: str, taken: int) -> list[str]:
    """At spaces; each piece but the last ends in one."""
    pieces = []
    room = WIDTH - taken - 1
    while len(text) > room:
        at = text.rfind(" ", 1, room)
        if at <= 0:
            at = text.find(" ", room)
        if at <= 0 or not text[at + 1 :].strip():
            break
        pieces.append(text[: at + 1])
        text = text[at + 1 :]
    pieces.append(text)
    return pieces
