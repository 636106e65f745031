"""A `Mail` in memory that answers at once, for tests of what the screen does with answers."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tuimail.engine.commands import (
    Archive,
    CancelSending,
    Command,
    Copy,
    Delete,
    DropDraft,
    KeepDraft,
    Mark,
    Move,
    Redo,
    Send,
    SendAgain,
    Spam,
    Undo,
)
from tuimail.engine.events import Event, JournalChanged
from tuimail.engine.mail import CommandFailed, Done, Texts, View
from tuimail.model.address import Address
from tuimail.model.body import Body, NotHere
from tuimail.model.draft import Draft, Kind, LinkDraft
from tuimail.model.mail import (
    DRAFT,
    INBOX,
    SEEN,
    AccountName,
    Envelope,
    Flag,
    Mailbox,
    MailboxName,
    Message,
    MessageKey,
    Role,
)
from tuimail.model.operation import Entry
from tuimail.model.outbox import Letter
from tuimail.model.query import And, Is, Query, State, Word
from tuimail.model.safe_text import SafeText, safe_line

NOW = datetime(2026, 3, 18, 12, 30, tzinfo=UTC)
WORK = AccountName("work")
ARCHIVE, TRASH, JUNK = MailboxName("Archive"), MailboxName("Trash"), MailboxName("Junk")
BOXES = {
    INBOX: Role.INBOX,
    MailboxName("Drafts"): Role.DRAFTS,
    MailboxName("Sent"): Role.SENT,
    ARCHIVE: Role.ARCHIVE,
    JUNK: Role.JUNK,
    TRASH: Role.TRASH,
    MailboxName("Lists/python"): Role.NONE,
    MailboxName("Projects/Ålesund"): Role.NONE,
}


def message(
    number: int,
    subject: str = "Subject",
    sender: str = "Anna Meyer",
    address: str = "anna@example.org",
    *,
    flags: Collection[Flag] = (),
    mailbox: MailboxName = INBOX,
    received: datetime | None = None,
    snippet: str = "",
    attachments: Sequence[str] = (),
) -> Message:
    """A letter whose texts went through the border as those of an engine do."""
    people = (Address(safe_line(sender), safe_line(address)),)
    return Message(
        key=MessageKey(number),
        id=f"work:{number}",
        account=WORK,
        mailbox=mailbox,
        flags=frozenset(flags),
        received=received or NOW - timedelta(minutes=37 * number),
        size=4000,
        envelope=Envelope(safe_line(subject), people, people),
        thread=str(number),
        snippet=safe_line(snippet),
        attachments=tuple(map(safe_line, attachments)),
        has_body=True,
    )


class FakeMail:
    """Keeps messages in a dict, newest key last shown first; remembers what was submitted."""

    def __init__(self, messages: Sequence[Message] = (), *, latency: float = 0) -> None:
        self.stored = {letter.key: letter for letter in messages}
        self.order = [letter.key for letter in messages]
        self.bodies: dict[MessageKey, Body] = {}
        self.header_fields: Sequence[tuple[SafeText, SafeText]] = ()
        self.missing: set[MessageKey] = set()
        self.submitted: list[Command] = []
        self.secrets: dict[AccountName, str] = {}
        self.reconnected: list[frozenset[AccountName]] = []
        self.entries: list[Entry] = []
        self.letters: list[Letter] = []
        self.drafts: dict[str, MessageKey] = {}
        self.refuses: str | None = None
        self.broken: str | None = None
        self.latency = latency
        self._before: list[dict[MessageKey, Message]] = []
        self._after: list[dict[MessageKey, Message]] = []
        self._listeners: list[asyncio.Queue[Event]] = []

    def tell(self, event: Event) -> None:
        for listener in self._listeners:
            listener.put_nowait(event)

    async def submit(self, command: Command) -> Done:
        await asyncio.sleep(self.latency)
        self.submitted.append(command)
        if self.refuses is not None:
            raise CommandFailed(self.refuses)
        done = self._carry_out(command)
        self.tell(JournalChanged(WORK))
        return done

    def _carry_out(self, command: Command) -> Done:
        match command:
            case Undo():
                return self._back(self._before, self._after, "Undone")
            case Redo():
                return self._back(self._after, self._before, "Done again")
            case Delete() | Archive() | Spam() | Move():
                target, words = _target(command)
                return self._move(command.keys, target, words)
            case Mark():
                return self._mark(command)
            case Copy(keys=keys):
                return Done(SafeText(f"Copied {len(keys)}"), len(keys), undoable=True)
            case KeepDraft():
                return self._keep_draft(command)
            case DropDraft(name=name):
                return self._move(self._copies(name, command.origin), TRASH, "Thrown away")
            case Send() | CancelSending() | SendAgain():
                return Done(SafeText("Sending"), 1, undoable=True, letter=1)
            case _:
                return Done(SafeText(""))

    def _keep_draft(self, command: KeepDraft) -> Done:
        for key in self._copies(command.name, command.origin):
            self.stored[key] = replace(self.stored[key], mailbox=TRASH)
        number = max(self.stored, default=0) + 1
        subject = command.draft.subject
        there = message(number, subject, flags={DRAFT}, mailbox=MailboxName("Drafts"))
        self.stored[there.key] = there
        self.order.append(there.key)
        self.drafts[command.name] = there.key
        return Done(SafeText("Kept as a draft"), 1, key=there.key)

    def _copies(self, name: str, origin: MessageKey | None) -> list[MessageKey]:
        return [key for key in {self.drafts.get(name), origin} if key in self.stored and key]

    def _mark(self, command: Mark) -> Done:
        if not command.by_itself:
            self._remember()
        for key in command.keys:
            letter = self.stored[key]
            flags = letter.flags - command.remove | command.add
            self.stored[key] = replace(letter, flags=flags)
        count = len(command.keys)
        return Done(SafeText(f"Marked {count}"), count, undoable=True)

    def _remember(self) -> None:
        self._before.append(dict(self.stored))
        self._after.clear()

    def _move(self, keys: Collection[MessageKey], target: MailboxName, words: str) -> Done:
        self._remember()
        for key in keys:
            if self.stored[key].mailbox == TRASH and target == TRASH:
                del self.stored[key]
            else:
                self.stored[key] = replace(self.stored[key], mailbox=target)
        return Done(SafeText(f"{words} {len(keys)}"), len(keys), undoable=True)

    def _back(
        self,
        source: list[dict[MessageKey, Message]],
        target: list[dict[MessageKey, Message]],
        words: str,
    ) -> Done:
        if not source:
            return Done(SafeText("Nothing to undo"))
        target.append(dict(self.stored))
        self.stored = source.pop()
        return Done(SafeText(words), 1)

    def subscribe(self) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        return self._subscribed()

    @asynccontextmanager
    async def _subscribed(self) -> AsyncIterator[AsyncIterator[Event]]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._listeners.append(queue)
        yield _events(queue)
        self._listeners.remove(queue)

    async def accounts(self) -> Sequence[AccountName]:
        return [WORK]

    async def mailboxes(self) -> Sequence[Mailbox]:
        self._read()
        found = []
        for name, role in BOXES.items():
            letters = [letter for letter in self.stored.values() if letter.mailbox == name]
            unread = sum(letter.unread for letter in letters)
            found.append(Mailbox(WORK, name, role, len(letters), unread, on_server=len(letters)))
        return found

    async def keys(self, view: View) -> Sequence[MessageKey]:
        self._read()
        await asyncio.sleep(self.latency)
        return [
            key
            for key in self.order
            if (letter := self.stored.get(key)) is not None
            and view.mailbox in {None, letter.mailbox}
            and _matches(letter, view.query)
        ]

    async def messages(self, keys: Sequence[MessageKey]) -> Sequence[Message]:
        self._read()
        await asyncio.sleep(self.latency)
        return [self.stored[key] for key in keys if key in self.stored]

    async def vanished(self, keys: Sequence[MessageKey]) -> Collection[MessageKey]:
        return [key for key in keys if key not in self.stored]

    async def body(self, key: MessageKey) -> Body | NotHere:
        self._read()
        await asyncio.sleep(self.latency)
        if key in self.missing:
            return NotHere(key)
        return self.bodies.get(key, Body(lines=(SafeText(f"Text of message {key}."),)))

    async def raw(self, key: MessageKey) -> bytes | NotHere:
        return NotHere(key)

    async def resolve(self, id: str) -> MessageKey | None:
        return next((key for key, letter in self.stored.items() if letter.id == id), None)

    async def history(self, limit: int = 100) -> Sequence[Entry]:
        return self.entries[:limit]

    async def pending(self) -> Sequence[Entry]:
        self._read()
        return self.entries

    def _read(self) -> None:
        if self.broken is not None:
            raise CommandFailed(self.broken)

    async def texts(self) -> Sequence[Texts]:
        return [Texts(WORK, len(self.order), len(self.order) - len(self.missing))]

    async def header(self, key: MessageKey) -> Sequence[tuple[SafeText, SafeText]] | NotHere:
        body = await self.body(key)
        return body if isinstance(body, NotHere) else self.header_fields or body.headers

    async def outbox(self) -> Sequence[Letter]:
        return self.letters

    async def reopen(self, account: AccountName, letter: int) -> Draft | None:
        return None

    async def identities(self, account: AccountName) -> Sequence[Address]:
        return (Address(SafeText("Me"), SafeText("me@example.org")),)

    async def reply(self, kind: Kind, key: MessageKey) -> Draft | NotHere:
        if key in self.missing:
            return NotHere(key)
        me, *_ = await self.identities(WORK)
        letter = self.stored[key]
        return Draft(me, letter.envelope.from_, subject=f"{kind}: {letter.envelope.subject}")

    async def write_to(self, account: AccountName, link: str) -> LinkDraft:
        me, *_ = await self.identities(account)
        return LinkDraft(Draft(me, subject=link))

    async def give_secret(self, account: AccountName, secret: str) -> None:
        self._read()
        self.secrets[account] = secret

    async def reconnect(self, accounts: Collection[AccountName] = ()) -> None:
        self.reconnected.append(frozenset(accounts))

    async def close(self) -> None:
        pass


def _target(command: Delete | Archive | Spam | Move) -> tuple[MailboxName, str]:
    match command:
        case Delete():
            return TRASH, "Deleted"
        case Archive():
            return ARCHIVE, "Archived"
        case Spam():
            return JUNK, "Marked as spam"
        case Move(target=target):
            return target.name, f"Moved to {target.name}:"


async def _events(queue: "asyncio.Queue[Event]") -> AsyncIterator[Event]:
    while True:
        yield await queue.get()


def _matches(letter: Message, query: Query | None) -> bool:
    match query:
        case None:
            return True
        case Word(text=text):
            return text.casefold() in letter.envelope.subject.casefold()
        case Is(state=State.UNREAD):
            return SEEN not in letter.flags
        case And(queries=queries):
            return all(_matches(letter, part) for part in queries)
        case _:
            raise NotImplementedError(query)
