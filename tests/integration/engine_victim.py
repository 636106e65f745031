"""A user who acts, an engine that is killed, another client that interferes, and a judge."""

import asyncio
import hashlib
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.builders import letter
from tests.integration.cli_program import add_account
from tests.integration.engine_process import forget_deaths, place, wait_until_gone
from tests.servers.mail_user import MailUser
from tuimail.config.paths import Paths
from tuimail.engine.channel import NoEngine
from tuimail.engine.commands import Archive, Command, Copy, Delete, Mark, Move, Sync
from tuimail.engine.engine_channel import EngineChannel
from tuimail.engine.events import SyncFinished
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import (
    FLAGGED,
    INBOX,
    SEEN,
    AccountName,
    Flag,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
)
from tuimail.model.operation import Copy as CopyOperation
from tuimail.store.store import AccountFolders

WORK = AccountName("work")
ARCHIVE = MailboxName("Archive")
TRASH = MailboxName("Trash")
LISTS = MailboxName("Lists")
PATIENCE = 60.0
DIED = 137

# Content, mailbox, flags: what must agree in the end.
Standing = tuple[str, str, frozenset[str]]


def account() -> LocalAccount:
    paths = Paths.from_environment()
    folders = AccountFolders(paths.account_data(WORK), paths.account_cache(WORK))
    return LocalAccount(WORK, folders)


@asynccontextmanager
async def silent_mail() -> AsyncIterator[LocalMail]:
    """The user's hands: everything is recorded, no engine is rung."""
    mail = LocalMail([account()], NoEngine())
    try:
        yield mail
    finally:
        await mail.close()


async def sync() -> SyncFinished:
    """Let an engine bring both sides together."""
    mail = LocalMail([account()], EngineChannel(place(grace=0.2)))
    try:
        async with asyncio.timeout(PATIENCE), mail.subscribe() as news:
            await mail.submit(Sync())
            async for event in news:
                if isinstance(event, SyncFinished):
                    return event
    finally:
        await mail.close()
        await asyncio.to_thread(wait_until_gone)
    raise AssertionError("the news ended")


async def run_and_kill(seconds: float, failpoint: str = "") -> bool:
    """Run an engine until it is killed; whether it died before that, at `failpoint`."""
    forget_deaths()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tuimail.engine.run", "--foreground", "--grace", "60"),
        env={**os.environ, "TUIMAIL_FAIL": failpoint},
    )
    try:
        async with asyncio.timeout(seconds):
            return await process.wait() == DIED
    except TimeoutError:
        return False
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        forget_deaths()


async def local_mail() -> dict[MessageKey, Message]:
    async with silent_mail() as mail:
        messages = await mail.messages(await mail.keys(View(WORK)))
        return {message.key: message for message in messages}


async def local_standing() -> Counter[tuple[str, int | None, frozenset[str], str]]:
    """What is shown: mailbox, UID, flags, content."""
    async with silent_mail() as mail:
        found: Counter[tuple[str, int | None, frozenset[str], str]] = Counter()
        for message in await mail.messages(await mail.keys(View(WORK))):
            raw = await mail.raw(message.key)
            content = hashlib.sha256(raw).hexdigest() if isinstance(raw, bytes) else "not here"
            found[message.mailbox, message.uid, message.flags, content] += 1
        return found


def server_standing(user: MailUser) -> Counter[tuple[str, int | None, frozenset[str], str]]:
    """The same, read from the server by other code."""
    return Counter((each.mailbox, each.uid, each.flags, each.sha256) for each in user.letters())


@dataclass
class Victim:
    """The user's letters, what the user did to them, and so what must come of them.

    `fate` knows every message by its key; `others` are letters that only the other client
    touches, by content.
    """

    user: MailUser
    chance: random.Random
    fate: dict[MessageKey, Standing] = field(default_factory=dict)
    others: dict[str, Standing] = field(default_factory=dict)

    async def prepare(self, count: int) -> None:
        add_account(self.user)
        for number in range(count):
            self.user.deliver(letter(f"Letter {number}"))
        with self.user.imap() as connection:
            connection.create(LISTS)
        assert (await sync()).exit == 0
        for key, message in (await local_mail()).items():
            content = next(each.sha256 for each in self.user.letters() if each.uid == message.uid)
            self.fate[key] = (content, message.mailbox, frozenset(message.flags))

    async def act(self) -> None:
        """Something that a user may do to a few of the letters."""
        async with silent_mail() as mail:
            count = self.chance.randint(1, 4)
            keys = frozenset(self.chance.sample(sorted(self.fate), count))
            command = self._command(keys)
            await mail.submit(command)
            self._foresee(command)
            if isinstance(command, Copy):
                await self._name_copies(mail)

    def interfere(self) -> None:
        """Something that another client may do to its own letters."""
        match self.chance.randrange(3):
            case 0:
                self.deliver()
            case 1 if self.others:
                self._flag()
            case 2 if self.others:
                self._expunge()

    async def judge(self) -> None:
        """Both sides agree, and with what the user did: nothing lost, doubled or mistaken."""
        report = await sync()
        assert (report.exit, report.pending, report.parked) == (0, 0, 0), report
        on_server = server_standing(self.user)
        expected = Counter([*self.fate.values(), *self.others.values()])
        found = Counter(
            (content, mailbox, flags)
            for (mailbox, _, flags, content), count in on_server.items()
            for _ in range(count)
        )
        assert found == expected
        assert await local_standing() == on_server
        shown = await local_mail()
        assert {key: shown[key].mailbox for key in self.fate} == {
            key: mailbox for key, (_, mailbox, _) in self.fate.items()
        }

    def _command(self, keys: frozenset[MessageKey]) -> Command:
        # What is in the trash would be deleted for good, in ten minutes.
        deletable = frozenset(key for key in keys if self.fate[key][1] != TRASH)
        flag = self.chance.choice([SEEN, FLAGGED, Flag("$Work")])
        return self.chance.choice(
            [
                Archive(keys),
                Move(keys, MailboxId(WORK, LISTS)),
                Move(keys, MailboxId(WORK, INBOX)),
                Copy(keys, MailboxId(WORK, LISTS)),
                Delete(deletable) if deletable else Archive(keys),
                Mark(keys, add=frozenset({flag})),
                Mark(keys, remove=frozenset({flag})),
            ]
        )

    def _foresee(self, command: Command) -> None:
        match command:
            case Archive(keys=keys):
                self._move(keys, ARCHIVE)
            case Delete(keys=keys):
                self._move(keys, TRASH)
            case Move(keys=keys, target=target):
                self._move(keys, target.name)
            case Mark(keys=keys, add=add, remove=remove):
                for key in keys:
                    content, mailbox, flags = self.fate[key]
                    self.fate[key] = (content, mailbox, flags - remove | add)
            case _:
                pass

    def _move(self, keys: frozenset[MessageKey], target: MailboxName) -> None:
        for key in keys:
            content, _, flags = self.fate[key]
            self.fate[key] = (content, target, flags)

    async def _name_copies(self, mail: LocalMail) -> None:
        newest, *_ = await mail.history(1)
        for entry in await mail.history(20):
            operation = entry.operation
            if entry.group == newest.group and isinstance(operation, CopyOperation):
                for source, copy in zip(operation.sources, operation.copies, strict=True):
                    content, _, flags = self.fate[source]
                    self.fate[copy] = (content, operation.target, flags)

    def deliver(self) -> None:
        """A letter comes that the user leaves alone."""
        raw = letter(f"From elsewhere {len(self.others)}")
        self.user.deliver(raw)
        content = hashlib.sha256(raw).hexdigest()
        self.others[content] = (content, INBOX, frozenset())

    def _flag(self) -> None:
        content = self.chance.choice(sorted(self.others))
        with self.user.imap() as connection:
            connection.select("INBOX")
            connection.uid("STORE", self._uid(content), "+FLAGS", r"(\Answered)")
        self.others[content] = (content, INBOX, frozenset({"\\Answered"}))

    def _expunge(self) -> None:
        content = self.chance.choice(sorted(self.others))
        with self.user.imap() as connection:
            connection.select("INBOX")
            uid = self._uid(content)
            connection.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
            connection.uid("EXPUNGE", uid)
        del self.others[content]

    def _uid(self, content: str) -> str:
        return str(next(each.uid for each in self.user.letters() if each.sha256 == content))
