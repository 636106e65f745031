"""Collects a document's text into lines: white space, blank lines, quotes, list markers."""

import re
from dataclasses import dataclass, field

from tuimail.mime import bounds
from tuimail.mime.html_marks import closed, priced, raised
from tuimail.mime.text import safe_lines
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

PREFIXES = 30
NEAR = 6
_LINE_END = re.compile(r"\r\n|[\r\n]")


Place = tuple[int, int]


@dataclass(slots=True)
class _Prefix:
    """What stands before a block's lines: `first` before its first, `later` before others."""

    first: str
    later: str
    used: bool = False


@dataclass(slots=True)
class Writer:
    """Text in, lines out; `full` once there is more than we show."""

    lines: list[SafeText] = field(default_factory=list)
    full: bool = False
    _pieces: list[str] = field(default_factory=list)
    _prefixes: list[_Prefix] = field(default_factory=list)
    _marks: list[str] = field(default_factory=list)
    _space: bool = False
    _blank: bool = False
    _raised: int = 0
    _shifts: int = 0
    _verbatim: bool = False
    _characters: int = 0

    def text(self, text: str) -> None:
        """Add running text, white space collapsed."""
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        if self._pieces and (self._space or text[0].isspace() or self._follows_number(text)):
            self._pieces.append(" ")
        elif self._raised and self._raised == len(self._pieces) and not self._shifts:
            self._pieces[-1] = closed(self._pieces[-1], text)
        self._pieces.append(self._marked(" ".join(words)))
        self._space = text[-1].isspace()

    def lines_of(self, text: str) -> None:
        """Add text whose line ends count, and no other white space."""
        first, *others = _LINE_END.split(text)
        self.text(first)
        for line in others:
            self.line_break()
            self.text(line)

    def apart(self) -> None:
        """White space comes before what is next, unless a line begins there."""
        self._space = True

    @property
    def indentation(self) -> int:
        """How many columns stand before each line."""
        return sum(len(prefix.later) for prefix in self._prefixes[:PREFIXES])

    @property
    def place(self) -> Place:
        """Where the writer is: lines written, pieces of the next one."""
        return len(self.lines), len(self._pieces)

    def begin_mark(self, sign: str) -> None:
        """Put `sign` right before the text that comes next."""
        self._marks.append(sign)

    def end_mark(self, sign: str) -> None:
        """Put `sign` right after the text written last; nothing if there was none since."""
        if self._marks:
            self._marks.pop()
        else:
            self.glued(sign, (0, 0))

    def _marked(self, text: str) -> str:
        if self._marks:
            text = "".join([*self._marks, text])
            self._marks.clear()
        return text

    def begin_shift(self) -> Place:
        """What comes next stands higher or lower; `shift` says how."""
        self._shifts += 1
        return self.place

    def shift(self, since: Place, sign: str) -> None:
        """Say that what was written in this line `since` then stands higher or lower."""
        self._shifts -= 1
        lines, pieces = since
        if lines != len(self.lines) or pieces >= len(self._pieces):
            return
        before = "".join(self._pieces[max(0, pieces - NEAR) : pieces])
        text = "".join(self._pieces[pieces:])
        self._pieces[pieces:] = [raised(before, text, sign)]
        self._raised = len(self._pieces)

    def glued(self, text: str, since: Place) -> None:
        """Add `text` right after what was written `since` then, else where the writer is."""
        if not self._pieces and len(self.lines) > since[0] and self.lines[-1]:
            self.lines[-1] = SafeText(self.lines[-1] + safe_line(text))
        else:
            self._pieces.append(text)

    def set_apart(self, text: str) -> None:
        """Add `text` with white space around it."""
        self._space = True
        self.text(text)
        self._space = True

    def _follows_number(self, text: str) -> bool:
        last = self._pieces[-1]
        return last.startswith(" [") and last.endswith("]") and text[0].isalnum()

    def gap(self) -> None:
        """Set apart what comes next on the same line."""
        if self._pieces:
            self._pieces.append("  ")
        self._space = False

    def preformatted(self, text: str) -> None:
        """Add text whose white space counts."""
        first, *others = _LINE_END.split(text)
        if self._space and self._pieces:
            self._pieces.append(" ")
        self._space = False
        self._pieces.append(self._marked(first) if first.strip() else first)
        for line in others:
            self._flush(verbatim=True)
            self._pieces.append(self._marked(line) if line.strip() else line)
        self._verbatim = True

    def line_break(self) -> None:
        """End the line; twice in a row leaves a line blank."""
        if not self._pieces:
            self._blank = True
        self._flush()

    def block(self) -> None:
        """What comes next begins on a line of its own."""
        self._flush()

    def paragraph(self) -> None:
        """What comes next is set apart by a blank line."""
        self._flush()
        self._blank = True

    def whole_lines(self, lines: list[str]) -> None:
        """Add lines as they are."""
        self._flush()
        for line in lines:
            self._pieces.append(line)
            self._flush(verbatim=True)

    def indent(self, first: str, later: str) -> None:
        """Put `first` before the next line and `later` before those after, until `dedent`."""
        self._flush()
        self._flush_blank()
        self._prefixes.append(_Prefix(first, later))

    def dedent(self) -> None:
        """End what `indent` began."""
        self._flush()
        self._prefixes.pop()

    def _flush(self, verbatim: bool = False) -> None:
        text = "".join(self._pieces)
        text = text if verbatim or self._verbatim else text.strip()
        self._pieces.clear()
        self._space = self._verbatim = False
        if self._raised:
            text, self._raised = priced(text), 0
        if not verbatim and not text.strip():
            return
        self._flush_blank()
        for line in safe_lines(text):
            self._emit(SafeText((self._prefix() + line).rstrip()))

    def _flush_blank(self) -> None:
        if self._blank and self.lines:
            self._emit(SafeText(self._prefix(is_blank=True).rstrip()))
        self._blank = False

    def _emit(self, line: SafeText) -> None:
        if self.full or (not line and self.lines and self.lines[-1] == EMPTY):
            return
        self.lines.append(line)
        self._characters += len(line)
        self.full = (
            len(self.lines) >= bounds.TEXT_LINES or self._characters >= bounds.TEXT_CHARACTERS
        )

    def _prefix(self, is_blank: bool = False) -> str:
        parts: list[str] = []
        for prefix in self._prefixes[:PREFIXES]:
            if is_blank:
                parts.append(prefix.later)
            else:
                parts.append(prefix.later if prefix.used else prefix.first)
                prefix.used = True
        return "".join(parts)
