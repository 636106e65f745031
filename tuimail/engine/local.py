"""`Mail` over the stores of this machine: reads and records there, and rings the engine."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from tuimail.engine.broadcast import Broadcast
from tuimail.engine.channel import Channel, EngineUnavailable, gone
from tuimail.engine.commands import Command, Fetch, Sync
from tuimail.engine.events import (
    EngineGone,
    Event,
    JournalChanged,
    MailboxChanged,
    OutboxChanged,
)
from tuimail.engine.listing import merged_keys
from tuimail.engine.mail import CommandFailed, Done, Texts, View
from tuimail.engine.recording import Recorder, Touched
from tuimail.engine.requests import FetchBodies, GiveSecret, Reconnect, Request, Ring, SyncNow
from tuimail.engine.shelf import LocalAccount, Shelf, Stamp
from tuimail.engine.waiting_drafts import WaitingDrafts
from tuimail.engine.writing import from_link, header_of, reopened, reply_to
from tuimail.model.address import Address
from tuimail.model.body import Body, NotHere
from tuimail.model.draft import Draft, Kind, LinkDraft
from tuimail.model.mail import (
    AccountName,
    Mailbox,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
    slot_of,
)
from tuimail.model.mistake import place_of
from tuimail.model.operation import Entry
from tuimail.model.outbox import Letter
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Store

_PASSED_ON = (Kind.FORWARD, Kind.EDIT, Kind.GO_ON)
_FROM_THE_BYTES = (Kind.REPLY_LIST, Kind.REPLY_ALL, *_PASSED_ON)

# After a mistake of ours the engine is listened to again.
AFTER_MISTAKE = 5.0

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class LocalMail:
    """All accounts of this machine, and the one engine that keeps them in step."""

    def __init__(
        self,
        accounts: Sequence[LocalAccount],
        channel: Channel,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        stamp = Stamp(clock)
        self._shelves = {account.name: Shelf(account, stamp) for account in accounts}
        self._by_slot = {shelf.slot: shelf for shelf in self._shelves.values()}
        self._waiting = {shelf.slot: WaitingDrafts(shelf) for shelf in self._shelves.values()}
        self._recorder = Recorder(self._shelves, stamp)
        self._turn = asyncio.Lock()
        self._channel = channel
        self._broadcast = Broadcast(interval=0)
        self._hearing: asyncio.Task[None] | None = None
        self._unrung: dict[AccountName, frozenset[MailboxName]] = {}
        self._ringing: asyncio.Task[None] | None = None
        self._outdated = ""

    async def submit(self, command: Command) -> Done:
        match command:
            case Fetch(keys=keys, large=large):
                await self._ask(FetchBodies(keys, large))
                return Done(SafeText(""))
            case Sync(accounts=accounts):
                self._check_names(accounts)
                await self._ask(SyncNow(accounts))
                return Done(SafeText(""))
            case _:
                self._check_version()
                async with self._turn:
                    outcome = await self._recorder.carry_out(command)
                if outcome.outbox is not None:
                    self._broadcast.publish(OutboxChanged(outcome.outbox))
                self._announce(outcome.touched)
                return outcome.done

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[AsyncIterator[Event]]:
        with self._broadcast.listen() as listener:
            if self._hearing is None:
                self._hearing = asyncio.create_task(self._hear(), name="news of the engine")
            yield listener.events()

    async def accounts(self) -> Sequence[AccountName]:
        return list(self._shelves)

    async def mailboxes(self) -> Sequence[Mailbox]:
        found = [await shelf.rows(Store.mailboxes) for shelf in self._shelves.values()]
        return [mailbox for mailboxes in found for mailbox in mailboxes]

    async def keys(self, view: View) -> Sequence[MessageKey]:
        if view.account is None:
            return await merged_keys(list(self._shelves.values()), view)
        if view.account not in self._shelves:
            return ()
        shelf = self._shelves[view.account]
        if view.mailbox is None or view.query is not None:
            return await merged_keys([shelf], view)
        # First what waits: what comes to be there meanwhile is in the list then.
        waiting = [
            row.key for row in await self._waiting[shelf.slot].rows() if row.mailbox == view.mailbox
        ]
        keys = await merged_keys([shelf], view)
        new = [key for key in waiting if key not in keys]
        return [*new, *keys] if new else keys

    async def texts(self) -> Sequence[Texts]:
        found = [(name, await each.rows(Store.texts)) for name, each in self._shelves.items()]
        return [Texts(name, messages, here) for name, (messages, here) in found]

    async def messages(self, keys: Sequence[MessageKey]) -> Sequence[Message]:
        slots = {slot_of(key) for key in keys}
        found: dict[MessageKey, Message] = {}
        for slot in slots & self._by_slot.keys():
            own = [key for key in keys if slot_of(key) == slot]
            rows = self._by_slot[slot].rows
            found |= _by_key(await rows(Store.messages, own))
            if missing := [key for key in own if key not in found]:
                waiting = _by_key(await self._waiting[slot].rows())
                # In the index by now, if it was there in the meantime.
                found |= waiting | _by_key(await rows(Store.messages, missing))
        return [found[key] for key in keys if key in found]

    async def vanished(self, keys: Sequence[MessageKey]) -> Collection[MessageKey]:
        found: set[MessageKey] = set()
        for slot in {slot_of(key) for key in keys} & self._by_slot.keys():
            own = [key for key in keys if slot_of(key) == slot]
            found |= await self._by_slot[slot].rows(Store.vanished, own)
        return found

    async def body(self, key: MessageKey) -> Body | NotHere:
        shelf = self._by_slot.get(slot_of(key))
        if shelf is None:
            return NotHere(key)
        body = await shelf.rows(Store.body, key)
        if isinstance(body, NotHere):
            return await self._waiting[shelf.slot].body(key) or body
        return body

    async def raw(self, key: MessageKey) -> bytes | NotHere:
        shelf = self._by_slot.get(slot_of(key))
        if shelf is None:
            return NotHere(key)
        content = await shelf.lists(Store.raw, key)
        if content is None:
            content = await self._waiting[shelf.slot].raw(key)
        return NotHere(key) if content is None else content

    async def header(self, key: MessageKey) -> Sequence[tuple[SafeText, SafeText]] | NotHere:
        content = await self.raw(key)
        if isinstance(content, NotHere):
            return content
        return await asyncio.to_thread(header_of, content)

    async def resolve(self, id: str) -> MessageKey | None:
        shelf = self._shelves.get(AccountName(id.partition(":")[0]))
        return None if shelf is None else await shelf.rows(Store.resolve, id)

    async def history(self, limit: int = 100) -> Sequence[Entry]:
        found = [await shelf.rows(Store.history, limit) for shelf in self._shelves.values()]
        entries = [entry for some in found for entry in some]
        return sorted(entries, key=_age, reverse=True)[:limit]

    async def pending(self) -> Sequence[Entry]:
        found = [await shelf.rows(Store.pending) for shelf in self._shelves.values()]
        return sorted((entry for some in found for entry in some), key=_age)

    async def outbox(self) -> Sequence[Letter]:
        found = [await shelf.rows(_letters) for shelf in self._shelves.values()]
        return sorted((each for some in found for each in some), key=_queued)

    async def reopen(self, account: AccountName, letter: int) -> Draft | None:
        if account not in self._shelves:
            return None
        rows = self._shelves[account].rows
        found = await rows(lambda store: store.outbox.letter(letter))
        content = await rows(lambda store: store.outbox.content(letter))
        if found is None or content is None:
            return None
        return await asyncio.to_thread(reopened, found, content)

    async def identities(self, account: AccountName) -> Sequence[Address]:
        return self._shelves[account].identities if account in self._shelves else ()

    async def reply(self, kind: Kind, key: MessageKey) -> Draft | NotHere:
        body, found = await self.body(key), await self.messages([key])
        if isinstance(body, NotHere) or not found:
            return NotHere(key)
        mine = await self._senders(found[0].account)
        raw = await self.raw(key) if kind in _FROM_THE_BYTES else b""
        if isinstance(raw, NotHere) and kind in _PASSED_ON:
            raise CommandFailed("This message is not here whole: bring it here first (g f).")
        original = raw if isinstance(raw, bytes) else b""
        return await asyncio.to_thread(reply_to, kind, found[0], body, mine, original)

    async def write_to(self, account: AccountName, link: str) -> LinkDraft:
        sender, *_ = await self._senders(account)
        return await asyncio.to_thread(from_link, link, sender)

    async def _senders(self, account: AccountName) -> Sequence[Address]:
        self._check_names([account])
        mine = await self.identities(account)
        if not mine:
            raise CommandFailed(f"Account {account} has no [outgoing] server in its settings.")
        return mine

    async def give_secret(self, account: AccountName, secret: str) -> None:
        await self._ask(GiveSecret(account, secret))

    async def reconnect(self, accounts: Collection[AccountName] = ()) -> None:
        await self._ask(Reconnect(frozenset(accounts)))

    async def close(self) -> None:
        """The engine has been rung by then, if there is one or one can be started."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing])
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.wait([self._hearing])
        await self._channel.close()
        for shelf in self._shelves.values():
            await shelf.close()

    async def _hear(self) -> None:
        while True:
            try:
                async for event in self._channel.news():
                    self._heard(event)
            except EngineUnavailable as absence:
                self._heard(gone(absence))
            except Exception as mistake:  # noqa: BLE001 (where a task ends)
                _log(mistake)
                self._heard(EngineGone(_mistaken(mistake)))
                await asyncio.sleep(AFTER_MISTAKE)
                continue
            return

    def _heard(self, event: Event) -> None:
        if isinstance(event, EngineGone) and event.outdated:
            self._outdated = event.reason
        self._broadcast.publish(event)

    async def _ask(self, request: Request) -> None:
        try:
            await self._channel.send(request)
        except EngineUnavailable as absence:
            raise CommandFailed(str(absence)) from absence

    def _announce(self, touched: Touched) -> None:
        """Tell this process at once, and soon the engine, which tells the others.

        What is recorded is on the disk: nobody waits for an engine that is being started.
        """
        for account, mailboxes in touched.items():
            for mailbox in mailboxes:
                self._broadcast.publish(MailboxChanged(MailboxId(account, mailbox)))
            self._broadcast.publish(JournalChanged(account))
            self._unrung[account] = self._unrung.get(account, frozenset()) | mailboxes
        if self._unrung and (self._ringing is None or self._ringing.done()):
            self._ringing = asyncio.create_task(self._ring(), name="ringing the engine")

    async def _ring(self) -> None:
        """What is recorded stays recorded where there is no engine to ring."""
        while self._unrung:
            account, mailboxes = self._unrung.popitem()
            try:
                await self._channel.send(Ring(account, mailboxes))
            except EngineUnavailable as absence:
                self._heard(gone(absence))
            except Exception as mistake:  # noqa: BLE001 (where a task ends)
                _log(mistake)
                self._heard(EngineGone(_mistaken(mistake)))

    def _check_version(self) -> None:
        if self._outdated:
            raise CommandFailed(self._outdated)

    def _check_names(self, accounts: Collection[AccountName]) -> None:
        for name in accounts:
            if name not in self._shelves:
                raise CommandFailed(f"There is no account named {name}.")


def _by_key(messages: Sequence[Message]) -> dict[MessageKey, Message]:
    return {message.key: message for message in messages}


def _log(mistake: Exception) -> None:
    log.error("the way to the engine failed: %s", place_of(mistake))


def _mistaken(mistake: Exception) -> SafeText:
    return SafeText(f"tuimail made a mistake ({type(mistake).__name__}); its log says more.")


def _age(entry: Entry) -> tuple[datetime, int]:
    return entry.recorded, entry.id


def _letters(store: Store) -> list[Letter]:
    return store.outbox.letters()


def _queued(letter: Letter) -> tuple[datetime, int]:
    return letter.queued, letter.id
