"""IMAP without sockets: what a server sent, as responses."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tuimail.model.safe_text import safe_line
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_fetch import FetchReader, read_number
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
    Prefix,
    QuotaRow,
    Response,
    Status,
    Unreadable,
    Untagged,
)
from tuimail.wire.imap_tokens import Value, named_values, parse_values
from tuimail.wire.uid_lists import esearch_uids, search_uids
from tuimail.wire.uid_set import parse_uid_set

MAX_CAPABILITIES = 1000
MAX_SERVER_TEXT = 500
MAX_RESOURCES = 50

# RFC 9051 2.2.2: be liberal. DavMail writes two blanks on purpose, to keep a line awake.
_NUMBERED = re.compile(
    rb"[ \t]*\*[ \t]+(\d{1,40})[ \t]+(FETCH|EXISTS|EXPUNGE|RECENT)(?=[ \t\r(]|$)", re.IGNORECASE
)
_STATUS = re.compile(
    rb"(\*|[A-Za-z0-9]{1,40})[ \t]+(OK|NO|BAD|BYE|PREAUTH)(?:[ \t]*(?=\[)(.*)|[ \t\r]+(.*))?$",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(rb"\[[ \t]*([A-Za-z0-9./_-]+)(?:[ \t]+([^\]]*))?\] ?")
_WORD = re.compile(rb"[ \t]*\*[ \t]+([A-Za-z0-9.]{1,40})(?=[ \t\r(]|$)")
_STATUS_ITEM = re.compile(
    "MESSAGES|RECENT|UIDNEXT|UIDVALIDITY|UNSEEN|HIGHESTMODSEQ|DELETED|SIZE|MAILBOXID|APPENDLIMIT",
    re.IGNORECASE,
)


class ResponseReader:
    """Server bytes to responses; raises ProtocolError where the line cannot go on."""

    def __init__(self, literal_limit: int = 50 << 20) -> None:
        self._framer = Framer(literal_limit)
        self._fetch = FetchReader()
        self._in_text = False

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
        in_text, self._in_text = self._in_text, False
        numbered = _NUMBERED.match(head)
        if numbered is not None:
            return self._parse_numbered(frame, numbered)
        if head[:1] == b"+":
            return Continuation(head[2:])
        status = _STATUS.match(head)
        if status is not None:
            self._in_text = True
            return _parse_status(status)
        word = _WORD.match(head)
        if word is not None:
            return _parse_named(word[1].decode("ascii").upper(), frame, word.end())
        return self._parse_oddity(head, in_text=in_text)

    def _parse_numbered(self, frame: Frame, match: re.Match[bytes]) -> Untagged:
        match match[2].upper():
            case b"FETCH":
                return self._fetch.read(frame, match.end())
            case b"EXISTS":
                total = int(match[1])
                self._framer.expect(total)
                return Exists(total)
            case b"EXPUNGE":
                return Expunged([])
        return Other("RECENT")

    def _parse_oddity(self, head: bytes, *, in_text: bool) -> Other:
        """What means nothing and harms nobody; all else may be a sign that we are out of step."""
        text = head.strip(b" \t\r")
        # A server's text that has an LF in it goes on.
        self._in_text = in_text and self._framer.follows_bare_lf
        if text and text[:1] != b"*" and not self._in_text:
            raise ProtocolError("something that is not IMAP")
        return Other("")


def parse_capabilities(words: str) -> frozenset[str]:
    """The capabilities named in `words`."""
    names = words.upper().split()
    if len(names) > MAX_CAPABILITIES:
        raise ProtocolError("too many capabilities")
    return frozenset(names)


def _parse_status(match: re.Match[bytes]) -> Status:
    tag = match[1].decode("ascii")
    text = match[3] or match[4] or b""
    code = Code()
    if text[:1] == b"[" and (found := _CODE.match(text)):
        argument = (found[2] or b"").decode("utf-8", "replace").strip()
        code = Code(found[1].decode("ascii").upper(), argument)
        text = text[found.end() :]
    shown = safe_line(text.strip().decode("utf-8", "replace"), MAX_SERVER_TEXT)
    return Status("" if tag == "*" else tag, match[2].decode("ascii").upper(), code, shown)


def _parse_named(kind: str, frame: Frame, start: int) -> Untagged:
    head = frame if isinstance(frame, bytes) else frame[0]
    if kind == "CAPABILITY":
        return Capabilities(parse_capabilities(head[start:].decode("ascii", "replace")))
    parse = _PARSERS.get(kind)
    try:
        if kind == "SEARCH":
            return Found(search_uids(head[start:]))
        return Other(kind) if parse is None else parse(parse_values(frame, start))
    except ProtocolError:
        return Unreadable(kind, head[start:][:MAX_SERVER_TEXT].strip())


def _parse_list(values: list[Value]) -> ListRow:
    if len(values) < 3 or not isinstance(values[0], list | None):
        raise ProtocolError("an unreadable LIST row")
    delimiter = values[1]
    if delimiter is not None:
        delimiter = as_bytes(delimiter).decode("utf-8", "replace")
    words = (as_bytes(word) for word in values[0] or () if not isinstance(word, list))
    attributes = frozenset(word.decode("ascii", "replace").lower() for word in words)
    name = _name_in(values[2:])
    if b"\0" in name:
        # RFC 9051 4.3: no string has one, so that nobody could ask for this mailbox.
        raise ProtocolError("a mailbox name with a NUL character")
    return ListRow(name, delimiter or None, attributes)


def _name_in(values: list[Value]) -> bytes:
    """A mailbox name at the beginning of `values`; blanks in one that is not quoted are its own."""
    words = [as_bytes(values[0])]
    if isinstance(values[0], str):
        for value in values[1:]:
            if not isinstance(value, str):
                break
            words.append(as_bytes(value))
    return b" ".join(words)


def _parse_lsub(values: list[Value]) -> ListRow:
    row = _parse_list(values)
    return ListRow(row.name, row.delimiter, row.attributes, subscribed_list=True)


def _parse_mailbox_status(values: list[Value]) -> MailboxStatus:
    if len(values) < 2 or not isinstance(values[-1], list):
        raise ProtocolError("an unreadable STATUS row")
    items = dict(_status_items(values[-1]))
    return MailboxStatus(_name_in(values), items)


def _status_items(values: list[Value]) -> Iterator[tuple[str, int]]:
    """What can be read; a UIDVALIDITY below 0 is one, too: it only has to stay the same."""
    for name, value in named_values(values, _STATUS_ITEM):
        number = signed_number(value) if name == "UIDVALIDITY" else read_number(value)
        if number is not None:
            yield name, number


def signed_number(value: Value) -> int | None:
    """A number of up to 63 bits and its sign; None where it is none, or larger."""
    if not isinstance(value, str) or value[:1] != "-":
        return read_number(value)
    number = read_number(value[1:])
    return None if number is None else -number


def _parse_esearch(values: list[Value]) -> Found:
    words = [value for value in values if not isinstance(value, list)]
    if words and isinstance(words[0], str) and words[0].upper() == "UID":
        words = words[1:]
    found = Found([])
    for name, value in zip(words[::2], words[1::2], strict=False):
        match as_text(name).upper():
            case "ALL":
                found = replace(found, uids=esearch_uids(as_text(value)))
            case "COUNT":
                found = replace(found, count=read_number(value))
    return found


def _parse_vanished(values: list[Value]) -> Expunged:
    earlier = bool(values) and isinstance(values[0], list)
    return Expunged(parse_uid_set(as_text(values[-1] if values else None)), earlier)


def _parse_namespace(values: list[Value]) -> Namespace:
    personal, others, shared = ([*map(_prefixes, values), (), (), ()])[:3]
    return Namespace(personal, others, shared)


def _prefixes(value: Value) -> tuple[Prefix, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(_prefix(entry) for entry in entries if isinstance(entry, list) and entry)


def _prefix(entry: list[Value]) -> Prefix:
    name, delimiter = ([*entry, None])[:2]
    return Prefix(
        b"" if name is None else as_bytes(name),
        None if delimiter is None else as_text(delimiter) or None,
    )


def _parse_quota(values: list[Value]) -> QuotaRow:
    if len(values) < 2 or not isinstance(values[-1], list):
        raise ProtocolError("an unreadable QUOTA row")
    words = values[-1][: 3 * MAX_RESOURCES]
    resources: dict[str, tuple[int, int]] = {}
    for name, *told in zip(words[::3], words[1::3], words[2::3], strict=False):
        used, limit = map(read_number, told)
        if isinstance(name, str) and used is not None and limit is not None:
            resources[name.upper()] = used, limit
    return QuotaRow(resources)


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
    "ESEARCH": _parse_esearch,
    "VANISHED": _parse_vanished,
    "NAMESPACE": _parse_namespace,
    "QUOTA": _parse_quota,
}
