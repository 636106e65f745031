"""From the journal to the server: in order, repeatable, and taken back if refused."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from tuimail.backend.base import InDoubt, Refused
from tuimail.engine.events import OperationParked
from tuimail.engine.link import Link
from tuimail.engine.runs import as_one, runs_of
from tuimail.model.mail import MessageKey
from tuimail.model.operation import Append, Copy, Entry, Expunge, Operation
from tuimail.model.safe_text import safe_line
from tuimail.model.sync import NOWHERE, ServerId
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Store

# A transaction of the journal takes 5 ms at most: somebody may press a key meanwhile.
SETTLED_AT_ONCE = 100

log = logging.getLogger(__name__)

Places = dict[MessageKey, ServerId]


class Push:
    """Tells the server what the journal holds; `pull_needed` is set where that shows a gap."""

    def __init__(self, link: Link, pull_needed: asyncio.Event) -> None:
        self._link = link
        self._pull_needed = pull_needed
        # Whether messages of the last run were not where they had been due.
        self._gap = False

    async def replay(self, *, pulled: bool) -> None:
        """Finish what was on its way when the line or the engine died.

        Before the first pull, because a pull would see the finished half of it as another
        client's work; what the store cannot place waits until `pulled`.
        """
        unfinished = await self._link.disk(Store.unfinished)
        for checkpoint, claimed in groupby(unfinished, itemgetter(1)):
            # What went as one goes as one again, or one twin's copy would pass for the other's.
            for run in runs_of([entry for entry, _ in claimed]):
                async with self._link.exchange:
                    places = await self._places(run)
                    known = [each for each in run if _sources(each.operation) <= places.keys()]
                    await self._perform(run if pulled else known, places, checkpoint, again=True)

    async def run(self) -> None:
        """Push all that may go now."""
        while due := await self._link.disk(Store.due, self._link.clock()):
            for run in runs_of(due):
                if not await self._push(run):
                    return
                if self._gap:
                    break

    async def next_timer(self) -> datetime | None:
        """When something that is held back now may go."""
        return await self._link.disk(Store.next_timer)

    async def _push(self, run: Sequence[Entry]) -> bool:
        """Claim these entries and carry them out as one; False if that has to wait."""
        checkpoint = await self._checkpoint(run[0].operation)
        claimed = await self._link.disk(Store.claim, [entry.id for entry in run], checkpoint)
        failpoint("after_claim")
        async with self._link.exchange:
            places = await self._places(claimed)
            self._gap = any(not _sources(each.operation) <= places.keys() for each in claimed)
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
        try:
            answer = await self._ask(entries, places, checkpoint, again=again)
        except Refused as refusal:
            if len(entries) > 1:
                return await self._one_by_one(entries, places, checkpoint)
            return await self._take_refusal(entries[0], places, refusal, again=again)
        failpoint("after_perform")
        for start in range(0, len(entries), SETTLED_AT_ONCE):
            await self._settle(entries[start : start + SETTLED_AT_ONCE], answer)
        return True

    async def _ask(
        self, entries: Sequence[Entry], places: Places, checkpoint: ServerId, *, again: bool
    ) -> Mapping[MessageKey, ServerId | None]:
        operation = as_one(entries)
        if not self._link.backend.accepts(operation):
            return places
        if not places and not isinstance(operation, Append):
            return {}
        content = b""
        if isinstance(operation, Append):
            content = await self._link.disk(Store.content, entries[0])
        if isinstance(operation, Expunge) and self._link.removing is not None:
            await self._link.removing({id.uid for id in places.values()})
        failpoint("before_perform")
        return await self._link.backend.perform(
            operation, places, checkpoint=checkpoint, again=again, content=content
        )

    async def _one_by_one(
        self, entries: Sequence[Entry], places: Places, checkpoint: ServerId
    ) -> bool:
        """One of them was refused, and which one is not told; some may be done."""
        for entry in entries:
            own = {key: places[key] for key in _sources(entry.operation) & places.keys()}
            if not await self._perform([entry], own, checkpoint, again=True):
                return False
        return True

    async def _take_refusal(
        self, entry: Entry, places: Places, refusal: Refused, *, again: bool
    ) -> bool:
        in_doubt = isinstance(refusal, InDoubt)
        if not in_doubt and await self._renumbered(entry.operation, places):
            if not again:
                await self._link.disk(Store.unclaim, entry)
            self._pull_needed.set()
            return False
        reason = safe_line(str(refusal), 500)
        touched = await self._link.disk(Store.park, entry, reason, in_doubt=in_doubt)
        log.warning("%s: entry %d was refused", self._link.account, entry.id)
        self._link.show(touched)
        self._link.tell_journal()
        self._link.publish(OperationParked(self._link.account, entry.id, reason))
        return True

    async def _renumbered(self, operation: Operation, places: Places) -> bool:
        """Whether UIDVALIDITY changed: then the pull finds the messages again."""
        for mailbox in await self._link.backend.mailboxes():
            if mailbox.name == operation.mailbox and mailbox.status is not None:
                validity = mailbox.status.validity
                return any(id.validity != validity for id in places.values())
        return False

    async def _settle(
        self, entries: Sequence[Entry], answer: Mapping[MessageKey, ServerId | None]
    ) -> None:
        own = {key: answer[key] for each in entries for key in each.operation.keys & answer.keys()}
        touched = await self._link.disk(Store.settle_all, entries, own)
        failpoint("after_settle")
        if None in own.values() and not isinstance(entries[0].operation, Expunge):
            # Where they are now is known after a look at the target.
            self._pull_needed.set()
        self._link.tally.pushed += len(entries)
        self._link.show(touched)
        self._link.tell_journal()


def _sources(operation: Operation) -> frozenset[MessageKey]:
    """The messages that must be found on the server."""
    match operation:
        case Copy(sources=sources):
            return frozenset(sources)
        case Append():
            return frozenset()
        case _:
            return operation.keys
