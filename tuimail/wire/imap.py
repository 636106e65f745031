"""IMAP without sockets: what a server sent, as responses."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tuimail.model.safe_text import safe_line
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_fetch import FetchReader, parse_number
from tuimail.wire.imap_frames import Frame, Framer
from tuimail.wire.imap_responses import (
    Capabilities,
    Code,
    Continuation,
    Exists,
    Expunged,
    Found,
    ListRow,
    MailboxStatus,
    Namespace,
    Other,
    QuotaRow,
    Response,
    Status,
    Unreadable,
    Untagged,
)
from tuimail.wire.imap_tokens import Value, parse_values
from tuimail.wire.uid_set import parse_uid, parse_uid_set, ranges_of

MAX_CAPABILITIES = 1000
MAX_SERVER_TEXT = 500
MAX_RESOURCES = 50

_NUMBERED = re.compile(rb"\* (\d{1,10}) (FETCH|EXISTS|EXPUNGE|RECENT)(?: |$)", re.IGNORECASE)
_STATUS = re.compile(
    rb"(\*|[A-Za-z0-9]{1,40}) (OK|NO|BAD|BYE|PREAUTH)(?: +(.*))?$", re.IGNORECASE | re.DOTALL
)
_CODE = re.compile(rb"\[([A-Za-z0-9./_-]+)(?: ([^\]]*))?\] ?")
_WORD = re.compile(rb"\* ([A-Za-z0-9.]{1,40})(?: |$)")


class ResponseReader:
    """Server bytes to responses; raises ProtocolError where the line cannot go on."""

    def __init__(self, literal_limit: int = 50 << 20) -> None:
        self._framer = Framer(literal_limit)
        self._fetch = FetchReader()

    @property
    def empty(self) -> bool:
        """Whether no byte of an unfinished response is held."""
        return self._framer.empty

    def feed(self, data: bytes) -> Iterator[Response]:
        """The responses that `data` completes, in their order."""
        for frame in self._framer.feed(data):
            yield self._parse(frame)

    def _parse(self, frame: Frame) -> Response:
        head = frame if isinstance(frame, bytes) else frame[0]
        numbered = _NUMBERED.match(head)
        if numbered is not None:
            return self._parse_numbered(frame, numbered)
        if head[:1] == b"+":
            return Continuation(head[2:])
        status = _STATUS.match(head)
        if status is not None:
            return _parse_status(status)
        word = _WORD.match(head)
        if word is None:
            raise ProtocolError("something that is not IMAP")
        return _parse_named(word[1].decode("ascii").upper(), frame, word.end())

    def _parse_numbered(self, frame: Frame, match: re.Match[bytes]) -> Untagged:
        match match[2].upper():
            case b"FETCH":
                return self._fetch.read(frame, match.end())
            case b"EXISTS":
                return Exists(int(match[1]))
            case b"EXPUNGE":
                return Expunged([])
        return Other("RECENT")


def parse_capabilities(words: str) -> frozenset[str]:
    """The capabilities named in `words`."""
    names = words.upper().split()
    if len(names) > MAX_CAPABILITIES:
        raise ProtocolError("too many capabilities")
    return frozenset(names)


def _parse_status(match: re.Match[bytes]) -> Status:
    tag = match[1].decode("ascii")
    text = match[3] or b""
    code = Code()
    if text[:1] == b"[" and (found := _CODE.match(text)):
        argument = (found[2] or b"").decode("utf-8", "replace")
        code = Code(found[1].decode("ascii").upper(), argument)
        text = text[found.end() :]
    shown = safe_line(text.decode("utf-8", "replace"), MAX_SERVER_TEXT)
    return Status("" if tag == "*" else tag, match[2].decode("ascii").upper(), code, shown)


def _parse_named(kind: str, frame: Frame, start: int) -> Untagged:
    if kind == "CAPABILITY":
        head = frame if isinstance(frame, bytes) else frame[0]
        return Capabilities(parse_capabilities(head[start:].decode("ascii", "replace")))
    parse = _PARSERS.get(kind)
    if parse is None:
        return Other(kind)
    try:
        return parse(parse_values(frame, start))
    except ProtocolError:
        return Unreadable(kind)


def _parse_list(values: list[Value]) -> ListRow:
    if len(values) < 3 or not isinstance(values[0], list):
        raise ProtocolError("an unreadable LIST row")
    delimiter = values[1]
    if delimiter is not None:
        delimiter = as_bytes(delimiter).decode("utf-8", "replace")
    attributes = frozenset(as_bytes(word).decode("ascii", "replace").lower() for word in values[0])
    name = as_bytes(values[2])
    if b"\0" in name:
        # RFC 9051 4.3: no string has one, so that nobody could ask for this mailbox.
        raise ProtocolError("a mailbox name with a NUL character")
    return ListRow(name, delimiter or None, attributes)


def _parse_lsub(values: list[Value]) -> ListRow:
    row = _parse_list(values)
    return ListRow(row.name, row.delimiter, row.attributes, subscribed_list=True)


def _parse_mailbox_status(values: list[Value]) -> MailboxStatus:
    if len(values) != 2 or not isinstance(values[1], list):
        raise ProtocolError("an unreadable STATUS row")
    words = values[1]
    names = [as_bytes(word).decode("ascii", "replace").upper() for word in words[::2]]
    numbers = [parse_number(word) for word in words[1::2]]
    return MailboxStatus(as_bytes(values[0]), dict(zip(names, numbers, strict=False)))


def _parse_search(values: list[Value]) -> Found:
    if values and isinstance(values[-1], list):
        values = values[:-1]
    return Found(ranges_of(parse_uid(as_text(word)) for word in values))


def _parse_esearch(values: list[Value]) -> Found:
    words = [value for value in values if not isinstance(value, list)]
    if words and words[0] in {"UID", "uid"}:
        words = words[1:]
    found = Found([])
    for name, value in zip(words[::2], words[1::2], strict=False):
        match as_text(name).upper():
            case "ALL":
                found = replace(found, uids=parse_uid_set(as_text(value)))
            case "COUNT":
                found = replace(found, count=parse_number(value))
    return found


def _parse_vanished(values: list[Value]) -> Expunged:
    earlier = bool(values) and isinstance(values[0], list)
    return Expunged(parse_uid_set(as_text(values[-1] if values else None)), earlier)


def _parse_namespace(values: list[Value]) -> Namespace:
    personal, others, shared = ([*map(_prefixes, values), (), (), ()])[:3]
    return Namespace(personal, others, shared)


def _parse_quota(values: list[Value]) -> QuotaRow:
    if len(values) != 2 or not isinstance(values[1], list):
        raise ProtocolError("an unreadable QUOTA row")
    words = values[1][: 3 * MAX_RESOURCES]
    triples = zip(words[::3], words[1::3], words[2::3], strict=False)
    return QuotaRow(
        {as_text(name).upper(): (parse_number(u), parse_number(n)) for name, u, n in triples}
    )


def _prefixes(value: Value) -> tuple[bytes, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(as_bytes(entry[0]) for entry in entries if isinstance(entry, list) and entry)


def as_bytes(value: Value) -> bytes:
    """An astring as its bytes on the wire; NIL is the atom it looks like."""
    if value is None:
        return b"NIL"
    if isinstance(value, list):
        raise ProtocolError("a list where a string belongs")
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def as_text(value: Value) -> str:
    """An atom or string as text."""
    return as_bytes(value).decode("utf-8", "replace")


_PARSERS: dict[str, Callable[[list[Value]], Untagged]] = {
    "LIST": _parse_list,
    "LSUB": _parse_lsub,
    "STATUS": _parse_mailbox_status,
    "SEARCH": _parse_search,
    "ESEARCH": _parse_esearch,
    "VANISHED": _parse_vanished,
    "NAMESPACE": _parse_namespace,
    "QUOTA": _parse_quota,
}
