"""An account from one protocol to the other, without ever holding fewer messages than before.

Copies first, checks by hash, and only then writes the settings: until then the account works
as it did, and a conversion that was interrupted goes on where it stopped.
"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tuimail.backend.maildir.backend import MaildirBackend
from tuimail.backend.maildir.maildir import Maildir
from tuimail.config.paths import Paths
from tuimail.config.save import replace_account
from tuimail.config.schema import AccountConfig, FolderNames
from tuimail.engine.accounts import Secret, maildir_of, open_backend, placeholders_of
from tuimail.engine.copies import Tell
from tuimail.engine.download import Download, Here, begin, end, inbox_of
from tuimail.engine.purposes import as_mailboxes
from tuimail.engine.roles import mailbox_for
from tuimail.engine.upload import ROLES, Upload
from tuimail.model.sync import ServerMailbox
from tuimail.model.uid import uid_of
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import copied
from tuimail.store.store import AccountFolders, Store


@dataclass(frozen=True, slots=True)
class Converted:
    """How many messages were found on the other side, and where the old settings are."""

    messages: int
    old_settings: Path


@dataclass(frozen=True, slots=True)
class Conversion:
    """From `old` to `new`; no engine may run meanwhile.

    Everything raises what a backend raises, StoreError and ConfigError.
    """

    paths: Paths
    old: AccountConfig
    new: AccountConfig
    secret: Secret
    tell: Tell

    async def run(self, now: datetime) -> Converted:
        if self.new.protocol == "imap":
            return await self._to_imap()
        return await self._to_pop3(now)

    async def pending(self) -> int:
        """How many changes no server has heard of yet, or has refused."""

        def count() -> int:
            with self._store() as store:
                return len(store.pending())

        return await asyncio.to_thread(count)

    async def _to_imap(self) -> Converted:
        on_server = await asyncio.to_thread(self._on_server)
        # Without placeholders: what they stand for is on the server.
        maildir = maildir_of(self.paths, self.old)
        here = MaildirBackend(maildir, self.old.folders.by_role())
        server = open_backend(self.paths, self.new, self.secret)
        try:
            await here.connect()
            await server.connect()
            chosen = self.new.folders.by_role()
            count = await Upload(here, server, chosen, on_server, self.tell).run()
        finally:
            await server.close()
            await here.close()
        await asyncio.to_thread(end, self._maildir)
        switched = await asyncio.to_thread(self._switch, self.new)
        held = placeholders_of(self.paths, self.old).root
        await asyncio.to_thread(shutil.rmtree, held, ignore_errors=True)
        return Converted(count, switched)

    async def _to_pop3(self, now: datetime) -> Converted:
        await asyncio.to_thread(begin, self._maildir)
        server = open_backend(self.paths, self.old, self.secret)
        try:
            await server.connect()
            found = await Download(server, self._maildir, self.tell).run()
            folders = _folders(self.new, await server.mailboxes())
        finally:
            await server.close()
        await asyncio.to_thread(self._note_copied, found, now)
        failpoint("before_convert_switch")
        switched = replace(self.new, folders=folders)
        kept = await asyncio.to_thread(self._switch, switched)
        await asyncio.to_thread(end, self._maildir)
        return Converted(len(found), kept)

    @property
    def _maildir(self) -> Maildir:
        return Maildir(self.paths.account_mail(self.old.name))

    def _store(self) -> Store:
        name = self.old.name
        folders = AccountFolders(self.paths.account_data(name), self.paths.account_cache(name))
        return Store(name, folders, writer=False)

    def _on_server(self) -> set[int]:
        with self._store() as store:
            drops = store.maildrop.drops()
        return {uid_of(drop.name) for drop in drops if drop.here and drop.on_server}

    def _note_copied(self, found: Sequence[Here], now: datetime) -> None:
        """What the server's INBOX holds is here: it must not be delivered a second time."""
        with self._store() as store:
            store.maildrop.begin_anew(
                [
                    copied(number, here.sha256, here.file.name.unique, here.size, now)
                    for number, here in enumerate(inbox_of(found), 1)
                ]
            )

    def _switch(self, account: AccountConfig) -> Path:
        """The cache goes first: it describes the account as it was."""
        shutil.rmtree(self.paths.account_cache(account.name), ignore_errors=True)
        failpoint("in_convert_switch")
        return replace_account(self.paths, account)


def _folders(account: AccountConfig, listed: Sequence[ServerMailbox]) -> FolderNames:
    """The mailboxes that serve a purpose on the server go on doing so here."""
    chosen = account.folders.by_role()
    there = as_mailboxes(listed)
    names = {mailbox.name for mailbox in there}
    found = {role: mailbox_for(role, there, chosen) for role in ROLES}
    return FolderNames(
        **{role.value: name for role, name in found.items() if name in names or role in chosen}
    )
