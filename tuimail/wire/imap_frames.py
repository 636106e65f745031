"""Server bytes into responses with their literals: bounded, iterative, linear."""

import re
from collections.abc import Iterator
from io import BytesIO

from tuimail.wire.imap_errors import ProtocolError

# A line without literals, or text, literal, text … literal, text.
Frame = bytes | tuple[bytes, ...]

MAX_LINE = 1 << 20
# The longest list of UIDs in one line, and how much of it a message may take up.
MAX_LIST = 1 << 24
_UID_LENGTH = 20
MAX_LITERALS = 256
MAX_NUMBER = (1 << 32) - 1

# Free text may end in "{5}" and is no literal (RFC 9051 7.1).
_FREE_TEXT = re.compile(
    rb"(?:\+|[ \t]*(?:\*|[A-Z0-9]+)[ \t]+(?:OK|NO|BAD|BYE|PREAUTH)(?:[ \t]|$))", re.IGNORECASE
)
_FETCH = re.compile(rb"[ \t]*\*[ \t]+\d{1,20}[ \t]+FETCH[ \t]*\(", re.IGNORECASE)
_UID_LIST = re.compile(rb"[ \t]*\*[ \t]+(?:E?SEARCH|VANISHED)[ \t]", re.IGNORECASE)
# A row of one literal as most servers write it: what `_take_line` and the rest would give.
_MESSAGE = re.compile(
    rb'(\* \d{1,10} FETCH \(UID \d{1,10} FLAGS \([^()"{}\x00-\x1f]{0,1000}\)'
    rb' INTERNALDATE "[^"\\{}\x00-\x1f]{0,40}" RFC822\.SIZE (\d{1,10})'
    rb' BODY\[[^"{}\[\]\x00-\x1f]{0,1000}\] \{(\d{1,10})\})\r\n'
)
_ANNOUNCED = re.compile(rb"RFC822\.SIZE[ \t]+(\d{1,20})(?!\d)", re.IGNORECASE)


class Framer:
    """Cuts a stream into frames; raises ProtocolError once a bound is passed.

    `literal_limit` is the largest message that is kept: a larger one that was announced
    as such (RFC822.SIZE in the same row) is read past and given as an empty literal.
    """

    def __init__(self, literal_limit: int = 50 << 20) -> None:
        self._literal_limit = literal_limit
        self._longest_list = MAX_LINE
        self._tail = bytearray()
        self._pieces: list[bytes] = []
        self._text_size = 0
        self._literal_size = 0
        self._missing = 0
        self._sink: BytesIO | None = None
        # Whether the line before the last one ended in LF alone, and whether the last one did.
        self.follows_bare_lf = False
        self._bare_lf = False

    @property
    def empty(self) -> bool:
        """Whether no byte of an unfinished frame is held."""
        return not (self._tail or self._pieces)

    def expect(self, messages: int) -> None:
        """Let a list of UIDs be as long as this many messages make it."""
        self._longest_list = max(MAX_LINE, min(messages * _UID_LENGTH, MAX_LIST))

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes, each before the next byte is looked at."""
        position = 0
        while position < len(data):
            if self._missing:
                position = self._take_literal(data, position)
                continue
            message = None if self._tail or self._pieces else self._whole_message(data, position)
            if message is not None:
                self._line_ended(bare=False)
                yield message[0]
                position = message[1]
                continue
            block_end = self._end_of_plain_lines(data, position)
            if block_end:
                yield from self._plain_lines(data[position:block_end])
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
        if data[end : end + 3] != b")\r\n" or size > self._literal_limit:
            return None
        return (row[1], data[start:end], b")"), end + 3

    def _end_of_plain_lines(self, data: bytes, position: int) -> int:
        """Where whole lines without literals end, if such follow; else 0."""
        if self._tail or self._pieces:
            return 0
        limit = position + MAX_LINE
        brace = data.find(b"}", position, limit)
        return max(data.rfind(b"\r\n", position, limit if brace < 0 else brace), 0)

    def _plain_lines(self, block: bytes) -> Iterator[bytes]:
        """The lines of `block`, the last of which ended in CR LF."""
        lines = block.split(b"\r\n")
        self._line_ended(bare=False)
        if block.count(b"\n") == len(lines) - 1:
            yield lines[0]
            self.follows_bare_lf = False
            yield from lines[1:]
            return
        for line in lines:
            *broken, last = line.split(b"\n")
            for each in broken:
                self._bare_lf = True
                yield each
                self.follows_bare_lf = True
            self._bare_lf = False
            yield last
            self.follows_bare_lf = False

    def _take_line(self, data: bytes, position: int) -> tuple[bytes | None, int]:
        end = data.find(b"\n", position)
        if end < 0:
            self._tail += data[position:]
            self._check_length(self._tail)
            return None, len(data)
        line = bytes(self._tail) + data[position:end] if self._tail else data[position:end]
        self._tail.clear()
        self._line_ended(bare=line[-1:] != b"\r")
        line = line if self._bare_lf else line[:-1]
        self._check_length(line)
        return line, end + 1

    def _line_ended(self, *, bare: bool) -> None:
        self.follows_bare_lf, self._bare_lf = self._bare_lf, bare

    def _check_length(self, text: bytes | bytearray) -> None:
        size = self._text_size + len(text) - text.endswith(b"\r")
        if size <= MAX_LINE:
            return
        if self._pieces or not _UID_LIST.match(text) or size > self._longest_list:
            raise ProtocolError("a line longer than 1 MB")

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
        text = line.rstrip(b" \t\r")
        if text[-1:] != b"}":
            return None
        opening = text.rfind(b"{")
        size = text[opening + 1 : -1]
        if (
            opening < 0
            or b'"' in size
            or _FREE_TEXT.match(self._pieces[0] if self._pieces else line)
        ):
            return None
        if not size.isdigit() or len(size) > 10 or int(size) > MAX_NUMBER:
            raise ProtocolError("a literal of an impossible size")
        if self._bare_lf or len(text) < len(line):
            # Where it begins must not be in doubt: what it holds would be taken for responses.
            raise ProtocolError("a literal whose announcement does not end in CR LF")
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
                # A size is an estimate (Exchange), or nonsense: what may be kept is kept.
                return max(int(announced[1]) * 3 // 2, self._literal_limit)
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
