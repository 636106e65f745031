"""How many messages of the selected mailbox are unread."""

from typing import Self

from tuimail.backend.imap.pending import Pending
from tuimail.backend.imap.session import Selected, Session
from tuimail.wire.imap_commands import simple
from tuimail.wire.imap_responses import Found, Status, Untagged
from tuimail.wire.uid_set import count

_COUNT = "UID SEARCH RETURN (COUNT)"


class Unseen:
    """Asked beside other questions; not by STATUS, which is for other mailboxes.

    RFC 9051 6.3.11: servers need not answer it about the selected one, and some refuse it.
    """

    def __init__(self, session: Session, selected: Selected) -> None:
        self._session = session
        self._total = selected.total
        self._count: int | None = None
        self._listed = 0
        self._pending: Pending | None = None

    @classmethod
    async def ask(cls, session: Session, selected: Selected) -> Self:
        unseen = cls(session, selected)
        if selected.total and "ESEARCH" in session.line.capabilities:
            command = simple(f"{_COUNT} UNSEEN")
            unseen._pending = await session.optional.ask(_COUNT, command, unseen._hear_count)
        return unseen

    async def told(self) -> int:
        """0 where the server does not say it."""
        if not self._total:
            return 0
        answered = await self._session.optional.answered(_COUNT, self._pending)
        if not answered or self._count is None:
            await self._session.line.run(simple("UID SEARCH UNSEEN"), self._hear_list)
        return min(self._listed if self._count is None else self._count, self._total)

    def _hear_count(self, response: Untagged | Status) -> None:
        if isinstance(response, Found) and response.count is not None:
            self._count = response.count

    def _hear_list(self, response: Untagged | Status) -> None:
        if isinstance(response, Found):
            self._listed += count(response.uids)
