"""What a POP3 client says, and what a server's listings mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tuimail.wire.pop3 import ProtocolError, Shape

_LONGEST_ARGUMENT = 8192
_UNSENDABLE = re.compile(rb"[\r\n\0]")
_NUMBERED = re.compile(rb"([0-9]{1,10})[ \t]+([!-~\x80-\xff]+)[ \t]*.*", re.DOTALL)
_SIZED = re.compile(rb"([0-9]{1,10})[ \t]+([0-9]{1,18})[ \t]*.*", re.DOTALL)


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
    """LIST: sizes by number."""
    return {int(first): int(second) for first, second in _pairs(rows, _SIZED)}


def read_uidls(rows: Iterable[bytes]) -> dict[int, str]:
    """UIDL: unique ids by number, whatever their length; without a number none is believed."""
    return {int(first): second.decode("latin-1") for first, second in _pairs(rows, _NUMBERED)}


def _pairs(rows: Iterable[bytes], form: re.Pattern[bytes]) -> Iterable[tuple[bytes, bytes]]:
    seen: set[int] = set()
    for row in rows:
        match = form.fullmatch(row)
        if match is None or int(match[1]) in seen or not int(match[1]):
            raise ProtocolError("the server's listing cannot be understood")
        seen.add(int(match[1]))
        yield match[1], match[2]
