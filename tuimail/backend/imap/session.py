"""A line and the mailbox selected on it, shared by those who want the same one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.model.mail import Flag, MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Bookmark
from tuimail.wire.imap_commands import on_mailbox, simple
from tuimail.wire.imap_errors import ProtocolError
from tuimail.wire.imap_fetch import parse_flag
from tuimail.wire.imap_responses import Exists, Status, Untagged
from tuimail.wire.uid_set import MAX_UID

MAX_MODSEQ = (1 << 63) - 1


@dataclass(slots=True)
class Selected:
    """A mailbox as SELECT told it; `permanent` None: every flag is kept."""

    mailbox: MailboxName
    wire_name: bytes
    validity: int = 0
    next_uid: int = 0
    modseq: int = 0
    total: int = 0
    permanent: frozenset[Flag] | None = None
    read_only: bool = False

    @property
    def keywords_kept(self) -> bool:
        return self.permanent is None or Flag("\\*") in self.permanent

    def keeps(self, flag: Flag) -> bool:
        """Whether the server stores `flag` here."""
        if self.permanent is None or flag in self.permanent:
            return True
        return self.keywords_kept and not flag.startswith("\\")

    @property
    def bookmark(self) -> Bookmark:
        return Bookmark(self.validity, self.next_uid, self.modseq, self.total)

    def hear(self, response: Untagged | Status) -> None:
        if isinstance(response, Exists):
            self.total = response.total
        elif isinstance(response, Status):
            self._hear_code(response.code.name, response.code.argument)

    def _hear_code(self, name: str, argument: str) -> None:
        match name:
            case "UIDVALIDITY":
                self.validity = _number(argument, MAX_UID)
            case "UIDNEXT":
                self.next_uid = _number(argument, MAX_UID)
            case "HIGHESTMODSEQ":
                self.modseq = _number(argument, MAX_MODSEQ)
            case "PERMANENTFLAGS":
                words = argument.strip("()").split()
                self.permanent = frozenset(map(parse_flag, words[:1000]))


def _number(argument: str, limit: int) -> int:
    if not (argument.isascii() and argument.isdigit() and len(argument) <= 19):
        raise ProtocolError("an unreadable number")
    return min(int(argument), limit)


class Session:
    """Only one mailbox is selected at a time; who wants another waits for its turn."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self._selected: Selected | None = None
        self._users = 0
        self._free = asyncio.Event()
        self._free.set()
        self._turn = asyncio.Lock()

    @property
    def contended(self) -> bool:
        """Whether somebody waits for another mailbox, so that long work should pause."""
        return self._turn.locked()

    @asynccontextmanager
    async def mailbox(
        self, mailbox: MailboxName, wire_name: bytes, *, fresh: bool = False
    ) -> AsyncIterator[Selected]:
        """`mailbox`, selected; `fresh` selects it anew, once nobody uses it.

        What others did since it was selected is told by a NOOP in the same flight, or a
        message that just came would seem to be gone.
        """
        async with self._turn:
            selected = self._selected
            if fresh or selected is None or selected.mailbox != mailbox:
                await self._free.wait()
                selected = await self._select(mailbox, wire_name)
            else:
                await self.line.start(simple("NOOP"))
            self._users += 1
            self._free.clear()
        try:
            yield selected
        finally:
            self._users -= 1
            if not self._users:
                self._free.set()

    async def look_again(self) -> None:
        """Have the server notice what others did to the selected mailbox.

        Its STATUS is else that of when it was last looked at (RFC 9051 6.3.11). Nothing
        selected is the same (RFC 3691), and needs no waiting.
        """
        async with self._turn:
            if self._selected is None:
                return
            if self._users or "UNSELECT" not in self.line.capabilities:
                await self.line.run(simple("NOOP"))
                return
            self._selected = None
            await self.line.start(simple("UNSELECT"))

    async def _select(self, mailbox: MailboxName, wire_name: bytes) -> Selected:
        self._selected = None
        selected = Selected(mailbox, wire_name)
        condstore = ("(CONDSTORE)",) if "CONDSTORE" in self.line.capabilities else ()
        command = on_mailbox("SELECT", wire_name, *condstore)
        status = await self.line.run(command, selected.hear)
        shown = safe_line(mailbox, 100)
        check(status, self.line.host, f"to open {shown}")
        selected.read_only = status.code.name == "READ-ONLY"
        if not selected.validity:
            raise Refused(f"{self.line.host} does not number the messages in {shown}")
        self._selected = selected
        return selected
