"""One list over several accounts, in one order."""

from array import array
from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import cast

from tuimail.engine.mail import View
from tuimail.engine.shelf import Shelf
from tuimail.model.mail import MessageKey, Order
from tuimail.store.store import Store


async def merged_keys(shelves: Sequence[Shelf], view: View) -> Sequence[MessageKey]:
    """The view's keys; by subject, sender or size the accounts follow one another."""
    if len(shelves) == 1:
        keys = await shelves[0].lists(Store.keys, view.mailbox, view.query, view.order)
        return cast(Sequence[MessageKey], keys)
    dated = [
        await shelf.lists(Store.dated_keys, view.mailbox, view.query, view.order)
        for shelf in shelves
    ]
    merged = array("q", map(itemgetter(1), _in_order(dated, view.order)))
    return cast(Sequence[MessageKey], merged)


def _in_order(
    dated: Sequence[Sequence[tuple[int, int]]], order: Order
) -> Iterable[tuple[int, int]]:
    match order:
        case Order.NEWEST:
            return merge(*dated, key=itemgetter(0), reverse=True)
        case Order.OLDEST:
            return merge(*dated, key=itemgetter(0))
        case _:
            return chain(*dated)
