"""A stream of messages in batches that are worth a transaction."""

import time
from collections.abc import AsyncGenerator, AsyncIterator

from tuimail.backend.base import Refused, Unreachable
from tuimail.model.sync import Fetched

# So much work at most is lost with a line, however slow it is.
SECONDS = 2.0


async def in_batches(
    messages: AsyncIterator[Fetched | None], count: int, size: int
) -> AsyncGenerator[list[Fetched], None]:
    """Batches of about `count` messages or `size` bytes, or of what came within `SECONDS`.

    Where there is None instead of a message, none will come for a while.
    """
    batch: list[Fetched] = []
    held = 0
    until = time.monotonic() + SECONDS
    try:
        async for message in messages:
            if message is not None:
                batch.append(message)
                held += len(message.content)
            elif not batch:
                continue
            full = len(batch) >= count or held >= size or time.monotonic() > until
            if message is None or full:
                yield batch
                batch, held = [], 0
                until = time.monotonic() + SECONDS
        if batch:
            yield batch
    except (Unreachable, Refused):
        # What came whole before that is worth keeping.
        if batch:
            yield batch
        raise
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()
