"""Commands to an IMAP server: every argument quoted, a literal, or refused."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tuimail.model.mail import SYSTEM_FLAGS, Flag
from tuimail.wire.imap_errors import Unsendable

MAX_QUOTED = 1000

_QUOTABLE = re.compile(rb"[\x20-\x7e]*")
_KEYWORD = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~\[]{1,250}")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

HEADER_FIELDS = (
    "FROM TO CC REPLY-TO SUBJECT DATE MESSAGE-ID IN-REPLY-TO REFERENCES LIST-ID CONTENT-TYPE"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that are sent behind their count."""

    data: bytes


Piece = bytes | Literal


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its tag; `shown` is what a log may hold of it.

    `answers` tells what to send when the server asks for more; None where it cannot.
    """

    shown: str
    pieces: tuple[Piece, ...]
    answers: Callable[[bytes], bytes] | None = None

    def chunks(self, tag: str, unasked: int = 0) -> Iterator[tuple[bytes, ...]]:
        """What to send, in parts; before each chunk but the first the server must say "+".

        Literals of at most `unasked` bytes need no such word (LITERAL+, LITERAL-). Others are
        parts of their own: a large message is not copied.
        """
        before: tuple[bytes, ...] = ()
        line = bytearray(tag.encode("ascii"))
        for piece in self.pieces:
            line += b" "
            if isinstance(piece, bytes):
                line += piece
            elif len(piece.data) <= unasked:
                line += b"{%d+}\r\n" % len(piece.data)
                line += piece.data
            else:
                yield (*before, bytes(line) + b"{%d}\r\n" % len(piece.data))
                before, line = (piece.data,), bytearray()
        yield (*before, bytes(line) + b"\r\n")


def astring(data: bytes) -> Piece:
    """`data` as a quoted string where that is possible, else as a literal."""
    if b"\0" in data:
        raise Unsendable("a text with a NUL character cannot be sent")
    if len(data) > MAX_QUOTED or not _QUOTABLE.fullmatch(data):
        return Literal(data)
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def simple(name: str, *arguments: str) -> Command:
    """A command all of whose words are ours."""
    words = " ".join((name, *arguments))
    return Command(words, (words.encode("ascii"),))


def login(user: str, password: str) -> Command:
    pieces = (b"LOGIN", astring(user.encode()), astring(password.encode()))
    return Command("LOGIN", pieces)


def authenticate(
    mechanism: str, respond: Callable[[bytes], bytes], initial: bytes = b""
) -> Command:
    """AUTHENTICATE (RFC 9051 6.2.2), with the first response in the command if there is one."""
    words = f"AUTHENTICATE {mechanism}"
    pieces = (words.encode("ascii"), initial) if initial else (words.encode("ascii"),)
    return Command(words, pieces, respond)


def identify(**words: str) -> Command:
    """ID (RFC 2971): what this program calls itself."""
    pairs = " ".join(f'"{name}" "{value}"' for name, value in words.items())
    return simple("ID", f"({pairs})")


def on_mailbox(name: str, mailbox: bytes, *rest: str) -> Command:
    """`name MAILBOX rest`, as SELECT, CREATE, STATUS and SUBSCRIBE have it."""
    pieces = (name.encode("ascii"), astring(mailbox), *(word.encode("ascii") for word in rest))
    return Command(" ".join((name, "…", *rest)), pieces)


def uid_fetch(uids: str, items: str) -> Command:
    return simple("UID FETCH", uids, items)


def uid_store(uids: str, sign: str, flags: Iterable[Flag]) -> Command:
    """`sign` is + or -; the new flags are not told."""
    words = flag_list(flags)
    command = f"UID STORE {uids} {sign}FLAGS.SILENT"
    return Command(command, (command.encode("ascii"), words))


def to_mailbox(name: str, uids: str, target: bytes) -> Command:
    """UID COPY and UID MOVE."""
    words = f"{name} {uids}"
    return Command(words, (words.encode("ascii"), astring(target)))


def append(mailbox: bytes, flags: Iterable[Flag], received: datetime, content: bytes) -> Command:
    words = flag_list(flags), b'"' + internal_date(received).encode("ascii") + b'"'
    return Command(
        f"APPEND … {len(content)}", (b"APPEND", astring(mailbox), *words, Literal(content))
    )


def uid_search_header(uids: str, field: str, value: str) -> Command:
    """The UIDs among `uids` whose header `field` contains `value`."""
    words = f"UID SEARCH UID {uids} HEADER {field}"
    return Command(f"{words} …", (words.encode("ascii"), astring(value.encode())))


def flag_list(flags: Iterable[Flag]) -> bytes:
    """`(\\Seen $Junk)`; Unsendable where one is no flag."""
    words = sorted(flags)
    for word in words:
        if not sendable(word):
            raise Unsendable("a keyword with characters that IMAP does not allow")
    return b"(" + " ".join(words).encode("ascii") + b")"


def sendable(flag: Flag) -> bool:
    """Whether `flag` is a system flag or a keyword that IMAP can express."""
    return flag in SYSTEM_FLAGS or _KEYWORD.fullmatch(flag) is not None


def internal_date(moment: datetime) -> str:
    """RFC 9051 date-time, in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.day:02}-{_MONTHS[utc.month - 1]}-{utc.year:04} {utc:%H:%M:%S} +0000"
