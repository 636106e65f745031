"""Drafts that the user keeps, on the server too: so that other devices can go on with them."""

import asyncio
from collections.abc import Mapping, Sequence

from tuimail.engine.commands import DropDraft, KeepDraft
from tuimail.engine.mail import CommandFailed
from tuimail.engine.roles import mailbox_for
from tuimail.engine.shelf import Shelf, Stamp
from tuimail.engine.writing import kept
from tuimail.model.mail import DRAFT, SEEN, AccountName, MessageKey, Role, slot_of
from tuimail.model.operation import Append, Entry
from tuimail.store.drafts import Earlier
from tuimail.store.store import Store

_FLAGS = frozenset({DRAFT, SEEN})


class DraftBox:
    """Records what the user wants of drafts, over all accounts.

    A POP3 server has no mailbox for them: they stay here.
    """

    def __init__(self, shelves: Mapping[AccountName, Shelf], stamp: Stamp) -> None:
        self._shelves = shelves
        self._stamp = stamp

    async def keep(self, command: KeepDraft) -> Sequence[Entry]:
        """The new version first among them; none where the draft stays here."""
        shelf = self._shelves.get(command.account)
        if shelf is None:
            raise CommandFailed(f"There is no account named {command.account}.")
        if shelf.is_maildrop:
            return ()
        id, content = await asyncio.to_thread(kept, command.name, command.draft, self._stamp)
        earlier = await self._earlier(shelf, command.name, command.origin)
        (key,) = await shelf.rows(Store.allot_keys, 1)
        append = Append(earlier.mailbox, MessageKey(key), _FLAGS, self._stamp(), id)
        return await shelf.rows(Store.put_draft, append, content, earlier)

    async def drop(self, command: DropDraft) -> dict[AccountName, list[Entry]]:
        """From wherever it was put: its sender may have become another one."""
        found = {}
        for name, shelf in self._shelves.items():
            if not shelf.is_maildrop:
                earlier = await self._earlier(shelf, command.name, command.origin)
                found[name] = await shelf.rows(
                    Store.take_out_draft, earlier, by_itself=command.by_itself
                )
        return found

    async def _earlier(self, shelf: Shelf, name: str, origin: MessageKey | None) -> Earlier:
        mailboxes = await shelf.rows(Store.mailboxes)
        box, trash = (
            mailbox_for(role, mailboxes, shelf.chosen) for role in (Role.DRAFTS, Role.TRASH)
        )
        if origin is None or slot_of(origin) != shelf.slot:
            return Earlier(name, box, trash)
        shown = await shelf.rows(Store.messages, [origin])
        where = shown[0].mailbox if shown else box
        return Earlier(name, box, trash, (where, origin))
