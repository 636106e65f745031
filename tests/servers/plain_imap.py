"""The independent checker: what is on a server, read by the standard library alone."""

import hashlib
import imaplib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ATTRIBUTES = re.compile(
    rb'UID (?P<uid>\d+).*?FLAGS \((?P<flags>[^)]*)\).*?INTERNALDATE "(?P<date>[^"]*)"', re.DOTALL
)
_LIST_ROW = re.compile(rb'\((?P<attributes>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.*)', re.DOTALL)


class Letter(NamedTuple):
    """One message; `mailbox` is in modified UTF-7, `flags` without \\Recent."""

    mailbox: str
    uid: int
    flags: frozenset[str]
    received: str
    sha256: str


def letters_of(connection: imaplib.IMAP4) -> Counter[Letter]:
    """All messages of the logged-in user; nothing is marked read by looking."""
    return Counter(
        letter for name in mailboxes_of(connection) for letter in _letters_in(connection, name)
    )


def mailboxes_of(connection: imaplib.IMAP4) -> list[str]:
    """The names of all mailboxes that can be selected, in modified UTF-7."""
    return sorted(_mailboxes(_ask(connection.list())))


def _mailboxes(rows: Sequence[object]) -> Iterator[str]:
    for row in rows:
        if row is None:
            continue
        head, literal = row if isinstance(row, tuple) else (row, None)
        assert isinstance(head, bytes)
        match = _LIST_ROW.match(head)
        assert match, head
        if rb"\Noselect" in match["attributes"] or rb"\NonExistent" in match["attributes"]:
            continue
        yield (literal or _unquoted(match["name"])).decode("ascii")


def _letters_in(connection: imaplib.IMAP4, mailbox: str) -> Iterator[Letter]:
    _ask(connection.select(quoted(mailbox), readonly=True))
    for row in _ask(connection.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")):
        if not isinstance(row, tuple):
            continue
        match = _ATTRIBUTES.search(row[0])
        assert match, row[0]
        flags = frozenset(match["flags"].decode().split()) - {r"\Recent"}
        digest = hashlib.sha256(row[1]).hexdigest()
        yield Letter(mailbox, int(match["uid"]), flags, match["date"].decode(), digest)


def quoted(name: str) -> str:
    """A name as an IMAP quoted string."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(name: bytes) -> bytes:
    if not name.startswith(b'"'):
        return name
    return re.sub(rb"\\(.)", rb"\1", name[1:-1])


def _ask(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    status, rows = answer
    if status != "OK":
        raise RuntimeError(f"the server says {status}: {rows}")
    return rows
