"""The values of a response: atoms, strings and lists, without recursion."""

import re

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_frames import Frame

# An atom is a str, a quoted string or literal is bytes, NIL is None.
Value = str | bytes | None | list["Value"]

MAX_DEPTH = 64

_TOKEN = re.compile(
    rb" *(?:"
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
            nest.current.append(pieces[index + 1])
        start = 0
    if nest.outer:
        raise ProtocolError("an unclosed list")
    return nest.current


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
            if text[position:end].strip(b" "):
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


def _literal_mark(text: bytes) -> int:
    """Where the `{n}` (or `~{n}`) that ends `text` begins."""
    mark = text.rfind(b"{")
    return mark - 1 if text[mark - 1 : mark] == b"~" else mark
