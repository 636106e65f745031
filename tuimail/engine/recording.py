"""Carrying out what a user asks: in the journals, durably, before anyone else hears of it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from tuimail.engine import planning, words
from tuimail.engine.commands import (
    Archive,
    CancelSending,
    Copy,
    Delete,
    Drop,
    DropDraft,
    Keep,
    KeepDraft,
    Mark,
    Move,
    Redo,
    Retry,
    Send,
    SendAgain,
    Spam,
    Undo,
)
from tuimail.engine.drafts import DraftBox
from tuimail.engine.mail import CommandFailed, Done
from tuimail.engine.planning import Change, Plan
from tuimail.engine.posting import Postbox
from tuimail.engine.roles import mailbox_for
from tuimail.engine.shelf import Shelf, Stamp
from tuimail.model.mail import (
    KEPT,
    AccountName,
    MailboxId,
    MailboxName,
    Message,
    MessageKey,
    Role,
    slot_of,
)
from tuimail.model.operation import Copy as CopyOperation
from tuimail.model.operation import Entry, Expunge, Operation, StoreFlags
from tuimail.model.operation import Move as MoveOperation
from tuimail.model.safe_text import SafeText
from tuimail.model.uid import uid_of
from tuimail.store.recording import PLAINLY, Circumstances, by_itself
from tuimail.store.store import Store

Recorded = (
    Change
    | Keep
    | Send
    | CancelSending
    | SendAgain
    | KeepDraft
    | DropDraft
    | Undo
    | Redo
    | Retry
    | Drop
)
Touched = Mapping[AccountName, frozenset[MailboxName]]
Newest = Callable[[Store], tuple[datetime, int] | None]
TakeBack = Callable[[Store], list[Entry]]
TakeParts = Callable[[Store, datetime], list[Entry]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did, and which mailboxes look different now, and whose outbox does."""

    done: Done
    touched: Touched
    outbox: AccountName | None = None


class Recorder:
    """Records commands over all accounts, one after the other."""

    def __init__(self, shelves: Mapping[AccountName, Shelf], stamp: Stamp) -> None:
        self._shelves = shelves
        self._by_slot = {shelf.slot: shelf for shelf in shelves.values()}
        self._stamp = stamp
        self._postbox = Postbox(shelves, stamp)
        self._drafts = DraftBox(shelves, stamp)

    async def carry_out(self, command: Recorded) -> Outcome:
        with self._stamp.held():
            match command:
                case Undo():
                    outcome = await self._undo()
                case Redo():
                    outcome = await self._take_back(
                        "Done again",
                        Store.newest_redoable,
                        (Store.redo, Store.redo_parts),
                        "There is nothing to redo.",
                    )
                case Retry() | Drop():
                    outcome = await self._parked(command)
                case Delete() | Archive() | Spam() | Move() | Copy() | Mark():
                    outcome = await self._change(command)
                case Keep():
                    outcome = await self._keep(command)
                case Send() | CancelSending() | SendAgain():
                    outcome = _posted(command.account, await self._postbox.carry_out(command))
                case KeepDraft():
                    outcome = _kept(command, await self._drafts.keep(command))
                case DropDraft():
                    outcome = _dropped(command, await self._drafts.drop(command))
                case _:
                    assert_never(command)
            return outcome

    async def _change(self, command: Change) -> Outcome:
        how = PLAINLY
        if isinstance(command, Mark) and command.by_itself:
            how = by_itself(command.act)
        planned = [
            (shelf, await self._plan(command, shelf, messages))
            for shelf, keys in self._by_account(command.keys)
            if (messages := await shelf.rows(Store.messages, keys))
        ]
        if not planned:
            raise CommandFailed(await self._why_not(command.keys))
        entries = {
            shelf.name: await shelf.rows(_record, plans, self._stamp(), how)
            for shelf, plans in planned
        }
        everything = [entry for recorded in entries.values() for entry in recorded]
        if not everything:
            return Outcome(Done(words.of_nothing(command)), {})
        count = _count(everything)
        for_good = _count(each for each in everything if isinstance(each.operation, Expunge))
        said = words.of_command(command, count, for_good)
        if isinstance(command, Move):
            # As undo will say it: a move to the archive is an archiving.
            said = words.of_entries(everything, await self._roles())
        done = Done(
            said,
            count,
            undoable=how is PLAINLY,
            recorded=self._stamp(),
        )
        return Outcome(done, {name: _mailboxes(recorded) for name, recorded in entries.items()})

    async def _why_not(self, keys: Collection[MessageKey]) -> str:
        for shelf, some in self._by_account(keys):
            for entry in await shelf.rows(Store.waiting_drafts):
                if not entry.operation.keys.isdisjoint(some):
                    return "This draft is not on the server yet: open it to throw it away."
        return "These messages are not there any more."

    async def _keep(self, command: Keep) -> Outcome:
        """What is said of the server's copy holds at once, before the engine hears of it."""
        flags = frozenset({KEPT})
        marking = (
            Mark(command.keys, add=flags) if command.kept else Mark(command.keys, remove=flags)
        )
        entries: dict[AccountName, list[Entry]] = {}
        count = 0
        for shelf, keys in self._by_account(command.keys):
            if not shelf.is_maildrop:
                raise CommandFailed(
                    f"{shelf.name} is no POP3 account: its mail stays there anyway."
                )
            there = await shelf.rows(_keep_there, keys, kept=command.kept)
            plans = await self._plan(marking, shelf, there) if there else []
            entries[shelf.name] = await shelf.rows(_record, plans, self._stamp())
            count += len(there)
        if not count:
            raise CommandFailed("The POP3 server does not have that any more.")
        done = Done(
            words.of_command(marking, count),
            count,
            undoable=any(entries.values()),
            recorded=self._stamp(),
        )
        return Outcome(done, {name: _mailboxes(recorded) for name, recorded in entries.items()})

    async def _follow_keeping(
        self, taken: Mapping[AccountName, list[Entry]], *, undone: bool
    ) -> None:
        """What was taken back or done again may be what is to stay on a server."""
        for name, entries in taken.items():
            for entry in entries:
                match entry.operation:
                    case StoreFlags(keys=keys, add=add, remove=remove) if KEPT in add | remove:
                        kept = (KEPT in add) is not undone
                        await self._shelves[name].rows(_keep_there, sorted(keys), kept=kept)
                    case _:
                        pass

    def _by_account(self, keys: Collection[MessageKey]) -> list[tuple[Shelf, list[MessageKey]]]:
        grouped: defaultdict[int, list[MessageKey]] = defaultdict(list)
        for key in sorted(keys):
            grouped[slot_of(key)].append(key)
        return [
            (self._by_slot[slot], some) for slot, some in grouped.items() if slot in self._by_slot
        ]

    async def _plan(self, command: Change, shelf: Shelf, messages: Sequence[Message]) -> list[Plan]:
        mailboxes = await shelf.rows(Store.mailboxes)
        copies: Sequence[int] = ()
        if isinstance(command, Copy):
            copies = await shelf.rows(Store.allot_keys, len(messages))
        account = planning.Account(shelf.name, mailboxes, shelf.chosen)
        return planning.plan(command, messages, account, copies)

    async def _undo(self) -> Outcome:
        """The newest command, or the letter that was queued after it and has not left."""
        letter = await self._postbox.newest_recallable()
        if letter is not None:
            tops = [await each.rows(Store.newest_undoable) for each in self._shelves.values()]
            newer = any(top is not None and top[0] > letter.queued for top in tops)
            if not newer and (done := await self._postbox.recall(letter)):
                return _posted(letter.account, done)
        return await self._take_back(
            "Undone",
            Store.newest_undoable,
            (Store.undo, Store.undo_parts),
            "There is nothing to undo.",
        )

    async def _take_back(
        self, verb: str, newest: Newest, ways: tuple[TakeBack, TakeParts], nothing: str
    ) -> Outcome:
        """Undo or redo the newest command: all groups, in all accounts, that bear its time.

        What belongs to it goes with it, unsaid.
        """
        take_back, take_parts = ways
        tops = {name: await shelf.rows(newest) for name, shelf in self._shelves.items()}
        times = [top[0] for top in tops.values() if top is not None]
        if not times:
            raise CommandFailed(nothing)
        entries: dict[AccountName, list[Entry]] = {}
        for name, shelf in self._shelves.items():
            entries[name] = await shelf.rows(_all_of, max(times), newest, take_back)
        await self._follow_keeping(entries, undone=verb == "Undone")
        everything = [entry for taken in entries.values() for entry in taken]
        named = sum(
            [await shelf.rows(_named_by, entries[name]) for name, shelf in self._shelves.items()]
        )
        for name, shelf in self._shelves.items():
            entries[name] += await shelf.rows(take_parts, max(times))
        count = _count(everything)
        did = words.of_entries(everything, await self._roles())
        done = Done(
            SafeText(f"{verb}: {did}{words.of_the_others(count, named)}"),
            count,
            undoable=verb != "Undone",
        )
        return Outcome(done, {name: _mailboxes(taken) for name, taken in entries.items() if taken})

    async def _roles(self) -> dict[MailboxId, Role]:
        """What mailboxes are for; what one account archives to is any folder in another."""
        roles: dict[MailboxId, Role] = {}
        for shelf in self._shelves.values():
            mailboxes = await shelf.rows(Store.mailboxes)
            for role in (Role.ARCHIVE, Role.TRASH, Role.JUNK):
                roles[MailboxId(shelf.name, mailbox_for(role, mailboxes, shelf.chosen))] = role
        return roles

    async def _parked(self, command: Retry | Drop) -> Outcome:
        name, number = command.account, command.entry
        again = isinstance(command, Retry)
        act, verb = (Store.retry, "Tried again") if again else (Store.drop, "Dropped")
        if name not in self._shelves:
            raise CommandFailed(f"There is no account named {name}.")
        shelf = self._shelves[name]
        entry = await shelf.rows(Store.entry, number)
        if entry is None or not await shelf.rows(act, number):
            raise CommandFailed(
                f"There is no parked entry {number} in account {name}, and none that waits."
            )
        count = len(entry.operation.keys)
        return Outcome(
            Done(SafeText(f"{verb}: entry {name}:{number}"), count), {name: _mailboxes([entry])}
        )


def _posted(account: AccountName, done: Done) -> Outcome:
    return Outcome(done, {account: frozenset()}, outbox=account)


def _kept(command: KeepDraft, entries: Sequence[Entry]) -> Outcome:
    keys = [key for entry in entries for key in entry.operation.keys]
    done = Done(SafeText("Kept as a draft"), 1, key=keys[0] if keys else None)
    return Outcome(done, {command.account: _mailboxes(entries)} if entries else {})


def _dropped(command: DropDraft, entries: Mapping[AccountName, list[Entry]]) -> Outcome:
    count = _count(entry for some in entries.values() for entry in some)
    undoable = count > 0 and not command.by_itself
    done = Done(SafeText("Thrown away"), count, undoable=undoable)
    return Outcome(done, {name: _mailboxes(some) for name, some in entries.items()})


def _record(
    store: Store, plans: Sequence[Plan], now: datetime, how: Circumstances = PLAINLY
) -> list[Entry]:
    return [
        entry
        for plan in plans
        for entry in store.record(
            plan.drafts, not_before=now + plan.delay if plan.delay else None, how=how
        )
    ]


def _keep_there(store: Store, keys: Sequence[MessageKey], *, kept: bool) -> list[Message]:
    """Those of the messages that their POP3 server still has; they stay there now, or not."""
    uids = store.uids(keys)
    drops = store.maildrop.of_messages(uids.values())
    store.maildrop.keep([drop.uidl for drop in drops], kept=kept)
    there = {uid_of(drop.name) for drop in drops}
    return store.messages([key for key in keys if uids.get(key) in there])


def _all_of(store: Store, time: datetime, newest: Newest, take_back: TakeBack) -> list[Entry]:
    """Take back every group that bears this time, newest first."""
    taken: list[Entry] = []
    while (top := newest(store)) is not None and top[0] == time:
        group = take_back(store)
        if not group:
            break
        taken = group + taken
    return taken


def _named_by(store: Store, entries: Sequence[Entry]) -> int:
    """How many messages these had in the journal, with those that cannot be taken back."""
    found = [store.entry(each.id) for each in entries]
    return _count(each for each in found if each is not None)


def _count(entries: Iterable[Entry]) -> int:
    """How many messages; a message that several entries change counts once."""
    return len({key for entry in entries for key in entry.operation.keys})


def _mailboxes(entries: Iterable[Entry]) -> frozenset[MailboxName]:
    return frozenset(name for entry in entries for name in _named(entry.operation))


def _named(operation: Operation) -> tuple[MailboxName, ...]:
    if isinstance(operation, MoveOperation | CopyOperation):
        return (operation.mailbox, operation.target)
    return (operation.mailbox,)
