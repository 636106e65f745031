"""Addresses as they are found in mail, which is seldom as RFC 5322 3.4 has them.

The address is the bare addr-spec of the last angle brackets and is never decoded; all that
was written beside it is the name, so that nothing is hidden (security.md M2).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tuimail.mime import bounds
from tuimail.mime.words import decode_words
from tuimail.model.address import Address
from tuimail.model.safe_text import safe_line

# A quoted string, an encoded word, angle brackets, a separator; else what lies between.
_TOKEN = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=|<[^<>]*>'
    r'|[(),;:]|(?:(?!=\?)[^"<>(),;:])+|["<>=]',
    re.DOTALL,
)
_QUOTED_SPEC = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"@[^\s"]+')
_SPACED = re.compile(r" ?([@.]) ?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class _Mailbox:
    """One address while it is read; `pieces` are its tokens outside comments."""

    pieces: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)


_REMEMBERED = 2048
_SHORT = 300


def addresses(text: str) -> tuple[Address, ...]:
    """The addresses of a field, members of groups included; never raises."""
    # The same few people write most letters, and are written to.
    return _read_before(text) if len(text) <= _SHORT else _read(text)


def _read(text: str) -> tuple[Address, ...]:
    found: list[Address] = []
    for mailbox in _mailboxes(" ".join(text.split())):
        if address := _address(mailbox):
            found.append(address)
        if len(found) == bounds.ADDRESSES:
            break
    return tuple(found)


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
    shown = safe_line(decode_words(name).strip(), bounds.NAME_CHARACTERS)
    address = safe_line(spec, bounds.ADDRESS_CHARACTERS)
    return Address(safe_line("") if shown == address else shown, address)


def _bare(angle: str) -> str:
    """The addr-spec in angle brackets, without white space, route or scheme."""
    spec = "".join(angle[1:-1].split())
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
