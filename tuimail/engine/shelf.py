"""One account's store as a screen uses it: two readers, so that a search delays no scroll."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from tuimail.engine.disk import Disk
from tuimail.engine.mail import CommandFailed
from tuimail.model.address import Address
from tuimail.model.mail import AccountName, MailboxName, Role, account_slot
from tuimail.store.store import AccountFolders, Store, StoreError

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """Where an account's store is; `chosen` are the mailboxes its settings name.

    `identities` are the user's addresses, none of them if the account cannot send. `originals`
    reads messages that are files here: the mail of a POP3 account.
    """

    name: AccountName
    folders: AccountFolders
    chosen: Mapping[Role, MailboxName] = field(default_factory=dict)
    identities: tuple[Address, ...] = ()
    originals: Callable[[MailboxName, int], bytes | None] | None = None


class Reader(Disk):
    """A disk whose failures are sentences for the user."""

    async def __call__(
        self, method: Callable[Concatenate[Store, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        try:
            return await super().__call__(method, *args, **kwargs)
        except StoreError as error:
            raise CommandFailed(str(error)) from error


class Shelf:
    """`rows` answers what a key press waits for, and records; `lists` sorts and searches."""

    def __init__(self, account: LocalAccount, clock: Callable[[], datetime]) -> None:
        self.name = account.name
        self.chosen = account.chosen
        self.identities = account.identities
        self.slot = account_slot(account.name)
        self.is_maildrop = account.originals is not None
        open_store = partial(
            Store,
            account.name,
            account.folders,
            writer=False,
            clock=clock,
            originals=account.originals,
        )
        self.rows = Reader(open_store, f"rows of {account.name}")
        self.lists = Reader(open_store, f"lists of {account.name}")

    @property
    def can_send(self) -> bool:
        return bool(self.identities)

    async def close(self) -> None:
        await self.rows.close()
        await self.lists.close()


class Stamp:
    """A clock that stands still while a command is recorded.

    So all that one command records, in whatever accounts, bears one time and is undone as one.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held: datetime | None = None

    def __call__(self) -> datetime:
        return self._held or self._clock()

    @contextmanager
    def held(self) -> Iterator[None]:
        self._held = self._clock()
        try:
            yield
        finally:
            self._held = None
