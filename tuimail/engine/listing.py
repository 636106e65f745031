"""One list over several accounts, in one order."""

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import reduce
from typing import cast

from tuimail.engine.mail import View
from tuimail.engine.shelf import Shelf
from tuimail.model.mail import MessageKey, Order
from tuimail.store.shown import Ranked
from tuimail.store.store import Store


async def merged_keys(shelves: Sequence[Shelf], view: View) -> Sequence[MessageKey]:
    """The view's keys; by subject, sender or size the accounts follow one another."""
    if len(shelves) == 1:
        keys = await shelves[0].lists(Store.keys, view.mailbox, view.query, view.order)
        return cast(Sequence[MessageKey], keys)
    lists = await asyncio.gather(
        *(shelf.lists(Store.ranked_keys, view.mailbox, view.query, view.order) for shelf in shelves)
    )
    put_together = _merged if view.order in {Order.NEWEST, Order.OLDEST} else _chained
    whole = await asyncio.to_thread(reduce, put_together, lists, Ranked(array("q"), array("q")))
    return cast(Sequence[MessageKey], whole.keys)


def _chained(one: Ranked, other: Ranked) -> Ranked:
    return Ranked(one.ranks + other.ranks, one.keys + other.keys)


def _merged(one: Ranked, other: Ranked) -> Ranked:
    """Both by their ranks, in stretches: mail of one account comes in between rarely."""
    ranks, keys = array("q"), array("q")
    here = there = 0
    while here < len(one.ranks) and there < len(other.ranks):
        stretch = slice(here, bisect_right(one.ranks, other.ranks[there], here))
        ranks += one.ranks[stretch]
        keys += one.keys[stretch]
        here = stretch.stop
        if here < len(one.ranks):
            stretch = slice(there, bisect_left(other.ranks, one.ranks[here], there))
            ranks += other.ranks[stretch]
            keys += other.keys[stretch]
            there = stretch.stop
    ranks += one.ranks[here:] + other.ranks[there:]
    keys += one.keys[here:] + other.keys[there:]
    return Ranked(ranks, keys)
