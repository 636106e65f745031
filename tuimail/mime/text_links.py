"""Finds the addresses that stand in a text as they are."""

import re
from collections.abc import Iterable, Iterator

from tuimail.mime import bounds

LINES = 20
# One character class and a bound for each piece: no text is searched twice.
_ADDRESS = re.compile(
    r"(?<![\w@./+-])(?:https?://(?=[\w\[])|www\d?\.(?=\w)|mailto:(?=\S)|tel:\+?\d)[^\s<>\"“”«»␛]{1,8000}",
    re.IGNORECASE,
)
_OPENING = re.compile(r"<(?:URL:)?(https?://[^\s<>]{1,2000})$", re.IGNORECASE)
_MIDDLE = re.compile(r"[^\s<>]{1,2000}$")
_CLOSING = re.compile(r"([^\s<>]{0,2000})>")
_QUOTE = re.compile(r"(?:> ?)+|\s+")
_NUMBERED = re.compile(r" \[\d{1,4}(?:: [^\]]{1,300})?\]")
_AFTER = ".,:;!?'*_~`’"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def text_links(lines: Iterable[str]) -> Iterator[str]:
    """The addresses in `lines`, whole, but for those that already have a number after them.

    One in <> may go on in the next lines (RFC 3986, Appendix C).
    """
    begun: list[str] = []
    for line in lines:
        rest = line
        if begun:
            rest = _without_quote(line)
            if end := _CLOSING.match(rest):
                yield "".join([*begun, end[1]])
                begun, rest = [], rest[end.end() :]
            elif len(begun) < LINES and _MIDDLE.match(rest):
                begun.append(rest)
                continue
            else:
                yield begun[0]
                begun = []
        opening = _OPENING.search(rest[-2_100:]) if "://" in rest and "<" in rest else None
        if opening:
            begun = [opening[1]]
            rest = rest[: -len(opening[0])]
        yield from _in_line(rest)
    if begun:
        yield begun[0]


def _without_quote(line: str) -> str:
    quote = _QUOTE.match(line)
    return line[quote.end() :] if quote else line


def _in_line(line: str) -> Iterator[str]:
    if not any(sign in line for sign in ("://", "www", "WWW", "mailto:", "tel:")):
        return
    for found in _ADDRESS.finditer(line):
        address = _trimmed(found[0])
        follows = found.start() + len(address)
        if not _NUMBERED.match(line, follows):
            yield address


def _trimmed(address: str) -> str:
    """Without the signs that end a sentence or close what was opened before it."""
    end = len(address)
    while end:
        sign = address[end - 1]
        opened = _PAIRS.get(sign)
        if sign not in _AFTER and (
            opened is None or address.count(opened, 0, end) >= address.count(sign, 0, end)
        ):
            break
        end -= 1
        if len(address) - end > bounds.QUOTE_DEPTH:
            break
    return address[:end]
