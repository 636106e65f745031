"""From the bytes of a terminal to Textual's events: keys, pastes, the mouse.

Whether an Esc is a key or the beginning of one is not guessed from a delay, which a slow
line would make wrong: the terminal is asked for its status, and since bytes keep their
order, all that belongs together has come when the answer is here.
"""

import codecs
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Protocol

from textual import events, messages
from textual.message import Message

from tuimail.ui.terminal.modified_keys import pressed
from tuimail.ui.terminal.sequences_in import TAIL, Cutter, Kind, Token
from tuimail.ui.terminal.textual_parts import XTermParser

# A moment for what was sent together, before the terminal is asked.
_MOMENT = 0.03
# Nothing more comes of a paste once it was quiet for so long.
_QUIET = 0.1
# For an answer: of a terminal that has answered before, and of one that never has.
_PATIENCE, _FIRST_PATIENCE = 30.0, 1.0

_STATUS = "\x1b[0n"
_MODE = re.compile(r"\x1b\[\?2026;(\d)\$y")
_MOUSE = re.compile(r"\x1b\[<\d+;\d+;\d+[Mm]")
_ARROWS = ("up", "down", "right", "left")
# Where the cursor is; nobody asked, and it looks like a key.
_CURSOR = re.compile(r"\x1b\[\d+;\d+R")
_NUMBER = re.compile(r"[0-9]+")
_CAN_BE = frozenset({"1", "2", "3"})

# Ctrl with an arrow in rxvt, and what the toolkit's table has for no key of any terminal.
_LEGACY = {f"\x1bO{last}": f"ctrl+{name}" for last, name in zip("abcd", _ARROWS, strict=True)}


class Answering(Enum):
    """Whether this terminal answers when it is asked for its status."""

    UNKNOWN = 0
    YES = 1
    NO = 2


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The part of an event loop that knows the time."""

    def time(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Timer: ...


class KeysIn:
    """Gives every event to `emit`; `ask` sends the question after the terminal's status.

    `delay` is how long an Esc is waited for where the terminal never answers; `answered` is
    called with each answer.
    """

    def __init__(
        self,
        emit: Callable[[Message], None],
        ask: Callable[[], None],
        clock: Clock,
        *,
        delay: float,
        encoding: str = "utf-8",
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._ask_terminal = ask
        self._delay = delay
        self._answered = answered
        self._decode = codecs.getincrementaldecoder(encoding)("replace").decode
        self._cutter = Cutter()
        self._parser = XTermParser()
        self._timer: Timer | None = None
        self._open_questions = 0
        self._asked = False
        self.answering = Answering.UNKNOWN

    @property
    def expects(self) -> bool:
        """Whether an answer of the terminal is still on its way."""
        return self._open_questions > 0 and self.answering is not Answering.NO

    def ask(self) -> None:
        """Find out whether this terminal answers."""
        self._open_questions += 1
        self._ask_terminal()

    def feed(self, data: bytes) -> None:
        before = self._open_questions
        self._tell(self._cutter.feed(self._decode(data), self._clock.time()))
        if self._open_questions != before:
            self._asked = False
        self._watch()

    def stop(self) -> None:
        """No timer of ours fires any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._asked = False

    # --- what is in doubt

    def _watch(self) -> None:
        """See to it that what is in doubt does not stay so."""
        if self._cutter.held is not None:
            self._wait(_QUIET, self._release)
        elif not self._cutter.begun:
            self.stop()
        elif self._asked:
            self._wait(self._patience, self._expire)
        elif self._timer is None:
            self._wait(_MOMENT, self._doubt)

    @property
    def _patience(self) -> float:
        match self.answering:
            case Answering.UNKNOWN:
                return _FIRST_PATIENCE
            case Answering.YES:
                return _PATIENCE
            case Answering.NO:
                return self._delay

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(seconds, then)

    def _doubt(self) -> None:
        """Something was begun: ask, so that its rest or the answer comes."""
        self.ask()
        self._asked = True
        self._wait(self._patience, self._expire)

    def _expire(self) -> None:
        """No answer came: go by the time alone."""
        self.answering = Answering.NO
        self._tell(self._cutter.expire(self._clock.time()))
        self.stop()
        if self._cutter.begun:
            self._wait(TAIL, self._expire)

    def _release(self) -> None:
        self.stop()
        self._tell(self._cutter.release(self._clock.time()))
        self._watch()

    # --- events

    def _tell(self, tokens: Iterator[Token]) -> None:
        for token in tokens:
            for message in self._messages(token):
                self._emit(message)

    def _messages(self, token: Token) -> Sequence[Message]:
        kind, text = token
        if kind is Kind.PASTE:
            return [events.Paste(text)]
        if kind is Kind.CHARACTER:
            return self._keys(text)
        if kind is Kind.ALT:
            return self._with_escape(text)
        return self._of_sequence(text)

    def _with_escape(self, text: str) -> Sequence[Message]:
        """Alt with a key, where Esc came together with it; an answer of the terminal is none."""
        if len(text) == 1:
            return [_with_alt(key) for key in self._keys(text)]
        found = self._of_sequence(text)
        keys = [each for each in found if isinstance(each, events.Key)]
        return [_with_alt(key) for key in keys] or [*self._keys("\x1b"), *found]

    def _of_sequence(self, sequence: str) -> Sequence[Message]:
        """Nothing where it is no key: answers of a terminal never are."""
        if sequence == _STATUS:
            self._open_questions = max(0, self._open_questions - 1)
            self.answering = Answering.YES
            self._answered()
            return []
        if (mode := _MODE.fullmatch(sequence)) is not None:
            supported = mode[1] in _CAN_BE
            return [messages.TerminalSupportsSynchronizedOutput()] if supported else []
        if _MOUSE.fullmatch(sequence):
            found = self._parser.parse_mouse_code(sequence)
            return [] if found is None else [found]
        if _CURSOR.fullmatch(sequence):
            return []
        return self._keys(sequence)

    def _keys(self, sequence: str) -> list[events.Key]:
        if sequence in _LEGACY:
            return [events.Key(_LEGACY[sequence], None)]
        if (found := pressed(sequence)) is None:
            if _has_impossible_number(sequence):
                return []
            keys = list(self._parser._sequence_to_key_events(sequence))
            # The table splits some keys into Esc and another one.
            return keys if len(keys) == 1 and keys[0].key != "<ignore>" else []
        return [
            key
            for name, character in found
            for key in ([events.Key(name, None)] if character is None else self._keys(character))
        ]


def _has_impossible_number(sequence: str) -> bool:
    """Textual takes a number for a character's, and there is none of such a number."""
    return any(int(number) > sys.maxunicode for number in _NUMBER.findall(sequence))


def _with_alt(key: events.Key) -> events.Key:
    """Without a character: it types none."""
    sign = key.character is not None and key.character.isprintable() and key.character != " "
    return events.Key(f"alt+{key.character if sign else key.key}", None)
