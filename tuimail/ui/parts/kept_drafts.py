"""Letters that are kept: on this machine's disk first, then in the server's mailbox for drafts."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from tuimail.engine.commands import DropDraft, KeepDraft
from tuimail.engine.mail import CommandFailed, Done
from tuimail.model.mail import AccountName, MailboxId, Message, Role
from tuimail.model.outbox import LetterState
from tuimail.model.safe_text import SafeText
from tuimail.ui.folders import serving
from tuimail.ui.letters.drafts import DraftFile, Drafts
from tuimail.ui.letters.writing import Own, Writing, digest, draft_so_far
from tuimail.ui.parts.desk import Desk

ELSEWHERE = "Changed, sent or deleted elsewhere; this is how it was kept here."
_THROWN_AWAY = SafeText("Thrown away")
# What the server has is not known to be what is here.
_PERHAPS = "perhaps"

Kept = tuple[DraftFile, Writing]


class KeptDrafts:
    """One file here and one message there stand for the same letter."""

    def __init__(self, desk: Desk, drafts: Drafts) -> None:
        self._desk = desk
        self._drafts = drafts

    async def begin(self, writing: Writing) -> DraftFile:
        return await asyncio.to_thread(self._drafts.begin, writing)

    async def all(self) -> list[Kept]:
        """Every letter that no other program has open, newest first."""
        accounts = list(await self._desk.mail.accounts())
        return await asyncio.to_thread(self._drafts.all, accounts)

    async def queued(self, account: AccountName, letter: int) -> Kept | None:
        """The one that is this letter of the outbox."""
        for file, writing in await self.all():
            if (writing.account, writing.letter) == (account, letter):
                return file, writing
        return None

    async def unsent(self) -> list[Kept]:
        """Drafts, and letters that were cancelled since, by whatever program."""
        letters = await self._desk.mail.outbox()
        cancelled = {
            (each.account, each.id) for each in letters if each.state is LetterState.CANCELLED
        }
        return [
            (file, writing)
            for file, writing in await self.all()
            if (writing.letter is None or (writing.account, writing.letter) in cancelled)
            and not await self._went_to_the_trash(file, writing)
        ]

    async def of_message(self, message: Message) -> Kept | None:
        """The letter here whose copy on the server that is."""
        own = [each for each in await self.all() if each[1].origin == message.key]
        unsent = [each for each in await self.unsent() if each[1].origin == message.key]
        if own and not unsent:
            key = self._desk.keymap.first_key("pending")
            raise CommandFailed(f"This letter is in the outbox already; {key} shows it.")
        if await asyncio.to_thread(self._drafts.is_open, message.account, message.key):
            raise CommandFailed("This draft is open in another window.")
        return unsent[0] if unsent else None

    async def notice(self, writing: Writing) -> str:
        """What is to be known before one goes on with it."""
        if writing.origin is None or writing.copied in ("", _PERHAPS):
            return ""
        return ELSEWHERE if await self._desk.mail.vanished([writing.origin]) else ""

    async def keep(self, file: DraftFile, writing: Writing) -> None:
        """What is on the server already is not put there again. Raises CommandFailed."""
        kept = replace(writing, open=False)
        if kept.origin is not None and kept.copied == digest(kept):
            await asyncio.to_thread(file.save, kept)
            if not await self._desk.mail.vanished([kept.origin]):
                return
        await asyncio.to_thread(file.save, replace(kept, copied=_PERHAPS))
        try:
            own: Own = {kept.account: await self._desk.mail.identities(kept.account)}
            draft = draft_so_far(kept, own)
            command = KeepDraft(kept.account, file.name, draft, kept.origin)
            done = await self._desk.mail.submit(command)
        except CommandFailed as failure:
            raise CommandFailed(f"Kept as a draft, on this machine only: {failure}") from failure
        if done.key is not None:
            there = replace(kept, origin=done.key, copied=digest(kept))
            await asyncio.to_thread(file.save, there)

    async def throw_away(
        self, file: DraftFile, writing: Writing, *, by_itself: bool = False
    ) -> Done:
        """Here and there; what was there can be had back."""
        undoable = False
        if writing.origin is not None or writing.copied:
            dropped = await self._desk.mail.submit(
                DropDraft(file.name, writing.origin, by_itself=by_itself)
            )
            undoable = dropped.undoable
        await asyncio.to_thread(file.remove)
        return Done(_THROWN_AWAY, undoable=undoable)

    async def forget(self, account: AccountName, letter: int) -> None:
        """That letter was sent: its draft has served."""
        found = await self.queued(account, letter)
        if found is not None:
            # Somebody else may have thrown it away already.
            with suppress(CommandFailed):
                await self.throw_away(*found, by_itself=True)

    async def _went_to_the_trash(self, file: DraftFile, writing: Writing) -> bool:
        """Whoever threw away the server's copy meant the draft; all of it is there in the trash."""
        if writing.origin is None or writing.open or writing.copied != digest(writing):
            return False
        for message in await self._desk.mail.messages([writing.origin]):
            where = MailboxId(message.account, message.mailbox)
            boxes = await self._desk.mail.mailboxes()
            if any(box.id == where for box in serving(Role.TRASH, boxes)):
                with suppress(CommandFailed):
                    await asyncio.to_thread(file.remove)
                return True
        return False
