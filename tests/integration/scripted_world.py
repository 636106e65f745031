"""A whole engine in this process, over an account on a scripted IMAP server."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Self

from tests.integration.scripted_accounts import add_scripted_account
from tests.servers.scripted_imap import Box, ScriptedImap
from tests.servers.scripted_pop3 import ScriptedPop3
from tests.servers.scripted_smtp import ScriptedSmtp
from tests.unit.engine.world import keys_of, synced
from tuimail.config.load import load_accounts
from tuimail.config.paths import Paths
from tuimail.engine.accounts import setup_of
from tuimail.engine.channel import MemoryChannel
from tuimail.engine.engine import Engine, utc_now
from tuimail.engine.events import SyncFinished
from tuimail.engine.local import LocalMail
from tuimail.engine.mail import View
from tuimail.engine.shelf import LocalAccount
from tuimail.model.address import plain
from tuimail.model.mail import AccountName, MailboxName, MessageKey
from tuimail.wire.utf7 import decode_utf7

WORK = AccountName("work")

# A message as both sides know it: its Message-ID and its flags.
Known = tuple[str, frozenset[str]]


class ScriptedWorld:
    """The account `work`; its engine can be stopped and started, the screen stays."""

    def __init__(
        self,
        server: ScriptedImap | ScriptedPop3,
        outgoing: ScriptedSmtp | None = None,
        *,
        clock: Callable[[], datetime] = utc_now,
        more: str = "",
    ) -> None:
        """`more` are further tables of the account's file."""
        add_scripted_account(server, outgoing, more=more)
        self._clock = clock
        paths = Paths.from_environment()
        self._setups = [setup_of(paths, each) for each in load_accounts(paths)]
        own = (plain("u1@example.com"),) if outgoing is not None else ()
        self._accounts = [
            LocalAccount(each.name, each.folders, identities=own) for each in self._setups
        ]
        self._server = server
        self.start()

    def start(self) -> None:
        engine = Engine(lambda: self._setups, self._clock)
        self.engine = engine
        self.running = asyncio.create_task(engine.run())
        self.mail = LocalMail(self._accounts, MemoryChannel(engine), self._clock)

    async def stop(self) -> None:
        await self.mail.close()
        self.engine.stop()
        await self.running

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.stop()

    async def synced(self) -> SyncFinished:
        (finished,) = await synced(self.mail)
        return finished

    async def keys(self, *subjects: str) -> frozenset[MessageKey]:
        """In INBOX, and nowhere else."""
        everywhere = await keys_of(self.mail, *subjects)
        return everywhere & set(await self.mail.keys(View(WORK, MailboxName("INBOX"))))

    async def here(self, name: str) -> Counter[Known]:
        """What the screen shows of a mailbox, named as on the wire."""
        mailbox = MailboxName(decode_utf7(name.encode()))
        messages = await self.mail.messages(await self.mail.keys(View(WORK, mailbox)))
        return Counter((each.envelope.message_id, frozenset(each.flags)) for each in messages)

    def there(self, name: str) -> Counter[Known]:
        """What the server has, but for what is marked to be deleted."""
        assert isinstance(self._server, ScriptedImap)
        with self._server.lock:
            messages = list(self._server.boxes[name].messages.values())
        return Counter(
            (_message_id(each.header), frozenset(each.flags))
            for each in messages
            if r"\Deleted" not in each.flags
        )

    async def differences(self, boxes: dict[str, Box]) -> dict[str, tuple[object, object]]:
        """By mailbox, what only the screen and what only the server has."""
        found: dict[str, tuple[object, object]] = {}
        for name in list(boxes):
            here, there = await self.here(name), self.there(name)
            if here != there:
                found[name] = (dict(here - there), dict(there - here))
        return found


def _message_id(header: bytes) -> str:
    for line in header.decode("latin-1").split("\r\n"):
        if line.lower().startswith("message-id:"):
            return line.partition(":")[2].strip().strip("<>")
    return ""
