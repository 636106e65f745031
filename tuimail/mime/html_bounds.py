"""Keeps from the HTML parser what would cost it quadratic time (security.md M11)."""

import re
from collections import Counter

from tuimail.mime.word_set import word_set

# Elements that stay open are searched, or opened anew, at each tag that follows. Measured:
# 10,000 open blocks before 100,000 tags take 3 s, 2,000 open fonts before 2,000 tags 2 s.
BLOCKS_TIMES_TAGS = 30_000_000
FORMATS_TIMES_TAGS = 2_000_000
TAG_CHARACTERS = 20_000
ATTRIBUTES = 200

_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_LONG_TAG = re.compile(r"<[^<>]{2000,}")
_FORMATS = word_set("a b big code em font i nobr s small strike strong tt u")
# These need no end tag, or confine the search.
_NEVER_LEFT_OPEN = word_set(
    "area base br caption col dd dt embed hr img input li link meta option p param source table "
    "tbody td tfoot th thead tr wbr"
)


def is_tangled(html: str) -> bool:
    """Whether so many elements stay open that reading them would take seconds."""
    opened: Counter[str] = Counter()
    tags = 0
    for end, name in _NAME.findall(html):
        tags += 1
        opened[name.lower()] += -1 if end else 1
    left_open = [(name, count) for name, count in opened.items() if count > 0]
    formats = sum(count for name, count in left_open if name in _FORMATS)
    blocks = sum(count for name, count in left_open if name not in _FORMATS | _NEVER_LEFT_OPEN)
    return formats * tags > FORMATS_TIMES_TAGS or blocks * tags > BLOCKS_TIMES_TAGS


def without_attribute_floods(html: str) -> str:
    """`html` without tags that are longer, or have more attributes, than any honest one."""
    return _LONG_TAG.sub(_kept, html)


def _kept(tag: re.Match[str]) -> str:
    too_much = len(tag[0]) > TAG_CHARACTERS or tag[0].count("=") > ATTRIBUTES
    return "<" if too_much else tag[0]
