"""Sets of UIDs (RFC 9051 sequence-set): ranges merged, cut to the length of a command."""

import re
from collections.abc import Iterable, Iterator

from tuimail.wire.imap_errors import ProtocolError

# A UID has 32 bits (RFC 9051 2.3.1.1). Servers with longer ones exist; we can hold these.
MAX_UID = (1 << 63) - 1

# RFC 7162 4: servers take command lines of 8192 bytes.
MAX_SET = 7000

Ranges = list[tuple[int, int]]

_PART = re.compile(r"(\d{1,19})(?::(\d{1,19}))?(?:,(?=\d)|$)", re.ASCII)


def ranges_of(uids: Iterable[int]) -> Ranges:
    """`uids` as ascending ranges, neighbours merged, repeats dropped."""
    ranges: Ranges = []
    first = last = 0
    for uid in sorted(uids):
        if uid <= last + 1 and last:
            last = max(last, uid)
            continue
        if last:
            ranges.append((first, last))
        first = last = uid
    if last:
        ranges.append((first, last))
    return ranges


def uid_sets(uids: Iterable[int], limit: int = MAX_SET) -> Iterator[str]:
    """`uids` as sets of at most `limit` characters each."""
    parts: list[str] = []
    size = 0
    for first, last in ranges_of(uids):
        part = str(first) if first == last else f"{first}:{last}"
        if parts and size + len(part) + 1 > limit:
            yield ",".join(parts)
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield ",".join(parts)


def parse_uid_set(text: str) -> Ranges:
    """The ranges in `text`, in its order; they may be huge and are not expanded."""
    ranges: Ranges = []
    position = 0
    while position < len(text) or not ranges:
        part = _PART.match(text, position)
        if part is None:
            raise ProtocolError("an impossible set of UIDs")
        low, high = parse_uid(part[1]), parse_uid(part[2] or part[1])
        ranges.append((low, high) if low <= high else (high, low))
        position = part.end()
    return ranges


def parse_uid(text: str) -> int:
    """A UID as the server sent it; ProtocolError where it is none that can be held."""
    uid = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    if not 0 < uid <= MAX_UID:
        raise ProtocolError("an impossible UID")
    return uid


def count(ranges: Ranges) -> int:
    """How many UIDs `ranges` name, repeats counted."""
    return sum(last - first + 1 for first, last in ranges)


def expand(ranges: Ranges, limit: int) -> list[int]:
    """The UIDs in their order; ProtocolError if there are more than `limit`."""
    if count(ranges) > limit:
        raise ProtocolError("more UIDs than there can be")
    return [uid for first, last in ranges for uid in range(first, last + 1)]
