"""The values of a response: atoms, strings and lists, without recursion."""

import re
from collections.abc import Iterator

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_frames import Frame

# An atom is a str, a quoted string or literal is bytes, NIL is None.
Value = str | bytes | None | list["Value"]

MAX_DEPTH = 64

_TOKEN = re.compile(
    rb"[ \t]*(?:"
    rb"(?P<open>\()|(?P<close>\))"
    rb'|"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    rb"|(?P<atom>(?:BODY|BINARY)\[[^\]]*\](?:<\d+>)?|[^ ()\"{\x00-\x1f\x7f]+)"
    rb")",
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb"\\(.)")


def parse_values(frame: Frame, start: int = 0) -> list[Value]:
    """All values of `frame` from `start` in its first text; ProtocolError if unreadable."""
    pieces = (frame,) if isinstance(frame, bytes) else frame
    nest = _Nest()
    for index in range(0, len(pieces), 2):
        text = pieces[index]
        followed = index + 1 < len(pieces)
        _read(text, start, _literal_mark(text) if followed else len(text), nest)
        if followed:
            literal = pieces[index + 1]
            # One that was read past for its length is given as an empty one.
            nest.current.append(literal if len(literal) == _announced(text) else None)
        start = 0
    if nest.outer:
        raise ProtocolError("an unclosed list")
    return nest.current


def named_values(values: list[Value], known: re.Pattern[str]) -> Iterator[tuple[str, Value]]:
    """The names that `known` matches, in capitals, and their values.

    A name without a value and a value without a name are passed over.
    """
    position = 0
    while position + 1 < len(values):
        name, value = values[position : position + 2]
        position += 1
        if isinstance(name, str) and not (isinstance(value, str) and known.fullmatch(value)):
            position += 1
            if known.fullmatch(name):
                yield name.upper(), value


class _Nest:
    """The list being filled and those around it."""

    def __init__(self) -> None:
        self.current: list[Value] = []
        self.outer: list[list[Value]] = []

    def open(self) -> None:
        if len(self.outer) >= MAX_DEPTH:
            raise ProtocolError("lists nested too deeply")
        inner: list[Value] = []
        self.current.append(inner)
        self.outer.append(self.current)
        self.current = inner

    def close(self) -> None:
        if not self.outer:
            raise ProtocolError("a list closed that was not opened")
        self.current = self.outer.pop()


def _read(text: bytes, position: int, end: int, nest: _Nest) -> None:
    while position < end:
        token = _TOKEN.match(text, position, end)
        if token is None:
            if text[position:end].strip(b" \t\r"):
                raise ProtocolError("an unreadable value")
            return
        position = token.end()
        match token.lastgroup:
            case "atom":
                atom = token["atom"].decode("utf-8", "surrogateescape")
                nest.current.append(None if atom in _NIL else atom)
            case "quoted":
                nest.current.append(_unescaped(token["quoted"]))
            case "open":
                nest.open()
            case _:
                nest.close()


_NIL = frozenset({"NIL", "nil", "Nil"})


def _unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", text) if b"\\" in text else text


def _announced(text: bytes) -> int:
    return int(text[text.rfind(b"{") + 1 : -1])


def _literal_mark(text: bytes) -> int:
    """Where the `{n}` (or `~{n}`) that ends `text` begins."""
    mark = text.rfind(b"{")
    return mark - 1 if text[mark - 1 : mark] == b"~" else mark
