"""A message that comes piece by piece: what came is kept, whatever becomes of the line."""

import asyncio
from collections.abc import AsyncIterator

from tuimail.backend.base import PIECE, Refused, Unreachable
from tuimail.engine.link import Link
from tuimail.engine.tasks import one_ahead
from tuimail.model.sizes import size_words
from tuimail.store.failpoint import failpoint
from tuimail.store.parcels import Wanted
from tuimail.store.store import Store

# SQLite stores no more than a billion bytes in one place.
LARGEST_OF_ALL = 900_000_000
SMALLEST_PIECE = 1 << 13
# In a row, each with smaller pieces, before the message is left alone for a while.
MOST_BREAKS = 4


class InPieces:
    """Brings one message at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._turn = asyncio.Lock()

    async def bring(self, wanted: Wanted) -> bool:
        """Whether it is here now; False if it is not on the server any more.

        Raises Refused, or Unreachable where the line is lost again and again before a piece
        came; what came before is gone on with the next time.
        """
        if wanted.size > LARGEST_OF_ALL:
            raise Refused(f"It has {size_words(wanted.size)}: more than can be kept here")
        async with self._turn:
            have = await self._link.disk(_begin, wanted)
            try:
                have = await self._fetch(wanted, have)
            except Refused:
                await self._link.disk(_give_up, wanted)
                raise
            if not have:
                await self._link.disk(_give_up, wanted)
                return False
            await self._link.disk(_end, wanted)
            failpoint("after_large_raw")
            return True

    async def _fetch(self, wanted: Wanted, have: int) -> int:
        size, in_vain = PIECE, 0
        while True:
            before = have
            try:
                async for piece in one_ahead(self._pieces(wanted, have, size)):
                    await self._link.disk(_add, wanted, piece)
                    have += len(piece)
                    if have > 2 * wanted.size:
                        raise Refused("The server sends far more of the message than it said")
                    self._link.tell_progress("bytes", have, max(have, wanted.size))
            except Unreachable:
                in_vain = 0 if have > before else in_vain + 1
                if in_vain == MOST_BREAKS:
                    raise
                if in_vain:
                    size = max(SMALLEST_PIECE, size // 4)
                await self._link.backend.connect()
            else:
                return have

    def _pieces(self, wanted: Wanted, start: int, size: int) -> AsyncIterator[bytes]:
        return self._link.backend.pieces(
            wanted.mailbox, wanted.validity, wanted.uid, start=start, size=size
        )


def _begin(store: Store, wanted: Wanted) -> int:
    return store.arriving().begin(wanted)


def _add(store: Store, wanted: Wanted, piece: bytes) -> None:
    store.arriving().add(wanted, piece)


def _end(store: Store, wanted: Wanted) -> None:
    store.arriving().end(wanted)


def _give_up(store: Store, wanted: Wanted) -> None:
    store.arriving().give_up(wanted)
