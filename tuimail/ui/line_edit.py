"""A line of text being typed: pure; the last line shows it."""

from tuimail.ui.cells import settle, width
from tuimail.ui.rows import Span
from tuimail.ui.theme import Tone

_LONGEST = 1000
_DELETING = frozenset({"Backspace", "Del", "C-h", "C-d", "C-w", "M-Backspace"})


class LineEdit:
    """Text and a caret; a secret is drawn as dots and leaves no trace in `repr`.

    A `chosen` text goes with the first character that is typed; any other key keeps it.
    """

    def __init__(self, text: str = "", *, secret: bool = False, chosen: bool = False) -> None:
        self._chosen = chosen and bool(text)
        self.text = text
        self.caret = len(text)
        self.secret = secret

    def insert(self, text: str) -> None:
        """Put in what was typed or pasted; line ends and control characters fall away."""
        printable = "".join(character for character in text if character.isprintable())
        if self._chosen and printable:
            self._cut(0, len(self.text))
        self._chosen = False
        printable = printable[: max(0, _LONGEST - len(self.text))]
        self.text = self.text[: self.caret] + printable + self.text[self.caret :]
        self.caret += len(printable)

    def key(self, name: str) -> bool:
        """Carry out an editing key; False if it is none."""
        if len(name) == 1 or name == "Space":
            self.insert(" " if name == "Space" else name)
            return True
        chosen, self._chosen = self._chosen, False
        if chosen and name in _DELETING:
            self._cut(0, len(self.text))
            return True
        word = self._word_start()
        start = {"Backspace": self.caret - 1, "C-h": self.caret - 1, "C-w": word}
        start["M-Backspace"] = word
        if name in start:
            self._cut(max(0, start[name]), self.caret)
        elif name in {"Del", "C-d"}:
            self._cut(self.caret, self.caret + 1)
        elif name == "C-u":
            self._cut(0, self.caret)
        elif name in {"Left", "C-b"}:
            self.caret = max(0, self.caret - 1)
        elif name in {"Right", "C-f"}:
            self.caret = min(len(self.text), self.caret + 1)
        elif name in {"Home", "C-a"}:
            self.caret = 0
        elif name in {"End", "C-e"}:
            self.caret = len(self.text)
        else:
            return False
        return True

    def spans(self, label: str, cells: int) -> list[Span]:
        """Label, text and caret in `cells` cells; the part around the caret stays in sight."""
        label = f" {label} "
        room = max(4, cells - width(label) - 1)
        before, under, after = self._pieces()
        while width(before) > room - 1:
            before = before[1:]
        after = after[: max(0, room - width(before) - width(under))]
        return [
            Span(label, Tone.BAR_STRONG),
            Span(before, Tone.BAR_STRONG),
            Span(under, Tone.CARET),
            Span(after, Tone.BAR_STRONG),
        ]

    def _pieces(self) -> tuple[str, str, str]:
        text = "*" * len(self.text) if self.secret else self.text
        before, rest = text[: self.caret], text[self.caret :]
        return settle(before), settle(rest[:1]) or " ", settle(rest[1:])

    def _word_start(self) -> int:
        kept = self.text[: self.caret].rstrip()
        return len(kept) - len(kept.split(" ")[-1]) if kept else 0

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.caret = start
