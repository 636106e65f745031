"""POP3 without sockets (RFC 1939, 2449, 2595, 5034): bytes in, events out, all bounded."""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

STATUS_LIMIT = 4096
ROW_LIMIT = 4096
LISTING_LIMIT = 64 * 1024 * 1024


class ProtocolError(Exception):
    """The server does not speak POP3, or more of it than can be meant.

    `before` is what the same bytes told rightly.
    """

    def __init__(self, words: str, before: "Sequence[Event]" = ()) -> None:
        super().__init__(words)
        self.before = before


class Shape(Enum):
    """What a positive answer brings along."""

    STATUS = auto()
    ROWS = auto()
    CONTENT = auto()
    CHALLENGE = auto()


@dataclass(frozen=True, slots=True)
class Status:
    """`+OK` or `-ERR`; `code` is RFC 2449's and 3206's ("AUTH", "SYS/TEMP"), "" if none."""

    ok: bool
    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server asks for more of an AUTH (RFC 5034), in base64."""

    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole listing: CAPA, LIST or UIDL, without its final dot."""

    rows: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A piece of a message, dot-stuffing taken off, line ends as on the wire."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ContentEnd:
    """The message is whole: its final dot was seen."""


Event = Status | Challenge | Rows | Content | ContentEnd

_STATUS = re.compile(rb"(\+OK|-ERR)(?: (.*))?", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"\[([A-Z0-9/_-]+)\] ?", re.IGNORECASE)
_DOT = ord(".")
# Stands for a row that nobody reads to its end.
_TOO_LONG = b"..."


class Dialogue:
    """One connection's answers, matched with the commands that were sent, in order.

    Expects the greeting first. Raises ProtocolError, after which the line must be closed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._expected: deque[Shape] = deque([Shape.STATUS])
        self._inside: Shape | None = None
        self._at_line_start = True
        self._rows: list[bytes] = []
        self._listed = 0
        self._skipping = False

    @property
    def waiting(self) -> int:
        """How many answers are outstanding."""
        return len(self._expected) + (self._inside is not None)

    def expect(self, shape: Shape) -> None:
        """A command was sent whose positive answer has this shape."""
        self._expected.append(shape)

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes from the server and return what they complete."""
        self._buffer += data
        events: list[Event] = []
        try:
            while self._buffer and self._step(events):
                pass
        except ProtocolError as violation:
            raise ProtocolError(str(violation), events) from violation
        return events

    def _step(self, events: list[Event]) -> bool:
        """Read one thing; False when more bytes are needed."""
        match self._inside:
            case Shape.ROWS:
                return self._row(events)
            case Shape.CONTENT:
                return self._content(events)
            case _:
                return self._status(events)

    def _status(self, events: list[Event]) -> bool:
        if not self._expected:
            raise ProtocolError("the server answers what was not asked")
        line = self._line(STATUS_LIMIT)
        if line is None:
            return False
        shape = self._expected[0]
        if shape is Shape.CHALLENGE and line[:1] == b"+" and line[:3].upper() != b"+OK":
            events.append(Challenge(line[1:].strip().decode("ascii", "replace")))
            return True
        status = read_status(line)
        self._expected.popleft()
        events.append(status)
        if status.ok and shape in {Shape.ROWS, Shape.CONTENT}:
            self._inside = shape
            self._at_line_start = True
            self._listed = 0
        return True

    def _row(self, events: list[Event]) -> bool:
        """A row may end in LF alone; of one that is too long only its place is kept."""
        end = self._buffer.find(b"\n")
        taken = len(self._buffer) if end < 0 else end + 1
        if end < 0 and taken < ROW_LIMIT:
            return False
        line = bytes(self._buffer[:taken]).rstrip(b"\r\n")
        del self._buffer[:taken]
        self._listed += taken
        if self._listed > LISTING_LIMIT:
            raise ProtocolError("the server's listing does not end")
        too_long = self._skipping or len(line) >= ROW_LIMIT
        self._skipping = end < 0
        if self._skipping:
            return True
        if line == b"." and not too_long:
            events.append(Rows(tuple(self._rows)))
            self._inside = None
            self._rows = []
        else:
            self._rows.append(_TOO_LONG if too_long else line.removeprefix(b"."))
        return True

    def _line(self, limit: int) -> bytes | None:
        end = self._buffer.find(b"\r\n", 0, limit)
        if end < 0:
            if len(self._buffer) >= limit:
                raise ProtocolError("the server's line does not end")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _content(self, events: list[Event]) -> bool:
        """Take all that surely belongs to the message; True if that was its end."""
        pieces: list[bytes] = []
        ended = False
        while self._buffer and not ended:
            if self._at_line_start and self._buffer[0] == _DOT:
                if b".\r\n".startswith(self._buffer[:3]):
                    ended = len(self._buffer) >= 3
                    if not ended:
                        break
                    del self._buffer[:3]
                    continue
                del self._buffer[:1]
                self._at_line_start = False
            if not (piece := self._lines()):
                break
            pieces.append(piece)
        if pieces:
            events.append(Content(b"".join(pieces)))
        if ended:
            events.append(ContentEnd())
            self._inside = None
        return ended

    def _lines(self) -> bytes:
        """Up to the next line that begins with a dot, or to where one may begin."""
        dot = self._buffer.find(b"\r\n.")
        take = len(self._buffer) - _open_end(self._buffer) if dot < 0 else dot + 2
        piece = bytes(self._buffer[:take])
        del self._buffer[:take]
        if piece:
            self._at_line_start = dot >= 0
        return piece


def _open_end(buffer: bytearray) -> int:
    """How many of the last bytes may be the beginning of CR LF and a dot."""
    if buffer.endswith(b"\r\n"):
        return 2
    return 1 if buffer.endswith(b"\r") else 0


def read_status(line: bytes) -> Status:
    """Raises ProtocolError if `line` is neither +OK nor -ERR."""
    match = _STATUS.fullmatch(line)
    if match is None:
        raise ProtocolError("the server's answer is neither +OK nor -ERR")
    text = (match[2] or b"").decode("utf-8", "replace").strip()
    code = _CODE.match(text)
    if code is None:
        return Status(match[1][:1] == b"+", text)
    return Status(match[1][:1] == b"+", text[code.end() :], code[1].upper())
