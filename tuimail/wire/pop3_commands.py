"""What a POP3 client says, and what a server's listings mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tuimail.wire.pop3 import Shape

_LONGEST_ARGUMENT = 8192
_UNSENDABLE = re.compile(rb"[\r\n\0]")
# RFC 1939 5, with more or fewer blanks than it asks for.
_ROW = re.compile(rb"[ \t]*(0{0,9}[1-9][0-9]{0,9})(?:[ \t]+([^ \t]*).*)?", re.DOTALL)
_SIZE = re.compile(rb"[0-9]{1,18}")
_UIDL = re.compile(rb"[!-~\x80-\xff]+")
_COUNT = re.compile(r"\s*([0-9]{1,7})(?:\s|$)")


class Unsendable(Exception):
    """What cannot stand in a command; the text says why."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line and the shape of its answer; `shown` is what a log may hold."""

    line: bytes
    shape: Shape
    shown: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One message of the maildrop; `number` means it in this session only."""

    number: int
    size: int
    uidl: str | None = None


def simple(name: str, shape: Shape = Shape.STATUS) -> Command:
    return Command(name.encode("ascii") + b"\r\n", shape, name)


def numbered(name: str, number: int, shape: Shape = Shape.STATUS) -> Command:
    return simple(f"{name} {number}", shape)


def user(name: str) -> Command:
    return Command(b"USER " + _argument(name) + b"\r\n", Shape.STATUS, "USER …")


def password(secret: str) -> Command:
    return Command(b"PASS " + _argument(secret) + b"\r\n", Shape.STATUS, "PASS …")


def authenticate(mechanism: str, response: bytes = b"") -> Command:
    """AUTH (RFC 5034), with the first response in the command if there is one."""
    words = f"AUTH {mechanism}"
    line = b" ".join([words.encode("ascii"), *([response] if response else [])])
    return Command(line + b"\r\n", Shape.CHALLENGE, words)


def _argument(text: str) -> bytes:
    """Without what would end the line or begin another (security.md N11)."""
    try:
        argument = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unsendable("it cannot be written in UTF-8") from error
    if _UNSENDABLE.search(argument):
        raise Unsendable("it has a line break or NUL in it")
    if len(argument) > _LONGEST_ARGUMENT:
        raise Unsendable("it is too long")
    return argument


def read_capabilities(rows: Iterable[bytes]) -> frozenset[str]:
    """In capitals: "PIPELINING", and for each way of SASL also "AUTH=PLAIN"."""
    found: set[str] = set()
    for row in rows:
        name, *arguments = row.decode("ascii", "replace").upper().split() or [""]
        found.add(name)
        if name == "SASL":
            found |= {f"AUTH={way}" for way in arguments}
    return frozenset(found - {""})


def read_sizes(rows: Iterable[bytes]) -> dict[int, int]:
    """LIST: sizes by number; 0 for one that tells none. A size is only a hint (RFC 1939 11)."""
    sizes: dict[int, int] = {}
    for number, word in _numbered(rows):
        size = int(word) if _SIZE.fullmatch(word) else 0
        # What is said twice is not known.
        sizes[number] = size if sizes.get(number, size) == size else 0
    return sizes


def read_uidls(rows: Iterable[bytes]) -> dict[int, str]:
    """UIDL: unique ids by number, whatever their length; "" for what is none, or not one."""
    uidls: dict[int, str] = {}
    for number, word in _numbered(rows):
        uidl = word.decode("latin-1") if _UIDL.fullmatch(word) else ""
        uidls[number] = uidl if uidls.get(number, uidl) == uidl else ""
    return uidls


def read_count(text: str) -> int:
    """STAT: how many messages there are; 0 if that is not what it tells."""
    match = _COUNT.match(text)
    return int(match[1]) if match else 0


def are_odd(rows: Iterable[bytes]) -> bool:
    """Whether one of them should name a message and does not; a blank one says nothing."""
    return any(row.strip() and not _ROW.fullmatch(row) for row in rows)


def _numbered(rows: Iterable[bytes]) -> Iterable[tuple[int, bytes]]:
    """The number and the first word after it of each row that has a number."""
    for row in rows:
        match = _ROW.fullmatch(row)
        if match is not None:
            yield int(match[1]), match[2] or b""
