"""An outbox with a real store, a real postman and a sink; no IMAP, no process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tests.unit.engine.world import PATIENCE, WORK, Clock
from tuimail.backend.postman import Postman
from tuimail.backend.smtp.postman import SmtpPatience, SmtpPostman, SmtpSettings
from tuimail.engine.disk import Disk
from tuimail.engine.events import Event
from tuimail.engine.outbox import OutboxTask, Sending
from tuimail.engine.secret_keeper import SecretKeeper
from tuimail.model.mail import MessageKey
from tuimail.model.outbox import Letter, LetterState, Posting
from tuimail.model.safe_text import SafeText
from tuimail.store.store import AccountFolders, Store

CONTENT = (
    b"From: anna@example.org\r\nTo: bert@example.net\r\nMessage-ID: <one@example.org>\r\n"
    b"Subject: Budget\r\n\r\nThe figures.\r\n.\r\nBye.\r\n"
)
BERT = "bert@example.net"


def posting(
    *recipients: str, content: bytes = CONTENT, answers: MessageKey | None = None
) -> Posting:
    return Posting(
        sender="anna@example.org",
        recipients=recipients or (BERT,),
        message_id="one@example.org",
        subject=SafeText("Budget"),
        content=content,
        answers=answers,
    )


@dataclass
class Post:
    """One account's outbox; `news` is what its task told."""

    folder: Path
    port: int
    clock: Clock = field(default_factory=Clock)
    news: list[Event] = field(default_factory=list)
    filed: int = 0
    password: str | None = ""
    username: str = ""
    copy_after: timedelta | None = timedelta(0)

    def __post_init__(self) -> None:
        folders = AccountFolders(self.folder / "data", self.folder / "cache")
        self.disk = Disk(
            lambda: Store(WORK, folders, writer=True, clock=self.clock), "store of a test"
        )

    def task(self) -> OutboxTask:
        return OutboxTask(
            account=WORK,
            sending=self.sending(),
            disk=self.disk,
            keeper=SecretKeeper(self._find),
            publish=self.news.append,
            filed=self._count,
            clock=self.clock,
        )

    def sending(self) -> Sending | None:
        return Sending(self._open_postman, copy_after=self.copy_after)

    def _open_postman(self, secret: object) -> Postman:
        settings = SmtpSettings("127.0.0.1", self.port, "none", self.username)
        patience = SmtpPatience(opening=2, answer=2, verdict=2)
        return SmtpPostman(settings, secret, patience)  # type: ignore[arg-type]

    async def _find(self) -> str | None:
        return self.password

    def _count(self) -> None:
        self.filed += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[OutboxTask]:
        task = self.task()
        running = asyncio.create_task(task.run())
        try:
            yield task
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def queue(self, letter: Posting | None = None, hold: float = 0) -> Letter:
        wanted, not_before = letter or posting(), self.clock() + timedelta(seconds=hold)
        return await self.disk(lambda store: store.outbox.queue(wanted, not_before))

    async def letter(self, number: int = 1) -> Letter:
        found = await self.disk(lambda store: store.outbox.letter(number))
        assert found is not None
        return found

    async def until(self, *states: LetterState, number: int = 1, attempt: int = 0) -> Letter:
        """The letter, once it is in one of these states."""
        async with asyncio.timeout(PATIENCE):
            while True:
                letter = await self.letter(number)
                if letter.state in states and letter.attempt >= attempt:
                    return letter
                await asyncio.sleep(0.005)

    async def spooled(self) -> list[Path]:
        return sorted((self.folder / "data" / "outgoing").glob("*"))
