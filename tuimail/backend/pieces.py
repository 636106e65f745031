"""Whole messages in pieces, from where they can be had at once."""

from collections.abc import AsyncIterator

from tuimail.model.sync import Fetched


async def in_pieces(
    messages: AsyncIterator[Fetched], start: int, size: int
) -> AsyncIterator[bytes]:
    """The contents from byte `start` on, one after the other."""
    async for message in messages:
        for place in range(start, len(message.content), size):
            yield message.content[place : place + size]
