"""Drafts that wait for the line, shown where the server will have them."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from tuimail.engine.shelf import Shelf
from tuimail.engine.writing import body_of, row_of
from tuimail.model.body import Body
from tuimail.model.mail import Message, MessageKey
from tuimail.model.operation import Entry
from tuimail.store.store import Store

# By then a pull has seen what the server was given.
LONGEST_UNSEEN = 30.0


class WaitingDrafts:
    """One account's. The index has no row of what no server has: these come from the journal.

    A row that was shown stays until the index has it, or it was withdrawn; but not for long: a
    server may have made another message of it.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._rows: dict[MessageKey, Message] = {}
        self._due: dict[MessageKey, float] = {}

    async def rows(self) -> list[Message]:
        """The newest first."""
        waiting = await self._shelf.rows(Store.waiting_drafts)
        before = self._rows
        own: dict[MessageKey, Message] = {}
        for entry in waiting:
            (key,) = entry.operation.keys
            row = before.get(key) or await self._row(entry)
            if row is not None:
                own[key] = row
        left = {key: row for key, row in before.items() if key not in own}
        self._rows = own | await self._not_seen_there(left)
        return sorted(self._rows.values(), key=lambda row: (row.received, row.key), reverse=True)

    async def body(self, key: MessageKey) -> Body | None:
        content = await self.raw(key)
        return None if content is None else await asyncio.to_thread(body_of, content)

    async def raw(self, key: MessageKey) -> bytes | None:
        for entry in await self._shelf.rows(Store.waiting_drafts):
            if key in entry.operation.keys:
                return await self._shelf.rows(Store.draft_content, entry)
        return None

    async def _row(self, entry: Entry) -> Message | None:
        content = await self._shelf.rows(Store.draft_content, entry)
        return None if content is None else await asyncio.to_thread(row_of, entry, content)

    async def _not_seen_there(
        self, rows: Mapping[MessageKey, Message]
    ) -> dict[MessageKey, Message]:
        """The server has them; the index does not have them yet."""
        if not rows:
            return {}
        keys = sorted(rows)
        over = {row.key for row in await self._shelf.rows(Store.messages, keys)}
        over |= await self._shelf.rows(Store.vanished, keys)
        for entry in await self._shelf.rows(Store.pending):
            # Given up, or on its way out again.
            over |= entry.operation.keys
        now = monotonic()
        self._due = {key: self._due.get(key, now + LONGEST_UNSEEN) for key in rows}
        over |= {key for key, due in self._due.items() if due <= now}
        return {key: row for key, row in rows.items() if key not in over}
