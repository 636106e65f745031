"""Addresses as they are found in mail, which is seldom as RFC 5322 3.4 has them.

The address is the bare addr-spec of the last angle brackets and is never decoded; all that
was written beside it is the name, so that nothing is hidden (security.md M2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise

from tuimail.mime import bounds
from tuimail.mime.words import decode_words
from tuimail.model.address import Address, BadAddress, check_sendable
from tuimail.model.safe_text import EMPTY, safe_line

# A quoted string, an encoded word, angle brackets, a separator; else what lies between.
_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=|<[^<>]*>'
    r'|[(),;:]|(?:(?!=\?)[^"<>(),;:])+|["<>=]',
    re.DOTALL,
)
_QUOTED_SPEC = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"@[^\s"]+')
_QUOTED = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")')
_ENCODED = re.compile(r"\s*(?:=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=\s*)+")
_SPACED = re.compile(r" ?([@.]) ?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Mailbox:
    """One address while it is read; `pieces` are its tokens outside comments."""

    pieces: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    is_group: bool = False


_REMEMBERED = 2048
_SHORT = 300


def addresses(text: str, *, groups: bool = False) -> tuple[Address, ...]:
    """The addresses of a field, members of groups included; never raises.

    With `groups` the name of each group stands before its members, without an address.
    """
    # The same few people write most letters, and are written to.
    return (_read_before if len(text) <= _SHORT else _read)(text, groups)


def _read(text: str, groups: bool) -> tuple[Address, ...]:
    found: list[Address] = []
    mailboxes = chain(_mailboxes(" ".join(text.split())), [_Mailbox()])
    for mailbox, following in pairwise(mailboxes):
        if mailbox.is_group:
            address = _group(mailbox, following) if groups else None
        else:
            address = _address(mailbox)
        if address:
            found.append(address)
        if len(found) == bounds.ADDRESSES:
            break
    return tuple(found)


def _group(mailbox: _Mailbox, following: _Mailbox) -> Address | None:
    """RFC 5322 3.4: those whom the reader is not to know are a group without members."""
    name = decode_words(_phrase(mailbox.pieces)).strip()
    end = ":" if "".join(following.pieces).strip() else ":;"
    return Address(safe_line(f"{name}{end}", bounds.NAME_CHARACTERS), EMPTY) if name else None


_read_before = lru_cache(_REMEMBERED)(_read)


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    """`text` cut at its separators, outside of quotes, brackets and comments."""
    comments_close = "(" in text and _closes_its_comments(text)
    has_groups = ";" in text
    mailbox = _Mailbox()
    depth = 0
    for piece in _pieces(text):
        if comments_close and piece == "(":
            depth += 1
            if depth > 1:
                mailbox.comment.append(piece)
        elif depth and piece == ")":
            depth -= 1
            mailbox.comment.append(piece if depth else " ")
        elif depth:
            mailbox.comment.append(piece)
        elif piece in (",", ";"):
            yield mailbox
            mailbox = _Mailbox()
        elif piece == ":" and has_groups and _names_a_group(mailbox):
            mailbox.is_group = True
            yield mailbox
            mailbox = _Mailbox()
        else:
            mailbox.pieces.append(piece)
    yield mailbox


def _pieces(text: str) -> Iterator[str]:
    """Quotes that do not close are characters like any other."""
    unclosed = len(text)
    for match in _TOKEN.finditer(text):
        if match[0] == '"':
            unclosed = match.start()
            break
        yield match[0]
    for match in _TOKEN.finditer(text[unclosed:].replace('"', " ")):
        yield match[0]


def _closes_its_comments(text: str) -> bool:
    depth = 0
    for piece in _pieces(text):
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
    return depth == 0


def _names_a_group(mailbox: _Mailbox) -> bool:
    return not any("@" in piece or piece.startswith("<") for piece in mailbox.pieces)


def _address(mailbox: _Mailbox) -> Address | None:
    angles = [n for n, piece in enumerate(mailbox.pieces) if piece.startswith("<") and piece != "<"]
    if angles:
        last = angles[-1]
        spec = _bare(mailbox.pieces[last])
        name = _phrase(mailbox.pieces[:last] + mailbox.pieces[last + 1 :])
    else:
        name, spec = _without_brackets(mailbox.pieces)
    name = name or _phrase(mailbox.comment)
    if not name and not spec:
        return None
    if not angles and (whole := _encoded_whole("".join(mailbox.pieces))):
        return whole
    shown = safe_line(decode_words(name).strip(), bounds.NAME_CHARACTERS)
    address = safe_line(spec, bounds.ADDRESS_CHARACTERS)
    return Address(safe_line("") if shown == address else shown, address)


def _encoded_whole(text: str) -> Address | None:
    """Name and address that were encoded together, against RFC 2047 5.

    Only if there is one that mail can be sent to, so that a reply goes where the screen says.
    """
    if not _ENCODED.fullmatch(text) or "@" not in (decoded := decode_words(text)):
        return None
    if "=?" in decoded or len(found := _read(decoded, groups=False)) != 1:
        return None
    try:
        check_sendable(found[0].address)
    except BadAddress:
        return None
    return found[0] if found[0].address.isascii() else None


def _bare(angle: str) -> str:
    """The addr-spec in angle brackets, without white space, route or scheme."""
    spec = "".join(
        piece if piece.startswith('"') else "".join(piece.split())
        for piece in _QUOTED.split(angle[1:-1])
    )
    if spec.startswith("@"):
        spec = spec.rpartition(":")[2]  # RFC 5322 4.4, obs-route
    return spec[7:] if spec[:7].lower() == "mailto:" else spec


def _phrase(pieces: list[str]) -> str:
    words = [
        _ESCAPED.sub(r"\1", piece[1:-1]) if piece.startswith('"') else piece for piece in pieces
    ]
    phrase = " ".join("".join(words).split())
    return phrase[1:-1] if len(phrase) > 2 and phrase[0] == phrase[-1] == "'" else phrase


def _without_brackets(pieces: list[str]) -> tuple[str, str]:
    """Name and addr-spec of `anna@example.org`, `Anna anna@example.org`, `root`."""
    text = "".join(pieces).strip()
    if _QUOTED_SPEC.fullmatch(text):
        return "", text
    text = _SPACED.sub(r"\1", text) if text.count("@") == 1 else text
    words = text.split()
    specs = [n for n, word in enumerate(words) if "@" in word]
    if not specs:
        return ("", text) if len(words) == 1 and '"' not in text else (_phrase(pieces), "")
    rest = words[: specs[-1]] + words[specs[-1] + 1 :]
    return " ".join(rest).strip("\"'"), words[specs[-1]].strip("\"'<>")


def as_compared(address: str) -> str:
    """An address as servers compare them: one domain has two spellings (RFC 5890)."""
    local, _, domain = address.lower().rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address.lower()
