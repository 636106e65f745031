"""Server bytes into responses with their literals: bounded, iterative, linear."""

import re
from collections.abc import Iterator
from io import BytesIO

from tuimail.wire.imap_errors import ProtocolError

# A line without literals, or text, literal, text … literal, text.
Frame = bytes | tuple[bytes, ...]

MAX_LINE = 1 << 20
MAX_LITERALS = 256
MAX_NUMBER = (1 << 32) - 1

# Servers that estimate RFC822.SIZE exist (Exchange); memory is safe either way.
_SLACK = 1 << 16

# Free text may end in "{5}" and is no literal (RFC 9051 7.1).
_FREE_TEXT = re.compile(rb"(?:\+|(?:\*|[A-Z0-9]+) (?:OK|NO|BAD|BYE|PREAUTH)(?: |$))", re.IGNORECASE)
_FETCH = re.compile(rb"\* \d{1,10} FETCH \(", re.IGNORECASE)
# A row of one literal as most servers write it: what `_take_line` and the rest would give.
_MESSAGE = re.compile(
    rb'(\* \d{1,10} FETCH \(UID \d{1,10} FLAGS \([^()"{}\x00-\x1f]{0,1000}\)'
    rb' INTERNALDATE "[^"\\{}\x00-\x1f]{0,40}" RFC822\.SIZE (\d{1,10})'
    rb' BODY\[[^"{}\[\]\x00-\x1f]{0,1000}\] \{(\d{1,10})\})\r\n'
)
_ANNOUNCED = re.compile(rb"RFC822\.SIZE (\d{1,10})", re.IGNORECASE)


class Framer:
    """Cuts a stream into frames; raises ProtocolError once a bound is passed.

    `literal_limit` is the largest message that is kept: a larger one that was announced
    as such (RFC822.SIZE in the same row) is read past and given as an empty literal.
    """

    def __init__(self, literal_limit: int = 50 << 20) -> None:
        self._literal_limit = literal_limit
        self._tail = bytearray()
        self._pieces: list[bytes] = []
        self._text_size = 0
        self._literal_size = 0
        self._missing = 0
        self._sink: BytesIO | None = None

    @property
    def empty(self) -> bool:
        """Whether no byte of an unfinished frame is held."""
        return not (self._tail or self._pieces)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes, each before the next byte is looked at."""
        position = 0
        while position < len(data):
            if self._missing:
                position = self._take_literal(data, position)
                continue
            message = None if self._tail or self._pieces else self._whole_message(data, position)
            if message is not None:
                yield message[0]
                position = message[1]
                continue
            block_end = self._end_of_plain_lines(data, position)
            if block_end:
                yield from _split(data[position:block_end])
                position = block_end + 2
                continue
            line, position = self._take_line(data, position)
            if line is None:
                return
            frame = self._line_done(line)
            if frame is not None:
                yield frame

    def _whole_message(self, data: bytes, position: int) -> tuple[Frame, int] | None:
        """The frame at `position` and where it ends, if it is a message that is all there."""
        row = _MESSAGE.match(data, position)
        if row is None:
            return None
        size, start = int(row[3]), row.end()
        end = start + size
        if data[end : end + 3] != b")\r\n" or size > min(self._literal_limit, _bound(row[2])):
            return None
        return (row[1], data[start:end], b")"), end + 3

    def _end_of_plain_lines(self, data: bytes, position: int) -> int:
        """Where whole lines without literals end, if such follow; else 0."""
        if self._tail or self._pieces:
            return 0
        brace = data.find(b"}\r\n", position)
        end = data.rfind(b"\r\n", position, len(data) if brace < 0 else brace)
        return max(end, 0)

    def _take_line(self, data: bytes, position: int) -> tuple[bytes | None, int]:
        tail = self._tail
        if tail.endswith(b"\r") and data[position] == 0x0A:
            line = bytes(tail[:-1])
            tail.clear()
            return line, position + 1
        end = data.find(b"\r\n", position)
        if end < 0:
            rest = data[position:]
            self._check_line(rest, len(tail) + len(rest))
            tail += rest
            return None, len(data)
        line = bytes(tail) + data[position:end] if tail else data[position:end]
        tail.clear()
        self._check_line(line, len(line))
        return line, end + 2

    def _check_line(self, text: bytes, size: int) -> None:
        if self._text_size + size > MAX_LINE:
            raise ProtocolError("a line longer than 1 MB")
        if b"\n" in text:
            raise ProtocolError("a line that does not end in CR LF")

    def _line_done(self, line: bytes) -> Frame | None:
        size = self._announced_literal(line)
        if size is None:
            if not self._pieces:
                return line
            self._pieces.append(line)
            return self._finish()
        self._pieces.append(line)
        self._text_size += len(line)
        self._begin_literal(size)
        return None

    def _announced_literal(self, line: bytes) -> int | None:
        if line[-1:] != b"}":
            return None
        opening = line.rfind(b"{")
        size = line[opening + 1 : -1]
        if (
            opening < 0
            or b'"' in size
            or _FREE_TEXT.match(self._pieces[0] if self._pieces else line)
        ):
            return None
        if not size.isdigit() or len(size) > 10 or int(size) > MAX_NUMBER:
            raise ProtocolError("a literal of an impossible size")
        return int(size)

    def _begin_literal(self, size: int) -> None:
        if len(self._pieces) >= 2 * MAX_LITERALS:
            raise ProtocolError("too many literals in one response")
        if size > self._allowed_literal():
            raise ProtocolError("a literal larger than announced")
        self._literal_size += size
        kept = self._literal_size <= max(self._literal_limit, MAX_LINE)
        self._missing = size
        self._sink = BytesIO() if kept else None
        if not size:
            self._pieces.append(b"")

    def _allowed_literal(self) -> int:
        if not _FETCH.match(self._pieces[0]):
            return MAX_LINE - min(self._literal_size, MAX_LINE)
        for text in self._pieces[::2]:
            announced = _ANNOUNCED.search(text)
            if announced is not None:
                return _bound(announced[1])
        return self._literal_limit

    def _take_literal(self, data: bytes, position: int) -> int:
        taken = min(self._missing, len(data) - position)
        whole = self._missing == taken
        if self._sink is not None:
            if whole and not self._sink.tell():
                self._literal_done(data[position : position + taken])
                return position + taken
            self._sink.write(memoryview(data)[position : position + taken])
        self._missing -= taken
        if whole:
            self._literal_done(b"" if self._sink is None else self._sink.getvalue())
        return position + taken

    def _literal_done(self, literal: bytes) -> None:
        self._pieces.append(literal)
        self._missing = 0
        self._sink = None

    def _finish(self) -> Frame:
        frame = tuple(self._pieces)
        self._pieces.clear()
        self._text_size = self._literal_size = 0
        return frame


def _bound(announced: bytes) -> int:
    """The largest literal of a message that was announced with this size."""
    return int(announced) * 3 // 2 + _SLACK


def _split(block: bytes) -> list[bytes]:
    lines = block.split(b"\r\n")
    if len(block) > MAX_LINE and max(map(len, lines)) > MAX_LINE:
        raise ProtocolError("a line longer than 1 MB")
    if block.count(b"\n") != len(lines) - 1:
        raise ProtocolError("a line that does not end in CR LF")
    return lines
