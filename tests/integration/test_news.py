"""A real server tells an engine of a letter, at whatever step of a visit it arrives."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import letter
from tests.integration.imap_accounts import backend_of, connected
from tests.servers.dovecot import Dovecot
from tests.servers.mail_user import MailUser
from tuimail.backend.imap import idle
from tuimail.backend.imap.line import Line
from tuimail.backend.imap.pending import Collector, Pending
from tuimail.engine.account import AccountSetup
from tuimail.engine.channel import MemoryChannel
from tuimail.engine.engine import Engine
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import INBOX, AccountName
from tuimail.store.store import AccountFolders
from tuimail.wire.imap_commands import Command
from tuimail.wire.imap_responses import Status

WORK = AccountName("work")
# A second is what it takes when both machines are quick; a busy one may need more.
SOON = 2.5
ALL_STEPS = 1.5


class Steps:
    """Every command to a server and every answer is a step; at one of them something happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[str] = []
        self._at = -1
        self._act: Callable[[], None] = lambda: None
        start, finish, go_on = Line.start, Line._finish, Line._continue

        async def started(
            line: Line,
            command: Command,
            collector: Collector | None = None,
            *,
            patient: bool = False,
        ) -> Pending:
            self._step(command.shown)
            return await start(line, command, collector, patient=patient)

        def finished(line: Line, status: Status) -> None:
            finish(line, status)
            self._step(f"the answer {status.condition}")

        def went_on(line: Line, text: bytes) -> None:
            go_on(line, text)
            self._step("the answer +")

        monkeypatch.setattr(Line, "start", started)
        monkeypatch.setattr(Line, "_finish", finished)
        monkeypatch.setattr(Line, "_continue", went_on)

    def begin(self, at: int = -1, act: Callable[[], None] = lambda: None) -> None:
        self.taken, self._at, self._act = [], at, act

    def _step(self, name: str) -> None:
        if len(self.taken) == self._at:
            self._act()
        self.taken.append(name)


@asynccontextmanager
async def engine_for(user: MailUser, folder: Path) -> AsyncIterator[LocalMail]:
    folders = AccountFolders(folder / "data", folder / "cache")

    async def secret() -> str:
        return user.password

    setup = AccountSetup(WORK, folders, lambda *_: backend_of(user), secret)
    engine = Engine(lambda: [setup])
    running = asyncio.create_task(engine.run())
    mail = LocalMail([LocalAccount(WORK, folders)], MemoryChannel(engine))
    try:
        yield mail
    finally:
        await mail.close()
        engine.stop()
        await running


async def comes(mail: LocalMail, subject: str) -> bool:
    """Whether that letter is here soon."""
    try:
        async with asyncio.timeout(SOON):
            while True:
                messages = await mail.messages(await mail.keys(View(WORK, INBOX)))
                if any(message.envelope.subject == subject for message in messages):
                    return True
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False


@pytest.mark.parametrize("known", [False, True])
async def test_a_letter_is_told_at_whatever_step_it_arrives(
    known: bool, dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either the mailbox is a new one, or all of it was known before."""
    steps = Steps(monkeypatch)
    account = MailUser(dovecot, dovecot.new_user())

    async def visit(at: int) -> bool | None:
        """None if it has not so many steps."""
        user = account if known else MailUser(dovecot, dovecot.new_user())
        arrived = asyncio.Event()

        def deliver() -> None:
            user.deliver(letter(f"Letter {at}"))
            arrived.set()

        steps.begin(at, deliver)
        async with engine_for(user, tmp_path / user.name) as mail:
            try:
                await asyncio.wait_for(arrived.wait(), ALL_STEPS)
            except TimeoutError:
                return None
            return await comes(mail, f"Letter {at}")

    assert await visit(0)
    at, lost = 0, []
    while (told := await visit(at)) is not None:
        if not told:
            lost.append((at, steps.taken[at]))
        at += 1
    assert "IDLE" in steps.taken
    assert not lost


async def test_what_comes_in_the_moment_of_another_letter_is_told(mail_user: MailUser) -> None:
    """Dovecot has read the Maildir of that time, and tells more to none but another IDLE."""
    cur = mail_user.maildir() / "cur"
    told = asyncio.Event()
    async with connected(mail_user) as backend:
        mail_user.deliver(letter("First"))
        listening = asyncio.create_task(backend.listen(INBOX, told.set))
        await asyncio.wait_for(told.wait(), 10)
        told.clear()
        read = cur.stat()
        mail_user.deliver(letter("Late"))
        os.utime(cur, ns=(read.st_atime_ns, read.st_mtime_ns))
        await asyncio.wait_for(told.wait(), idle.SOON + 2)
        listening.cancel()
        await asyncio.wait([listening])
