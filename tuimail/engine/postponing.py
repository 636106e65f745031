"""When what the server had trouble with is tried again, and how much of it at a time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TypeVar

from tuimail.model.mail import MessageKey
from tuimail.model.operation import Copy, Entry, Operation

# After so many answers "not now" an entry is parked.
MOST_TRIES = 6
# After the line broke so often at one message it is parked.
MOST_BREAKS = 3
# What broke the line once was most often under way by chance: it goes once more as it went.
CHANCE = 1

_PAUSES = [timedelta(seconds=seconds) for seconds in (5, 20, 60, 300, 900)]
_PIECES = 16

Looks = TypeVar("Looks")


def pause_after(tries: int) -> timedelta:
    """How long an entry waits that was tried so often in vain."""
    return _PAUSES[min(max(tries, 1), len(_PAUSES)) - 1]


def pause_after_break(tries: int) -> timedelta:
    """The same where the line broke."""
    return timedelta(0) if tries <= CHANCE else pause_after(tries - CHANCE)


def goes_by_pieces(entry: Entry) -> bool:
    """Whether the line broke at it too often for chance, and one of several is at fault."""
    return entry.tries > CHANCE and len(entry.operation.keys) > 1


def pieces_of(
    operation: Operation, looks: Mapping[MessageKey, Looks]
) -> Iterator[frozenset[MessageKey]]:
    """A sixteenth of the messages at a time, one at least.

    Those that look the same go together, or one's copy would pass for the other's.
    """
    sources: Mapping[MessageKey, MessageKey] = {}
    if isinstance(operation, Copy):
        sources = dict(zip(operation.copies, operation.sources, strict=True))
    alike: defaultdict[object, list[MessageKey]] = defaultdict(list)
    for key in sorted(operation.keys):
        alike[looks.get(sources.get(key, key), key)].append(key)
    size = max(1, len(operation.keys) // _PIECES)
    piece: list[MessageKey] = []
    for keys in alike.values():
        piece += keys
        if len(piece) >= size:
            yield frozenset(piece)
            piece = []
    if piece:
        yield frozenset(piece)
