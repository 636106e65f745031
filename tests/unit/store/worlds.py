"""A store, a server that it is kept in step with, and a clock, for tests of the store."""

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from unittest import mock

from tests.unit.store.fake_server import EPOCH, InDoubt, Server, Token
from tuimail.model.address import Address
from tuimail.model.mail import (
    INBOX,
    AccountName,
    Envelope,
    Flag,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Order,
    Role,
)
from tuimail.model.operation import Copy, Entry, Operation
from tuimail.model.query import parse_query
from tuimail.model.safe_text import SafeText
from tuimail.model.sync import NOWHERE, Bookmark, Changes, ServerId, ServerMailbox
from tuimail.store import store as store_module
from tuimail.store.store import AccountFolders, Delivery, Store

ACCOUNT = AccountName("work")
ARCHIVE, TRASH = MailboxName("Archive"), MailboxName("Trash")
ROLES = {INBOX: Role.INBOX, ARCHIVE: Role.ARCHIVE, TRASH: Role.TRASH}


def delivery(
    uid: int,
    subject: str = "Budget",
    *,
    sender: tuple[str, str] = ("Anna Meyer", "anna@example.org"),
    to: tuple[str, str] = ("Józef Kowalski", "jozef@example.net"),
    flags: Iterable[Flag] = (),
    received: datetime = EPOCH,
    size: int = 1000,
    validity: int = 1,
    message_id: str | None = None,
    references: tuple[str, ...] = (),
    attachments: tuple[str, ...] = (),
) -> Delivery:
    """A message as the engine delivers it."""
    return Delivery(
        uid=uid,
        validity=validity,
        flags=frozenset(flags),
        received=received,
        size=size,
        envelope=Envelope(
            subject=SafeText(subject),
            from_=(Address(SafeText(sender[0]), SafeText(sender[1])),),
            to=(Address(SafeText(to[0]), SafeText(to[1])),),
            message_id=f"{uid}@example.org" if message_id is None else message_id,
            references=references,
        ),
        attachments=tuple(map(SafeText, attachments)),
    )


class World:
    """The engine's part is played by `pull` and `push`."""

    def __init__(self, folder: Path) -> None:
        self.folders = AccountFolders(folder / "data" / "work", folder / "cache" / "work")
        self.now = EPOCH
        self.server = Server()
        self.store = self.open()
        self.token_of: dict[MessageKey, Token] = {}
        self.list_mailboxes()

    def open(self, *, writer: bool = True) -> Store:
        return Store(ACCOUNT, self.folders, writer=writer, clock=lambda: self.now)

    def reopen(self) -> None:
        self.store.close()
        self.store = self.open()

    def list_mailboxes(self) -> None:
        for name in ROLES:
            self.server.box(name)
        self.store.merge_mailboxes([ServerMailbox(name, role) for name, role in ROLES.items()])

    def hold(
        self, deliveries: Iterable[Delivery], mailbox: MailboxName = INBOX
    ) -> list[MessageKey]:
        """Let the store have these messages, as after a pull."""
        deliveries = list(deliveries)
        reached = Bookmark(1, max(d.uid for d in deliveries) + 1, 0, len(deliveries))
        self.store.bookmark(mailbox)
        self.store.merge(mailbox, Changes(reached, arrived=[d.uid for d in deliveries]))
        keys = self.store.deliver(mailbox, deliveries)
        self.store.finish_pull(mailbox, reached)
        return keys

    def pull(self, *names: MailboxName) -> None:
        for name in names or tuple(ROLES):
            self.begin_pull(name)
            self.store.finish_pull(name, self.server.bookmark(name))

    def begin_pull(self, name: MailboxName) -> list[MessageKey]:
        """All of a pull but its end."""
        changes = self.server.changes(name, self.store.bookmark(name), self.store.known(name))
        self.store.merge(name, changes)
        arrived = [self.server.delivery(name, uid) for uid in changes.arrived]
        keys = self.store.deliver(name, arrived)
        tokens = [self.server.box(name).messages[uid] for uid in changes.arrived]
        self.token_of |= dict(zip(keys, tokens, strict=True))
        return keys

    def push(self) -> None:
        """Carry out all that may go."""
        while due := self.store.due(self.now):
            self.carry_out(due[0])

    def carry_out(self, entry: Entry) -> None:
        claimed = self.claim(entry)
        self.store.settle(claimed, self.perform(claimed))

    def claim(self, entry: Entry) -> Entry:
        (claimed,) = self.store.claim([entry.id], self.server.checkpoint(entry.operation))
        return claimed

    def perform(
        self, entry: Entry, *, checkpoint: ServerId = NOWHERE, again: bool = False
    ) -> Mapping[MessageKey, ServerId | None]:
        if isinstance(entry.operation, Copy):
            pairs = zip(entry.operation.copies, entry.operation.sources, strict=True)
            for copy, source in pairs:
                self.token_of.setdefault(copy, self.server.new_token(self.token_of[source]))
        ids = self.store.places(entry)
        return self.server.perform(
            entry.operation, ids, self.token_of, checkpoint=checkpoint, again=again
        )

    def replay(self) -> None:
        """Carry out once more what was claimed and not settled."""
        for entry, checkpoint in self.store.unfinished():
            try:
                done = self.perform(entry, checkpoint=checkpoint, again=True)
            except InDoubt as doubt:
                self.store.park(entry, SafeText(str(doubt)), in_doubt=True)
            else:
                self.store.settle(entry, done)

    def settle_but_die_halfway(
        self, entry: Entry, done: Mapping[MessageKey, ServerId | None]
    ) -> None:
        """The index has it, the journal not."""
        with (
            mock.patch.object(store_module, "failpoint", side_effect=KeyboardInterrupt),
            suppress(KeyboardInterrupt),
        ):
            self.store.settle(entry, done)

    def lose_cache(self) -> None:
        self.store.close()
        shutil.rmtree(self.folders.cache)
        self.store = self.open()
        self.list_mailboxes()

    def record(self, *drafts: Operation) -> list[Entry]:
        return self.store.record(drafts)

    def shown(self, mailbox: MailboxName | None = INBOX, query: str = "") -> list[MessageKey]:
        asked = parse_query(query, self.now) if query else None
        return [MessageKey(key) for key in self.store.keys(mailbox, asked, Order.NEWEST)]

    def messages(self, mailbox: MailboxName | None = INBOX) -> list[Message]:
        return self.store.messages(self.shown(mailbox))

    def message(self, key: MessageKey) -> Message:
        (message,) = self.store.messages([key])
        return message

    def counts(self, name: MailboxName) -> tuple[int, int]:
        (mailbox,) = [m for m in self.store.mailboxes() if m.name == name]
        return mailbox.total, mailbox.unread

    def mailbox(self, name: MailboxName) -> Mailbox:
        (mailbox,) = [m for m in self.store.mailboxes() if m.name == name]
        return mailbox
