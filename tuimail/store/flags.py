"""Flags as the store keeps them: a bit each for the usual ones, words for the others."""

from collections.abc import Iterable
from functools import lru_cache

from tuimail.model.mail import FORWARDED, JUNK, NOT_JUNK, SYSTEM_FLAGS, Flag

_BITS: dict[Flag, int] = {
    flag: 1 << place for place, flag in enumerate((*SYSTEM_FLAGS, FORWARDED, JUNK, NOT_JUNK))
}
# RFC 9051 2.3.2: flags are case-insensitive.
_BIT_OF = {flag.lower(): bit for flag, bit in _BITS.items()}
_SETS = [frozenset(flag for flag, bit in _BITS.items() if bits & bit) for bits in range(256)]

SEEN_BIT, ANSWERED_BIT, FLAGGED_BIT, DELETED_BIT = 1, 2, 4, 8


def bits_of(flags: Iterable[Flag]) -> int:
    return _kept(frozenset(flags))[0]


def words_of(flags: Iterable[Flag]) -> str:
    """The flags without a bit, sorted, between blanks."""
    return _kept(frozenset(flags))[1]


@lru_cache(512)
def _kept(flags: frozenset[Flag]) -> tuple[int, str]:
    """Bits and words of a set; a mailbox has few different ones."""
    bits = 0
    for flag in flags:
        bits |= _BIT_OF.get(flag.lower(), 0)
    return bits, " ".join(sorted(flag for flag in flags if flag.lower() not in _BIT_OF))


def flags_of(bits: int, words: str) -> frozenset[Flag]:
    flags = _SETS[bits & 0xFF]
    return flags.union(Flag(word) for word in words.split()) if words else flags


def overlaid(words: str, added: str, removed: str) -> str:
    """`words` without `removed` and with `added`."""
    return " ".join(sorted((set(words.split()) - set(removed.split())) | set(added.split())))


def without(words: str, others: str) -> str:
    return " ".join(sorted(set(words.split()) - set(others.split())))


def common(words: str, others: str) -> str:
    return " ".join(sorted(set(words.split()) & set(others.split())))
