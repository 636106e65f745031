"""Whole messages in pieces, from where they can be had at once."""

from collections.abc import AsyncIterator

from tuimail.model.sync import Fetched

PIECE = 4 << 20


async def in_pieces(messages: AsyncIterator[Fetched]) -> AsyncIterator[bytes]:
    """The contents, one after the other."""
    async for message in messages:
        for start in range(0, len(message.content), PIECE):
            yield message.content[start : start + PIECE]
