"""All that the program may send to a terminal: a closed list, each with its bounds.

It is written down a second time here, on purpose: whatever is sent besides was meant by
somebody else. Text is what stands between; it holds no character that a terminal obeys.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping

# What is sent before the first frame and after the last one, as a whole and nowhere in parts.
PLAIN = (
    b"\x1b[=0u\x1b[>4;0m\x1b[?9001l\x1b[?1l\x1b>\x1b[?5l\x1b[4l\x1b[20l"
    b"\x1b[?9;1000;1002;1003;1004;1005;1006;1015;1016l\x1b[?2026l"
)
ENTER = PLAIN + b"\x1b[?1049h\x1b[?69l\x1b[?6l\x1b[r\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[22;0t\x1b[>1u"
LEAVE = (
    b"\x1b]8;;\x1b\\\x1b[<u\x1b[23;0t\x1b[?2004l\x1b[?7h\x1b[?69l\x1b[?6l\x1b[r\x1b[m\x1b[2J"
    b"\x1b[?1049l" + PLAIN + b"\x1b[?25h"
)
PLAIN_OLD = b"\x1b[?1l\x1b>\x1b[?5l\x1b[4l\x1b[20l\x1b[?6l\x1b[r"
ENTER_OLD = PLAIN_OLD + b"\x1b[?7l"
LEAVE_OLD = PLAIN_OLD + b"\x1b[m\x1b[H\x1b[J\x1b[?7h"
SHOW_OLD, HIDE_OLD = b"\x1b[?25h", b"\x1b[?25l"
MOUSE_ON, MOUSE_OFF = b"\x1b[?1000h\x1b[?1006h", b"\x1b[?1006l\x1b[?1000l"

# Attributes on and off, and the colours of the theme that keeps the terminal's own.
ATTRIBUTES = frozenset({"", "0", "1", "2", "4", "7", "22", "24", "27"})
ANSI = ATTRIBUTES | {"31", "35", "39"}
# The caret of Textual's text area.
SHEET = ANSI | {"40", "97"}

# Where the links of a letter that is not known beforehand may lead.
WEB_OR_MAIL = r"(?i:https?://|mailto:)[!-~]+"

Bounds = Callable[[re.Match[bytes]], bool]

_LONGEST_WORDS = 120
_NEVER = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
_FRAME = {
    "style": rb"\x1b\[(?P<style>[0-9;]*)m",
    "place": rb"\x1b\[(?:(?P<row>[1-9]\d{0,3})(?:;(?P<column>[1-9]\d{0,3}))?)?H",
    "column": rb"\x1b\[(?P<to>[1-9]\d{0,3})G",
    "forward": rb"\x1b\[(?P<by>[1-9]\d{0,3})?C",
    "erase": rb"\x1b\[K",
    "margins": rb"\x1b\[(?:(?P<top>[1-9]\d{0,3});(?P<bottom>[1-9]\d{0,3}))?r",
    "up": rb"\x1bM",
    "frame": rb"\x1b\[\?2026[hl]",
    "line": rb"\r\n|[\r\n\b]",
    "link": rb"\x1b\]8;;(?P<target>[!-~]{0,2000})\x1b\\",
}
_AROUND = {
    "enter": rb"%s(?:\x1b\[m\x1b\[r\x1b\[2J)?(?:%s)?" % (re.escape(ENTER), re.escape(MOUSE_ON)),
    "leave": rb"(?:%s)?%s" % (re.escape(MOUSE_OFF), re.escape(LEAVE)),
    "mouse": re.escape(MOUSE_ON),
    "question": rb"\x1b\[\?2026\$p|\x1b\[5n",
    "title": rb"\x1b\]2;(?P<words>[^\x00-\x1f\x7f]*)\x1b\\",
}
_OLD = {
    "enter": rb"%s(?:\x1b\[\?25l)?(?:\x1b\[m\x1b\[r\x1b\[2J)?" % re.escape(ENTER_OLD),
    "leave": rb"%s(?:\x1b\[\?25h)?" % re.escape(LEAVE_OLD),
    "question": rb"\x1b\[5n",
}


# What a sync shows on stderr while it runs: bars that are drawn anew, and taken away at its end.
_BARS = re.compile(r"\x1b\[\?25l(?P<bars>.*?)\x1b\[\?25h\r(?:\x1b\[1A\x1b\[2K)*", re.DOTALL)
_DRAWN = re.compile(r"\x1b\[2K|\x1b\[1A|\x1b\[(?:0|32|38;5;\d{1,3})m")


class Leak(AssertionError):
    """Something was sent that the program cannot have meant."""


class Grammar:
    """Of what a program may send to a screen of this size.

    `styles` are the codes that it may dress in, `title` a pattern of what it may call the
    window, `links` one of where its links may lead, `old` a terminal that knows no modes, `more`
    further sequences by name.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        *,
        styles: Collection[str] = ANSI,
        title: str = ".*",
        links: str = "(?!)",
        encoding: str = "utf-8",
        old: bool = False,
        more: Mapping[str, bytes] = {},
    ) -> None:
        self._columns, self._rows = columns, rows
        self._styles = styles
        self._title = re.compile(title)
        self._links = re.compile(links)
        self._encoding = encoding
        kinds = {**(_OLD if old else _AROUND), **_FRAME, **more}
        self._token = re.compile(
            b"|".join(b"(?P<_%s>%s)" % (k.encode(), v) for k, v in kinds.items())
        )
        self._kinds = list(kinds)

    def check(self, output: bytes) -> Counter[str]:
        """How often each kind was sent; raises Leak with what stands around it."""
        found: Counter[str] = Counter()
        at = 0
        for token in self._token.finditer(output):
            self._check_text(output, at, token.start())
            kind = next(kind for kind in self._kinds if token["_" + kind] is not None)
            if not self._within_bounds(kind, token):
                raise _leak("out of bounds", output, token.start())
            found[kind] += 1
            at = token.end()
        self._check_text(output, at, len(output))
        return found

    def _check_text(self, output: bytes, start: int, end: int) -> None:
        piece = output[start:end]
        if piece.isascii() and piece.decode("ascii").isprintable():
            return
        try:
            text = piece.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise _leak("not text", output, start + error.start) from error
        for character in text:
            if unicodedata.category(character) in _NEVER:
                place = start + len(text[: text.index(character)].encode(self._encoding))
                raise _leak(f"U+{ord(character):04X}", output, place)

    def _within_bounds(self, kind: str, token: re.Match[bytes]) -> bool:
        match kind:
            case "style":
                return all(code.decode() in self._styles for code in token["style"].split(b";"))
            case "place":
                return self._inside(token["column"], token["row"])
            case "column":
                return self._inside(token["to"], None)
            case "forward":
                return self._inside(token["by"], None)
            case "margins":
                top, bottom = int(token["top"] or 1), int(token["bottom"] or self._rows)
                return 1 <= top < bottom <= self._rows
            case "title":
                words = token["words"].decode()
                return len(words) <= _LONGEST_WORDS and bool(self._title.fullmatch(words))
            case "link":
                target = token["target"].decode()
                return not target or bool(self._links.fullmatch(target))
            case _:
                return True

    def _inside(self, column: bytes | None, row: bytes | None) -> bool:
        return int(column or 1) <= self._columns and int(row or 1) <= self._rows


def check_sentences(output: bytes) -> None:
    """What commands print: lines of text, on a terminal as in a pipe."""
    for place, character in enumerate(output.decode()):
        if character not in "\r\n" and unicodedata.category(character) in _NEVER:
            before = output.decode()[:place].encode()
            raise _leak(f"U+{ord(character):04X}", output, len(before))


def check_sync(output: bytes) -> int:
    """The same for a sync at a terminal: what its bars, whose number is returned, do not draw."""
    sentences, bars = _BARS.subn(lambda match: _DRAWN.sub("", match["bars"]), output.decode())
    check_sentences(sentences.encode())
    return bars


def _leak(what: str, output: bytes, place: int) -> Leak:
    return Leak(f"{what} at {place}: {output[max(0, place - 80) : place + 80]!r}")
