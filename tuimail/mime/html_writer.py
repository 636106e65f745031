"""Collects a document's text into lines: white space, blank lines, quotes, list markers."""

from dataclasses import dataclass, field

from tuimail.mime import bounds
from tuimail.mime.text import safe_lines
from tuimail.model.safe_text import EMPTY, SafeText, safe_line

PREFIXES = 30


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
    _space: bool = False
    _blank: bool = False
    _verbatim: bool = False
    _characters: int = 0

    def text(self, text: str) -> None:
        """Add running text, white space collapsed."""
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        if self._pieces and (self._space or text[0].isspace()):
            self._pieces.append(" ")
        self._pieces.append(" ".join(words))
        self._space = text[-1].isspace()

    def glued(self, text: str) -> None:
        """Add `text` right after what was written last, whatever space was to come."""
        if self._pieces or not self.lines or not self.lines[-1]:
            self._pieces.append(text)
        else:
            self.lines[-1] = SafeText(self.lines[-1] + safe_line(text))

    def gap(self) -> None:
        """Set apart what comes next on the same line."""
        if self._pieces:
            self._pieces.append("  ")
        self._space = False

    def preformatted(self, text: str) -> None:
        """Add text whose white space counts."""
        first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._pieces.append(first)
        for line in others:
            self._flush(verbatim=True)
            self._pieces.append(line)
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
        self._flush()
        self._prefixes.pop()

    def _flush(self, verbatim: bool = False) -> None:
        text = "".join(self._pieces)
        text = text if verbatim or self._verbatim else text.strip()
        self._pieces.clear()
        self._space = self._verbatim = False
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
