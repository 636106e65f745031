"""`Mail`: all that a user interface or a command may ask."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tuimail.engine.commands import Command
from tuimail.engine.events import Event
from tuimail.model.address import Address
from tuimail.model.body import Body, NotHere
from tuimail.model.draft import Draft, Kind, LinkDraft
from tuimail.model.mail import AccountName, Mailbox, MailboxName, Message, MessageKey, Order
from tuimail.model.operation import Entry
from tuimail.model.outbox import Letter
from tuimail.model.query import Query
from tuimail.model.safe_text import SafeText


@dataclass(frozen=True, slots=True)
class View:
    """One idea for all lists: a mailbox, a search, or both; None means all."""

    account: AccountName | None = None
    mailbox: MailboxName | None = None
    query: Query | None = None
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did, for the status line: "Archived 3"; `undoable` if `u` serves.

    `letter` is the number of the letter that was queued, cancelled or called back, in the
    outbox of `account`; a queued one goes after `hold`. `recorded` is the time that a change
    bears in the journals. `key` is what the server's copy of a draft is called here.
    """

    words: SafeText
    count: int = 0
    undoable: bool = False
    letter: int | None = None
    account: AccountName | None = None
    hold: timedelta = timedelta(0)
    recorded: datetime | None = None
    key: MessageKey | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """How many messages an account has, and of how many the text is here and was read."""

    account: AccountName
    messages: int
    here: int


class CommandFailed(Exception):
    """The command cannot be carried out; its text is a sentence for the user."""


class Mail(Protocol):
    """All that a user interface may ask, over all accounts; a MessageKey knows its own."""

    async def submit(self, command: Command) -> Done:
        """Show at once, return when it is on disk; the server hears later.

        Raises CommandFailed with a sentence for the user; nothing is changed then.
        """

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Events from now on. Subscribe first, read after, and nothing is missed."""

    async def accounts(self) -> Sequence[AccountName]: ...
    async def mailboxes(self) -> Sequence[Mailbox]: ...
    async def keys(self, view: View) -> Sequence[MessageKey]:
        """A mailbox, a split or a search, in its order."""

    async def texts(self) -> Sequence[Texts]:
        """What a search can look into, an account each."""

    async def messages(self, keys: Sequence[MessageKey]) -> Sequence[Message]:
        """The rows of `keys`, in that order; those that are gone are left out."""

    async def vanished(self, keys: Sequence[MessageKey]) -> Collection[MessageKey]:
        """Those that a server had and has not any more, by no doing of ours."""

    async def body(self, key: MessageKey) -> Body | NotHere: ...
    async def raw(self, key: MessageKey) -> bytes | NotHere:
        """The exact bytes as on the wire."""

    async def header(self, key: MessageKey) -> Sequence[tuple[SafeText, SafeText]] | NotHere:
        """Every field of the message's header, name and value, in its order."""

    async def resolve(self, id: str) -> MessageKey | None:
        """The message that a public id names (contract.md), also after a move."""

    async def history(self, limit: int = 100) -> Sequence[Entry]:
        """Newest first, over all accounts, every state."""

    async def pending(self) -> Sequence[Entry]:
        """What no server has yet, oldest first, and what was parked."""

    async def outbox(self) -> Sequence[Letter]:
        """Letters on their way out and of late, oldest first, over all accounts."""

    async def reopen(self, account: AccountName, letter: int) -> Draft | None:
        """A letter that did not leave, as a draft again; None once it is sent or forgotten."""

    async def identities(self, account: AccountName) -> Sequence[Address]:
        """The user's own addresses there, the main one first; none: it cannot send."""

    async def reply(self, kind: Kind, key: MessageKey) -> Draft | NotHere:
        """A draft that answers or forwards the message; NotHere without its body."""

    async def write_to(self, account: AccountName, link: str) -> LinkDraft:
        """What a mailto: link wants written; raises CommandFailed if the account cannot send."""

    async def give_secret(self, account: AccountName, secret: str) -> None:
        """Answer `SecretNeeded`; kept in the engine's memory only (security.md S4)."""

    async def reconnect(self, accounts: Collection[AccountName] = ()) -> None:
        """The user says that the network is back: try now."""

    async def close(self) -> None: ...
