"""The demo server as a world; the fakes broken on purpose come in through its arguments."""

from collections.abc import Callable, Collection
from datetime import datetime

from tests.contract.world import Feature, Truth, World
from tuimail.backend.base import Backend
from tuimail.backend.demo.backend import DemoBackend, Secret
from tuimail.backend.demo.server import DemoServer
from tuimail.model.mail import INBOX, Flag, MailboxName

PASSWORD = "open sesame"
BEFORE, AFTER = 0, 1

MakeBackend = Callable[[DemoServer, Secret], DemoBackend]


def make_backend(server: DemoServer, secret: Secret) -> DemoBackend:
    return DemoBackend(server, secret=secret)


class DemoWorld(World):
    features = frozenset(Feature)
    cut_points = (BEFORE, AFTER)

    def __init__(self, server: DemoServer, make: MakeBackend = make_backend) -> None:
        self.server = server
        server.password = PASSWORD
        server.latency = 0.002
        self._make = make

    @classmethod
    async def open(cls, server: DemoServer, make: MakeBackend = make_backend) -> "DemoWorld":
        world = cls(server, make)
        world.backend = await world.new_client()
        await world.backend.connect()
        return world

    async def new_client(self, *, right_password: bool = True) -> Backend:
        async def secret() -> str:
            return PASSWORD if right_password else "open barley"

        return self._make(self.server, secret)

    async def deliver(
        self,
        content: bytes,
        mailbox: MailboxName = INBOX,
        flags: Collection[Flag] = (),
        received: datetime | None = None,
    ) -> int:
        return self.server.append(mailbox, content, flags, received).uid

    async def set_flags(
        self,
        mailbox: MailboxName,
        uid: int,
        add: Collection[Flag] = (),
        remove: Collection[Flag] = (),
    ) -> None:
        self.server.store(mailbox, [uid], add, remove)

    async def expunge(self, mailbox: MailboxName, *uids: int) -> None:
        self.server.expunge(mailbox, uids)

    async def move(self, mailbox: MailboxName, uid: int, target: MailboxName) -> None:
        self.server.move(mailbox, [uid], target)

    async def create(self, mailbox: MailboxName) -> None:
        self.server.create(mailbox)

    async def delete(self, mailbox: MailboxName) -> None:
        self.server.delete(mailbox)

    async def rename(self, mailbox: MailboxName, new_name: MailboxName) -> None:
        self.server.rename(mailbox, new_name)

    async def renumber(self, mailbox: MailboxName) -> None:
        self.server.renumber(mailbox)

    async def keep_keywords(self, mailbox: MailboxName, kept: bool) -> None:
        self.server.keep_keywords(mailbox, kept)

    async def truth(self, mailbox: MailboxName = INBOX) -> dict[int, Truth]:
        if not self.server.has_mailbox(mailbox):
            return {}
        return {
            uid: Truth(message.content, frozenset(message.flags), message.received)
            for uid, message in self.server.mailbox(mailbox).messages.items()
        }

    async def cut(self) -> None:
        self.server.cut()

    async def cut_during_next_operation(self, point: int) -> None:
        if point == BEFORE:
            self.server.lose_commands = 1
        else:
            self.server.lose_answers = 1

    async def mend(self) -> None:
        self.server.lose_commands = self.server.lose_answers = 0

    async def go_down(self) -> None:
        self.server.go_down()

    async def come_back(self) -> None:
        self.server.come_back()

    async def close(self) -> None:
        await self.backend.close()
