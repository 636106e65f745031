"""From the journal to the server: in order, repeatable, and taken back if refused."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from tuimail.backend.base import Busy, InDoubt, Refused, Unreachable
from tuimail.engine.events import OperationParked
from tuimail.engine.link import Link
from tuimail.engine.performing import Refusal, Result, Telling, sources_of
from tuimail.engine.postponing import (
    CHANCE,
    MOST_BREAKS,
    MOST_TRIES,
    goes_by_pieces,
    pause_after,
    pause_after_break,
    pieces_of,
)
from tuimail.engine.runs import messages_of, runs_of
from tuimail.engine.tasks import to_the_end
from tuimail.model.mail import MessageKey
from tuimail.model.operation import Append, Entry, Expunge, Move, Operation
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import NOWHERE, ServerId
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Store

# A transaction of the journal takes 5 ms at most: somebody may press a key meanwhile.
SETTLED_AT_ONCE = 100

_BROKE = SafeText("the connection broke while the server was told of this")
_BROKE_EACH_TIME = SafeText(
    "the connection broke each time that the server was told of this: it may be done or not"
)

log = logging.getLogger(__name__)

Places = dict[MessageKey, ServerId]


class Push:
    """Tells the server what the journal holds; `pull_needed` is set where that shows a gap."""

    def __init__(self, link: Link, pull_needed: asyncio.Event) -> None:
        self._link = link
        self._pull_needed = pull_needed
        # Whether messages of the last run were not where they had been due.
        self._gap = False
        # The messages of what was due and has to wait after all.
        self._held: set[MessageKey] = set()

    async def replay(self, *, pulled: bool) -> None:
        """Finish what was on its way when the line or the engine died.

        Before the first pull, because a pull would see the finished half of it as another
        client's work; what the store cannot place waits until `pulled`, and so does what broke
        the line again: or nothing else would ever come.
        """
        unfinished = await self._link.disk(Store.unfinished)
        for checkpoint, claimed in groupby(unfinished, itemgetter(1)):
            entries = [entry for entry, _ in claimed if pulled or entry.tries <= CHANCE]
            # What went as one goes as one again, or one twin's copy would pass for the other's.
            for run in runs_of(entries):
                async with self._link.exchange:
                    await self._replay(run, checkpoint, pulled=pulled)

    async def _replay(self, run: Sequence[Entry], checkpoint: ServerId, *, pulled: bool) -> None:
        if any(entry.tries for entry in run):
            run = await self._link.disk(Store.take_up, run)
        places = await self._places(run)
        known = [each for each in run if pulled or sources_of(each.operation) <= places.keys()]
        if len(known) == 1 and goes_by_pieces(known[0]):
            await self._by_pieces(known[0], places, checkpoint)
        else:
            await self._perform(known, places, checkpoint, again=True)

    async def _by_pieces(self, entry: Entry, places: Places, checkpoint: ServerId) -> None:
        """At one of its messages the line breaks; the others are not to wait for that one."""
        looks = await self._link.disk(Store.looks, sources_of(entry.operation))
        for keys in pieces_of(entry.operation, looks):
            piece = await self._link.disk(Store.part, entry, keys)
            if piece is not None:
                await self._perform([piece], places, checkpoint, again=True)

    async def run(self) -> None:
        """Push all that may go now."""
        while due := await self._link.disk(Store.due, self._link.clock()):
            self._held.clear()
            for run in runs_of(due):
                free = [entry for entry in run if self._may_go(entry.operation)]
                if free and not await self._push(free):
                    return
                if self._gap:
                    break
        for each in await self._link.disk(Store.stranded):
            reason = safe_line(f"the message is in {each.mailbox} now", 200)
            await self._park(each.entry, reason, each.keys)

    def _may_go(self, operation: Operation) -> bool:
        """Nothing overtakes what was recorded before it for the same message."""
        messages = messages_of(operation)
        if self._held.isdisjoint(messages):
            return True
        self._held |= messages
        return False

    async def next_timer(self, since: datetime) -> datetime | None:
        """When something that was held back then may go."""
        return await self._link.disk(Store.next_timer, since)

    async def _push(self, run: Sequence[Entry]) -> bool:
        """Claim these entries and carry them out as one; False if that has to wait."""
        checkpoint = await self._checkpoint(run[0].operation)
        claimed = await self._link.disk(Store.claim, [entry.id for entry in run], checkpoint)
        failpoint("after_claim")
        async with self._link.exchange:
            places = await self._places(claimed)
            self._gap = any(not sources_of(each.operation) <= places.keys() for each in claimed)
            return await self._perform(claimed, places, checkpoint, again=False)

    async def _checkpoint(self, operation: Operation) -> ServerId:
        if not self._link.backend.accepts(operation):
            return NOWHERE
        try:
            return await self._link.backend.checkpoint(operation)
        except Refused:
            # `perform` will be refused too, and that one is answered.
            return NOWHERE

    async def _places(self, entries: Sequence[Entry]) -> Places:
        return await self._link.disk(Store.places, *entries)

    async def _perform(
        self, entries: Sequence[Entry], places: Places, checkpoint: ServerId, *, again: bool
    ) -> bool:
        """Carry claimed entries out and settle them; False if the mailbox was renumbered."""
        if not entries:
            return True
        telling = Telling(self._link, entries, places, checkpoint, again=again)
        try:
            result = await telling.whole()
        except Unreachable:
            await to_the_end(self._note_break(entries))
            raise
        except Refused as refusal:
            return await self._after_refusal(
                entries, telling, places, checkpoint, refusal, again=again
            )
        failpoint("after_perform")
        await self._settle_all(entries, telling, result.ids)
        return True

    async def _after_refusal(
        self,
        entries: Sequence[Entry],
        telling: Telling,
        places: Places,
        checkpoint: ServerId,
        refusal: Refused,
        *,
        again: bool,
    ) -> bool:
        """Some of them or all were refused, and which one is not told."""
        if await self._renumbered(telling.operation, places, refusal):
            if not again:
                for entry in entries:
                    await self._link.disk(Store.unclaim, entry)
            self._pull_needed.set()
            return False
        if again and len(entries) > 1 and isinstance(telling.operation, Move):
            return all(
                [await self._perform([entry], places, checkpoint, again=True) for entry in entries]
            )
        try:
            result = await telling.in_halves(refusal)
        except Unreachable:
            await to_the_end(self._note_break(entries))
            raise
        failpoint("after_perform")
        await self._end_parts(entries, telling, result, again=again)
        return True

    async def _renumbered(self, operation: Operation, places: Places, refusal: Refused) -> bool:
        """Whether UIDVALIDITY changed: then the pull finds the messages again."""
        if isinstance(refusal, InDoubt | Busy):
            return False
        for mailbox in await self._link.backend.mailboxes():
            if mailbox.name == operation.mailbox and mailbox.status is not None:
                validity = mailbox.status.validity
                return any(id.validity != validity for id in places.values())
        return False

    async def _end_parts(
        self, entries: Sequence[Entry], telling: Telling, result: Result, *, again: bool
    ) -> None:
        """Leave what was refused, settle what was done."""
        done = []
        for entry in entries:
            left = entry.operation.keys
            for refusal in result.refusals:
                if own := left & refusal.keys:
                    piece = await self._link.disk(Store.part, entry, own)
                    left -= own
                    if piece is not None:
                        await self._leave(piece, refusal, again=again)
            if left:
                done.append(entry)
        await self._settle_all(done, telling, result.ids)

    async def _leave(self, entry: Entry, refusal: Refusal, *, again: bool) -> None:
        """Park it, unless it may go later."""
        reason = safe_line(str(refusal.cause), 500)
        again = again or refusal.cause.begun
        in_doubt = isinstance(refusal.cause, InDoubt) or refusal.cause.begun
        if not isinstance(refusal.cause, Busy):
            await self._park(entry, reason, in_doubt=in_doubt)
        elif entry.tries + 1 >= MOST_TRIES:
            await self._park(entry, reason, in_doubt=again)
        else:
            await self._postpone(entry, reason, again=again)

    async def _postpone(self, entry: Entry, reason: SafeText, *, again: bool) -> None:
        self._held |= messages_of(entry.operation)
        until = self._link.clock() + pause_after(entry.tries + 1)
        log.info("%s: entry %d waits", self._link.account, entry.id)
        if again:
            await self._link.disk(Store.leave_in_doubt, [entry], reason, until)
        else:
            self._link.show(await self._link.disk(Store.postpone, entry, reason, until))
        self._link.tell_journal()

    async def _park(
        self,
        entry: Entry,
        reason: SafeText,
        keys: Collection[MessageKey] | None = None,
        *,
        in_doubt: bool = False,
    ) -> None:
        touched = await self._link.disk(Store.park, entry, reason, keys, in_doubt=in_doubt)
        log.warning("%s: entry %d was refused", self._link.account, entry.id)
        self._link.show(touched)
        self._link.tell_journal()
        self._link.publish(OperationParked(self._link.account, entry.id, reason))

    async def _note_break(self, entries: Sequence[Entry]) -> None:
        """The line broke: they are not the first thing asked for ever."""
        tries = entries[0].tries + 1
        if tries >= MOST_BREAKS and len(entries) == len(entries[0].operation.keys) == 1:
            await self._park(entries[0], _BROKE_EACH_TIME, in_doubt=True)
            return
        until = self._link.clock() + pause_after_break(tries)
        await self._link.disk(Store.leave_in_doubt, entries, _BROKE, until)
        self._link.tell_journal()

    async def _settle_all(
        self,
        entries: Sequence[Entry],
        telling: Telling,
        answer: Mapping[MessageKey, ServerId | None],
    ) -> None:
        for start in range(0, len(entries), SETTLED_AT_ONCE):
            await self._settle(entries[start : start + SETTLED_AT_ONCE], answer)
        if telling.stays_here():
            self._link.tally.here += len(entries)
        else:
            self._link.tally.pushed += len(entries)

    async def _settle(
        self, entries: Sequence[Entry], answer: Mapping[MessageKey, ServerId | None]
    ) -> None:
        own = {key: answer[key] for each in entries for key in each.operation.keys & answer.keys()}
        touched = await self._link.disk(Store.settle_all, entries, own)
        failpoint("after_settle")
        operation = entries[0].operation
        unplaced = None in own.values() and not isinstance(operation, Expunge)
        if unplaced or isinstance(operation, Append):
            # Where they are now is known after a look at the target; a new message is
            # nowhere before.
            self._pull_needed.set()
        self._link.show(touched)
        self._link.tell_journal()
