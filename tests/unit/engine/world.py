"""A whole engine over a server in memory: real stores, real parser, no network, no process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

from tuimail.backend.demo.backend import DemoBackend
from tuimail.backend.demo.server import DemoServer
from tuimail.engine.account import AccountSetup
from tuimail.engine.bodies import EVERYTHING, BodyPolicy
from tuimail.engine.channel import MemoryChannel
from tuimail.engine.commands import Sync
from tuimail.engine.engine import Engine
from tuimail.engine.events import Event, SyncFinished
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.engine.shelf import LocalAccount
from tuimail.model.mail import INBOX, AccountName, MailboxName, Message, MessageKey
from tuimail.store.store import AccountFolders

WORK = AccountName("work")
ARCHIVE = MailboxName("Archive")
TRASH = MailboxName("Trash")
PATIENCE = 15.0

T = TypeVar("T")


class Clock:
    """Real time, which a test may push forward."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class World:
    """Accounts, each with a server in memory; an engine that can be started and stopped."""

    def __init__(self, folder: Path, *names: AccountName) -> None:
        self.folder = folder
        self.clock = Clock()
        self.servers = {name: DemoServer() for name in names or (WORK,)}
        self.passwords: dict[AccountName, str | None] = {}
        self.by_token = False
        self.policy: BodyPolicy = EVERYTHING
        self._stack = AsyncExitStack()
        self._engine: Engine | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def server(self) -> DemoServer:
        return self.servers[WORK]

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    def folders(self, name: AccountName = WORK) -> AccountFolders:
        return AccountFolders(self.folder / "data" / name, self.folder / "cache" / name)

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()
        if self._running is not None:
            await self.stop()

    def start(self) -> None:
        self._engine = Engine(self.setups, self.clock)
        self._running = asyncio.create_task(self._engine.run())

    def setups(self) -> list[AccountSetup]:
        return [self._setup(name) for name in self.servers]

    async def stop(self) -> None:
        assert self._running is not None
        self.engine.stop()
        await self._running
        self._running = None

    async def mail(self) -> LocalMail:
        """Another screen; closed at the end."""
        accounts = [LocalAccount(name, self.folders(name)) for name in self.servers]
        mail = LocalMail(accounts, MemoryChannel(self.engine), self.clock)
        self._stack.push_async_callback(mail.close)
        return mail

    def _setup(self, name: AccountName) -> AccountSetup:
        async def password() -> str | None:
            return self.passwords.get(name, "")

        return AccountSetup(
            name=name,
            folders=self.folders(name),
            open_backend=lambda secret, _: DemoBackend(self.servers[name], secret=secret),
            find_secret=password,
            token=self.by_token,
            policy=self.policy,
        )

    # What the server has.

    def on_server(self, mailbox: MailboxName = INBOX, name: AccountName = WORK) -> list[bytes]:
        if not self.servers[name].has_mailbox(mailbox):
            return []
        messages = self.servers[name].mailbox(mailbox).messages.values()
        return sorted(message.content for message in messages)


@asynccontextmanager
async def hearing(mail: LocalMail) -> AsyncIterator[AsyncIterator[Event]]:
    async with mail.subscribe() as news, asyncio.timeout(PATIENCE):
        yield news


async def synced(mail: LocalMail) -> list[SyncFinished]:
    """Sync all accounts; what each came to."""
    waiting = set(await mail.accounts())
    finished = []
    async with hearing(mail) as news:
        await mail.submit(Sync())
        async for event in news:
            if isinstance(event, SyncFinished):
                waiting.discard(event.account)
                finished.append(event)
            if not waiting:
                return finished
    raise AssertionError("the news ended")


async def heard(mail: LocalMail, kind: type[T], act: Callable[[], Awaitable[object]]) -> T:
    """The first news of this kind after `act`."""
    async with hearing(mail) as news:
        await act()
        async for event in news:
            if isinstance(event, kind):
                return event
    raise AssertionError("the news ended")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return when it holds; news have no order that a test could rely on."""
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 (whatever the condition is)
            await asyncio.sleep(0.01)


async def pushed(mail: LocalMail) -> None:
    """Return when nothing is pending."""

    async def nothing_pending() -> bool:
        return not await mail.pending()

    await until(nothing_pending)


async def shown(mail: LocalMail, mailbox: MailboxName = INBOX) -> list[Message]:
    keys = await mail.keys(View(WORK, mailbox))
    return list(await mail.messages(keys))


async def subjects(mail: LocalMail, mailbox: MailboxName = INBOX) -> list[str]:
    return sorted(message.envelope.subject for message in await shown(mail, mailbox))


async def keys_of(mail: LocalMail, *wanted: str) -> frozenset[MessageKey]:
    """The keys of the messages with these subjects, wherever they are."""
    keys = await mail.keys(View(WORK))
    messages = await mail.messages(keys)
    return frozenset(each.key for each in messages if each.envelope.subject in wanted)


def by_subject(contents: Sequence[bytes]) -> list[str]:
    return sorted(
        line.removeprefix(b"Subject: ").decode()
        for content in contents
        for line in content.split(b"\r\n")
        if line.startswith(b"Subject: ")
    )
