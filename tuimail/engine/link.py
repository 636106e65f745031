"""One account's store and its server, and what the tasks between them share."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from tuimail.backend.base import Backend
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event, JournalChanged, MailboxChanged, Progress
from tuimail.mime.worker import Parser
from tuimail.model.mail import AccountName, MailboxId
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Touched

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What came of the work since the last `Sync` was answered."""

    new: int = 0
    removed: int = 0
    flags_changed: int = 0
    pushed: int = 0
    here: int = 0
    mailboxes: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """`exchange` is held while what the server says and what the store holds must not part:
    from `changes` to `merge`, and from `perform` to `settle`. `removing` is told the UIDs of
    messages before they are deleted for good.
    """

    account: AccountName
    backend: Backend
    disk: Disk
    parser: Parser
    publish: Callable[[Event], None]
    clock: Callable[[], datetime]
    exchange: asyncio.Lock = field(default_factory=asyncio.Lock)
    tally: Tally = field(default_factory=Tally)
    removing: Callable[[Collection[int]], Awaitable[None]] | None = None

    def tell(self, touched: Touched) -> None:
        """Count what the server changed and say where."""
        self.tally.new += touched.arrived
        self.tally.removed += touched.removed
        self.tally.flags_changed += touched.flags_changed
        self.show(touched)

    def show(self, touched: Touched) -> None:
        for mailbox in touched.mailboxes:
            self.publish(MailboxChanged(MailboxId(self.account, mailbox)))

    def tell_journal(self) -> None:
        self.publish(JournalChanged(self.account))

    def tell_progress(self, what: str, done: int, total: int) -> None:
        self.publish(Progress(self.account, SafeText(what), done, total))
