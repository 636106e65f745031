"""UIDs as SEARCH and ESEARCH list them: what can be read of them, however many."""

import re
from array import array
from collections.abc import Iterator

from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.uid_set import MAX_UID, Ranges, parse_uid_set, ranges_of

# More than any mailbox has.
MAX_LISTED = 2_000_000

_WORD = re.compile(rb"[^ \t\r]+")


def search_uids(text: bytes) -> Ranges:
    """The words of SEARCH as ranges; who counts the messages notices what could not be read."""
    words, _, _ = text.partition(b"(")
    if words.count(b" ") > MAX_LISTED:
        raise ProtocolError("more UIDs than there can be")
    return ranges_of(array("q", _readable(words)))


def _readable(words: bytes) -> Iterator[int]:
    for match in _WORD.finditer(words):
        word = match[0]
        if word.isdigit() and len(word) <= 19 and 0 < (uid := int(word)) <= MAX_UID:
            yield uid


def esearch_uids(text: str) -> Ranges:
    """The set that ALL names, as far as it can be read."""
    if text.count(",") > MAX_LISTED:
        raise ProtocolError("more UIDs than there can be")
    try:
        return parse_uid_set(text)
    except ProtocolError:
        return list(_readable_parts(text))


def _readable_parts(text: str) -> Iterator[tuple[int, int]]:
    for part in text.split(","):
        try:
            yield from parse_uid_set(part)
        except ProtocolError:
            continue
