"""A line and the mailbox selected on it, shared by those who want the same one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tuimail.backend.base import Refused
from tuimail.backend.imap.answers import check
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.optional import OptionalQuestions
from tuimail.model.mail import Flag, MailboxName
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import Bookmark
from tuimail.wire.imap import signed_number
from tuimail.wire.imap_commands import on_mailbox, simple
from tuimail.wire.imap_fetch import parse_flag, read_number
from tuimail.wire.imap_responses import Exists, Status, Untagged

MAX_NUMBER = (1 << 63) - 1
_CONDSTORE = "(CONDSTORE)"


@dataclass(slots=True)
class Selected:
    """A mailbox as SELECT told it; `permanent` None: every flag is kept.

    Numbers are as the server sent them; `validity` and `total` are None where it sent none that
    can be held, `next_uid` and `modseq` 0.
    """

    mailbox: MailboxName
    wire_name: bytes
    told_validity: int | None = None
    next_uid: int = 0
    modseq: int = 0
    told_total: int | None = None
    permanent: frozenset[Flag] | None = None
    read_only: bool = False

    @property
    def validity(self) -> int:
        return self.told_validity or 0

    @property
    def total(self) -> int:
        return self.told_total or 0

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
            self.told_total = response.total if response.total <= MAX_NUMBER else None
        elif isinstance(response, Status):
            self._hear_code(response.code.name, response.code.argument)

    def _hear_code(self, name: str, argument: str) -> None:
        match name:
            case "UIDVALIDITY":
                self.told_validity = signed_number(argument)
            case "UIDNEXT":
                self.next_uid = read_number(argument) or 0
            case "HIGHESTMODSEQ":
                self.modseq = read_number(argument) or 0
            case "PERMANENTFLAGS":
                words = argument.strip("()").split()
                self.permanent = frozenset(map(parse_flag, words[:1000]))

    def is_of(self, mailbox: MailboxName, validity: int | None) -> bool:
        return self.mailbox == mailbox and validity in (None, self.validity)

    @property
    def is_told(self) -> bool:
        """Whether the server has said what it must say of a mailbox."""
        return self.told_validity is not None and self.told_total is not None

    def check_validity(self, host: str) -> None:
        """Raise Refused where the server did not tell what tells messages apart."""
        if self.told_validity is None:
            raise Refused(
                f"{host} does not number the messages in {safe_line(self.mailbox, 100)}:"
                " it gives no UIDVALIDITY, or none of up to 63 bits"
            )

    def check_total(self, host: str) -> None:
        """Raise Refused where what is not listed would seem to be gone."""
        if self.told_total is None:
            shown = safe_line(self.mailbox, 100)
            raise Refused(f"{host} does not say how many messages are in {shown}")


class Session:
    """Only one mailbox is selected at a time; who wants another waits for its turn."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.optional = OptionalQuestions(line)
        self._selected: Selected | None = None
        self._users = 0
        self._free = asyncio.Event()
        self._free.set()
        self._turn = asyncio.Lock()

    @property
    def contended(self) -> bool:
        """Whether somebody waits for another mailbox, so that long work should pause."""
        return self._turn.locked()

    @property
    def selected(self) -> MailboxName | None:
        """Which mailbox is selected, if one is."""
        return self._selected.mailbox if self._selected else None

    @asynccontextmanager
    async def mailbox(
        self,
        mailbox: MailboxName,
        wire_name: bytes,
        *,
        fresh: bool = False,
        validity: int | None = None,
    ) -> AsyncIterator[Selected]:
        """`mailbox`, selected; `fresh` selects it anew, once nobody uses it.

        So does another `validity` than it had: a server tells UIDVALIDITY only at SELECT.

        What others did since it was selected is told by a NOOP in the same flight, or a
        message that just came would seem to be gone.
        """
        async with self._turn:
            selected = self._selected
            if fresh or selected is None or not selected.is_of(mailbox, validity):
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
        counted = "CONDSTORE" in self.line.capabilities and not self.optional.is_vain(_CONDSTORE)
        status = await self._try(selected, *((_CONDSTORE,) if counted else ()))
        if counted and (status.condition != "OK" or not selected.is_told):
            # The count of changes is a comfort (RFC 7162 3.1.8): the mailbox may open without.
            selected = Selected(mailbox, wire_name)
            status = await self._try(selected)
            if status.condition == "OK" and selected.is_told:
                self.optional.give_up(_CONDSTORE)
        check(status, self.line.host, f"to open {safe_line(mailbox, 100)}")
        selected.read_only = status.code.name == "READ-ONLY"
        selected.check_validity(self.line.host)
        self._selected = selected
        return selected

    async def _try(self, selected: Selected, *parameters: str) -> Status:
        command = on_mailbox("SELECT", selected.wire_name, *parameters)
        return await self.line.run(command, selected.hear)
