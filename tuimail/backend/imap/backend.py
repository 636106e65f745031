"""An IMAP account as the engine sees it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import assert_never

from tuimail.backend.base import PIECE, Alert, Refused, Unreachable
from tuimail.backend.imap.asking import quota_of, status_of
from tuimail.backend.imap.changes import find_changes
from tuimail.backend.imap.fetching import fetch_messages
from tuimail.backend.imap.idle import Rests, hear_news
from tuimail.backend.imap.lines import Lines
from tuimail.backend.imap.login import Secret
from tuimail.backend.imap.mailboxes import list_mailboxes
from tuimail.backend.imap.names import MailboxNames
from tuimail.backend.imap.operations import carry_out
from tuimail.backend.imap.performing import Ids
from tuimail.backend.imap.pieces import Wanted, message_pieces
from tuimail.backend.imap.session import Selected
from tuimail.backend.imap.settings import ImapSettings, Patience
from tuimail.model.mail import INBOX, MailboxName, MessageKey
from tuimail.model.operation import Append, Copy, Expunge, Move, Operation, StoreFlags
from tuimail.model.quota import Quota
from tuimail.model.sync import (
    NOWHERE,
    Bookmark,
    Changes,
    Fetched,
    Part,
    ServerId,
    ServerMailbox,
    Unlisted,
)
from tuimail.wire.imap_commands import sendable
from tuimail.wire.imap_errors import Unsendable

log = logging.getLogger(__name__)

__all__ = ["ImapBackend", "ImapSettings", "Patience"]

# So few whole messages are what a reader waits for: they do not stand behind a sync.
URGENT = 8
# Between looks for news where the server does not tell them.
PAUSE = 2 * 60.0


class ImapBackend:
    """One account over at most three connections (base.Backend)."""

    def __init__(
        self,
        settings: ImapSettings,
        secret: Secret,
        *,
        alert: Alert = lambda _: None,
        patience: Patience | None = None,
    ) -> None:
        self._host = settings.host
        self._everything = settings.everything
        self._patience = patience or Patience()
        self._lines = Lines(settings, secret, self._patience, alert)
        self._names = MailboxNames()
        self._selected: dict[MailboxName, Selected] = {}

    async def connect(self) -> None:
        await self._lines.connect()

    async def close(self) -> None:
        await self._lines.close()

    async def capabilities(self) -> frozenset[str]:
        """What the server says it can do for who is logged in."""
        async with self._lines.sync.use() as session:
            return await session.line.ask_capabilities()

    async def quota(self) -> Quota | None:
        """How full the storage of the inbox is, None where the server has no limit or no say."""
        async with self._lines.sync.use() as session:
            if "QUOTA" not in session.line.capabilities:
                return None
            return await quota_of(session.line, self._names.wire(INBOX))

    async def mailboxes(self) -> Sequence[ServerMailbox]:
        async with self._lines.sync.use() as session:
            await session.look_again()
            return await list_mailboxes(session, self._names, everything=self._everything)

    @property
    def unlisted(self) -> Unlisted:
        return self._names.unlisted

    async def changes(
        self, mailbox: MailboxName, since: Bookmark | None, known: Collection[int]
    ) -> Changes:
        wire_name = self._names.wire(mailbox)
        async with (
            self._lines.sync.use() as session,
            session.mailbox(mailbox, wire_name, fresh=True) as selected,
        ):
            self._selected[mailbox] = selected
            return await find_changes(session, selected, since, known)

    async def fetch(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int], part: Part
    ) -> AsyncIterator[Fetched]:
        urgent = part is Part.FULL and len(uids) <= URGENT
        line = self._lines.user() if urgent else self._lines.sync.use()
        wire_name = self._names.wire(mailbox)
        async with line as session:
            async for fetched in fetch_messages(
                session, mailbox, wire_name, uids, validity=validity, part=part
            ):
                yield fetched

    async def pieces(
        self, mailbox: MailboxName, validity: int, uid: int, *, start: int = 0, size: int = PIECE
    ) -> AsyncIterator[bytes]:
        wire_name = self._names.wire(mailbox)
        async with self._lines.user() as session:
            wanted = Wanted(mailbox, wire_name, validity, uid)
            async for piece in message_pieces(session, wanted, start, size):
                yield piece

    def accepts(self, operation: Operation) -> bool:
        if not isinstance(operation, StoreFlags):
            return True
        flags = operation.add | operation.remove
        selected = self._selected.get(operation.mailbox)
        return all(sendable(flag) and (not selected or selected.keeps(flag)) for flag in flags)

    async def checkpoint(self, operation: Operation) -> ServerId:
        match operation:
            case Move(target=target) | Copy(target=target) | Append(mailbox=target):
                async with self._lines.user() as session:
                    status = await status_of(session.line, self._names.wire(target))
                return ServerId(0, 1) if status is None else status.next_id
            case StoreFlags() | Expunge():
                return NOWHERE
            case _:
                assert_never(operation)

    async def perform(
        self,
        operation: Operation,
        ids: Ids,
        *,
        checkpoint: ServerId = NOWHERE,
        again: bool = False,
        content: bytes = b"",
    ) -> Mapping[MessageKey, ServerId | None]:
        try:
            async with self._lines.user() as session:
                return await carry_out(
                    session,
                    self._names,
                    operation,
                    ids,
                    checkpoint if again else None,
                    content=content,
                )
        except Unsendable as unsendable:
            raise Refused(f"This cannot be said to {self._host}: {unsendable}") from unsendable

    async def listen(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        rests = Rests(PAUSE)
        while True:
            began = time.monotonic()
            try:
                await self._hear_news(mailbox, tell)
            except Unreachable as loss:
                # Of this line alone, perhaps: some servers end it whenever somebody waits.
                if not await self._lines.sync.answers():
                    raise
                log.info("%s: waiting for news ended: %s", self._host, loss)
                await asyncio.sleep(rests.after(time.monotonic() - began))
            else:
                await asyncio.sleep(PAUSE)
            tell()

    async def _hear_news(self, mailbox: MailboxName, tell: Callable[[], None]) -> None:
        """Return where the server allows no line for it, or has no IDLE."""
        async with self._lines.idle() as session:
            if session is not None:
                wire_name = self._names.wire(mailbox)
                async with session.mailbox(mailbox, wire_name, fresh=True):
                    await hear_news(session.line, self._patience, tell)
