"""What a terminal sends, cut into characters, whole sequences and pastes. Pure.

A sequence that is not finished waits for its end, however long that takes, and no part of
it is ever a key of its own. Only a lone Esc is in doubt; `keys_in` settles that.
"""

from collections.abc import Generator, Iterator
from enum import Enum, auto
from typing import NamedTuple

ESC = "\x1b"
PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"
_PASTE_MARKS = frozenset({PASTE_START, PASTE_END})

# What comes so long after Esc was not sent together with it.
APART = 0.05
# So long after an Esc that nobody vouched for, the rest of a sequence may still arrive.
TAIL = 5.0

# The same as Esc and "[" or "O", from a terminal that was told to send eight bits.
_EIGHT_BITS = {chr(0x9B): "\x1b[", chr(0x8F): "\x1bO"}
_STRINGS = frozenset("]PX^_")
_INTRODUCERS = _STRINGS | {"[", "O"}
_PARAMETERS = frozenset(map(chr, range(0x20, 0x40)))
_FINALS = frozenset(map(chr, range(0x40, 0x7F)))
_LONGEST = 64
_LONGEST_PASTE = 1_000_000


class Kind(Enum):
    CHARACTER = auto()
    ALT = auto()
    SEQUENCE = auto()
    PASTE = auto()


class Token(NamedTuple):
    kind: Kind
    text: str


_ESCAPE = Token(Kind.CHARACTER, ESC)


class Cutter:
    """Takes text as it comes.

    `begun` is what may be all there is, or the beginning of more. `held` is what came after
    a paste; it is None once `release` has said that the paste is over.
    """

    def __init__(self) -> None:
        self.begun = ""
        self.held: str | None = None
        self._begun_at = 0.0
        self._touched_at = 0.0
        self._escaped_at = 0.0
        self._apart = False
        self._muted = False
        self._after_escape = False
        self._tail_until = 0.0
        self._paste: str | None = None

    def feed(self, text: str, now: float) -> Iterator[Token]:
        """What `text`, which came at `now` seconds, completes."""
        self._touched_at = now
        while text:
            if self.held is not None:
                self.held = (self.held + text)[-_LONGEST_PASTE:]
                return
            if self._paste is not None:
                text = yield from self._go_on_pasting(text)
                continue
            for token in self._take(text[0], now):
                if token.kind is Kind.ALT and token.text in _PASTE_MARKS:
                    yield _ESCAPE
                if token.text == PASTE_START:
                    self._paste = ""
                elif token.text != PASTE_END:
                    yield token
            text = text[1:]

    def expire(self, now: float) -> Iterator[Token]:
        """Nobody vouches for what was begun, and nothing more came for long."""
        if self.begun == ESC:
            yield from self._escaped()
            self.begun, self._tail_until = "", now + TAIL
            yield _ESCAPE
        elif self.begun[1:2] in _STRINGS or now >= self._touched_at + TAIL:
            self._forget()

    def release(self, now: float) -> Iterator[Token]:
        """The paste is over: what came after its end are keys, unless an end came again."""
        held, self.held = self.held or "", None
        pasted, end, typed = held.rpartition(PASTE_END)
        if end:
            yield _paste(pasted.replace(PASTE_END, ""))
        yield from self.feed(typed, now)

    def _go_on_pasting(self, text: str) -> Generator[Token, None, str]:
        """Returns what is left once the paste has ended."""
        so_far = self._paste or ""
        pasted, end, rest = (so_far + text).partition(PASTE_END)
        if not end:
            # The end may be cut in two.
            self._paste = pasted[:_LONGEST_PASTE] + pasted[_LONGEST_PASTE:][-len(PASTE_END) :]
            return ""
        self._paste, self.held = None, ""
        yield _paste(pasted)
        return rest

    # --- a character at a time

    def _take(self, character: str, now: float) -> Iterator[Token]:
        if not self.begun:
            yield from self._take_first(character, now)
        elif self.begun[1:2] in _STRINGS and self._in_string(character, now):
            return
        elif character == ESC and self.begun == ESC and now - self._begun_at <= APART:
            yield from self._escaped()
            self._begin(ESC, now)
            self._after_escape = True
        elif character == ESC or character in _EIGHT_BITS:
            yield from self._all_there_was()
            self._begin(_EIGHT_BITS.get(character, ESC), now)
        elif self.begun == ESC:
            yield from self._take_second(character, now)
        else:
            yield from self._take_further(character, now)

    def _take_first(self, character: str, now: float) -> Iterator[Token]:
        if character == ESC or character in _EIGHT_BITS:
            self._begin(_EIGHT_BITS.get(character, ESC), now)
        elif now < self._tail_until and character in {"[", "O"}:
            self._begin(ESC + character, now)
            self._muted = True
        elif character.isprintable() or character < " " or character == "\x7f":
            yield Token(Kind.CHARACTER, character)
        self._tail_until = 0.0

    def _take_second(self, character: str, now: float) -> Iterator[Token]:
        self._apart = now - self._begun_at > APART
        if character in _INTRODUCERS:
            if character in _STRINGS:
                yield from self._escaped()
            self.begun += character
            return
        yield from self._escaped()
        self._forget()
        yield from self._pair(character)

    def _take_further(self, character: str, now: float) -> Iterator[Token]:
        """Of CSI or SS3."""
        sequence, muted, alt = self.begun + character, self._muted, self._after_escape
        if _is_whole(sequence):
            self._forget()
            if not muted or sequence == PASTE_START:
                yield Token(Kind.ALT if alt else Kind.SEQUENCE, sequence)
        elif _goes_on(sequence):
            self.begun = sequence[:_LONGEST]
        else:
            yield from self._escaped()
            self._forget()
            yield from self._take_first(character, now)

    def _in_string(self, character: str, now: float) -> bool:
        """Whether it is part of the answer to a question; nothing of that is kept."""
        head, begun = self.begun[:2], self.begun[2:]
        if character == "\a" or (begun == ESC and character == "\\"):
            self._forget()
        elif begun == ESC:
            self._begin(ESC, self._escaped_at)
            return False
        elif character == ESC:
            if not begun:
                return False
            self.begun, self._escaped_at = head + ESC, now
        else:
            self.begun = head + "."
        return True

    def _all_there_was(self) -> Iterator[Token]:
        """Another sequence begins, so that what was begun is over."""
        yield from self._escaped()
        begun, muted = self.begun, self._muted
        self._forget()
        if muted:
            return
        if begun == ESC:
            yield _ESCAPE
        elif len(begun) == 2:
            yield from self._pair(begun[1])

    def _pair(self, character: str) -> Iterator[Token]:
        """Esc and a character: Alt with it if they came together, else one after the other."""
        if self._apart:
            yield _ESCAPE
            yield Token(Kind.CHARACTER, character)
        else:
            yield Token(Kind.ALT, character)

    def _escaped(self) -> Iterator[Token]:
        """An Esc that stood right before another one was a key."""
        if self._after_escape:
            self._after_escape = False
            yield _ESCAPE

    def _begin(self, text: str, now: float) -> None:
        self.begun, self._begun_at, self._muted, self._after_escape = text, now, False, False

    def _forget(self) -> None:
        self.begun, self._muted, self._after_escape = "", False, False


def _is_whole(sequence: str) -> bool:
    """Whether a CSI or SS3 sequence ends here."""
    last = sequence[-1]
    if sequence.startswith("\x1b[M"):  # a mouse that knows no other way: three bytes follow
        return len(sequence) == 6
    if sequence.startswith("\x1b[["):  # function keys of the Linux console
        return len(sequence) == 4
    if last == "$" and sequence[-2].isdigit() and sequence[2] not in "?<=>":  # rxvt
        return True
    return last in _FINALS


def _goes_on(sequence: str) -> bool:
    return sequence[-1] in _PARAMETERS or sequence.startswith(("\x1b[M", "\x1b[["))


def _paste(text: str) -> Token:
    return Token(Kind.PASTE, text[:_LONGEST_PASTE].replace("\x00", ""))
