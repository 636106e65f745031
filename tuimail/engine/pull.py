"""From the server into the store: mailboxes, flags and headers, the newest first."""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tuimail.backend.base import Refused
from tuimail.engine.batching import in_batches
from tuimail.engine.events import MailboxChanged, MailboxesChanged
from tuimail.engine.link import Link
from tuimail.engine.tasks import one_ahead
from tuimail.model.mail import INBOX, MailboxId, MailboxName, Role
from tuimail.model.sync import Bookmark, Changes, Fetched, Part, ServerMailbox
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Delivery, Store

FIRST_LOOK = 300
BATCH = 1000
BATCH_BYTES = 4_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A mailbox whose newest headers are here: what is left to fetch, ascending."""

    mailbox: MailboxName
    bookmark: Bookmark
    left: Sequence[int]


class Pull:
    """Brings every changed mailbox up to date; the list can be read from the first moment on."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._arrived = 0
        self._expected = 0
        self.problems: list[str] = []

    async def run(self, *, thorough: bool, news: bool = False) -> None:
        """One round. Raises CacheLost if the cache was deleted meanwhile: run again.

        `thorough`: changed flags are looked for also where STATUS cannot tell. `news`: INBOX is
        looked at whatever its STATUS tells, which may be older than what was heard of.
        """
        self._arrived = self._expected = 0
        self.problems.clear()
        listed = await self._link.backend.mailboxes()
        await self._merge_list(listed)
        begun = [
            arrival
            for mailbox in sorted(listed, key=_importance)
            if (news and mailbox.name == INBOX) or await self._changed(mailbox, thorough=thorough)
            if (arrival := await self._begun(mailbox.name)) is not None
        ]
        for arrival in begun:
            try:
                await self._finish(arrival)
            except Refused as refusal:
                self._note(refusal)
        if self._expected:
            self._link.tell_progress("headers", self._expected, self._expected)
        log.info(
            "pulled %s: %d of %d mailboxes, %d arrived",
            self._link.account,
            len(begun),
            len(listed),
            self._arrived,
        )

    async def _merge_list(self, listed: Sequence[ServerMailbox]) -> None:
        touched = await self._link.disk(Store.merge_mailboxes, listed)
        self._link.tally.mailboxes = len(listed)
        self._link.tell(touched)
        if touched.mailboxes:
            self._link.publish(MailboxesChanged(self._link.account))

    async def _changed(self, mailbox: ServerMailbox, *, thorough: bool) -> bool:
        """Whether STATUS tells other figures than at the last pull, or cannot tell."""
        if not mailbox.selectable:
            return False
        known = await self._link.disk(Store.bookmark, mailbox.name)
        if known is None or known != mailbox.status:
            return True
        return known.modseq == 0 and (thorough or mailbox.name == INBOX)

    async def _begun(self, mailbox: MailboxName) -> _Arrival | None:
        """None if the mailbox cannot be read: that is no reason not to read the others."""
        try:
            return await self._begin(mailbox)
        except Refused as refusal:
            self._note(refusal)
            return None

    def _note(self, refusal: Refused) -> None:
        log.warning("a mailbox of %s cannot be read", self._link.account)
        self.problems.append(str(refusal))

    async def _begin(self, mailbox: MailboxName) -> _Arrival:
        changes = await self._merge_changes(mailbox)
        known = frozenset(await self._link.disk(Store.known, mailbox))
        arrived = [uid for uid in changes.arrived if uid not in known]
        self._expected += len(arrived)
        await self._deliver(mailbox, changes.bookmark.validity, arrived[-FIRST_LOOK:])
        return _Arrival(mailbox, changes.bookmark, arrived[:-FIRST_LOOK])

    async def _merge_changes(self, mailbox: MailboxName) -> Changes:
        async with self._link.exchange:
            since = await self._link.disk(Store.bookmark, mailbox)
            known = await self._link.disk(Store.known, mailbox)
            changes = await self._link.backend.changes(mailbox, since, known)
            self._link.tell(await self._link.disk(Store.merge, mailbox, changes))
        return changes

    async def _finish(self, arrival: _Arrival) -> None:
        await self._deliver(arrival.mailbox, arrival.bookmark.validity, arrival.left)
        touched = await self._link.disk(Store.finish_pull, arrival.mailbox, arrival.bookmark)
        failpoint("after_finish_pull")
        self._link.tell(touched)

    async def _deliver(self, mailbox: MailboxName, validity: int, uids: Sequence[int]) -> None:
        """Fetch, parse and store side by side.

        No push can touch what is not delivered yet, so this needs no lock.
        """
        async for deliveries in one_ahead(self._deliveries(mailbox, validity, uids)):
            await self._link.disk(Store.deliver, mailbox, deliveries)
            failpoint("after_deliver")
            self._arrived += len(deliveries)
            self._link.tally.new += len(deliveries)
            self._link.publish(MailboxChanged(MailboxId(self._link.account, mailbox)))
            self._link.tell_progress("headers", self._arrived, self._expected)

    async def _deliveries(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int]
    ) -> AsyncIterator[list[Delivery]]:
        async for batch in one_ahead(self._batches(mailbox, validity, uids)):
            yield await self._parsed(batch, validity)

    async def _batches(
        self, mailbox: MailboxName, validity: int, uids: Sequence[int]
    ) -> AsyncIterator[list[Fetched]]:
        """The newest first, which have the highest UIDs."""
        fetch = self._link.backend.fetch(mailbox, validity, uids[::-1], Part.HEADERS)
        async for batch in in_batches(fetch, BATCH, BATCH_BYTES):
            yield batch

    async def _parsed(self, batch: Sequence[Fetched], validity: int) -> list[Delivery]:
        envelopes = await self._link.parser.envelopes(
            [fetched.content for fetched in batch], urgent=True
        )
        return [
            Delivery(
                uid=fetched.uid,
                validity=validity,
                flags=fetched.flags,
                received=fetched.received,
                size=fetched.size,
                envelope=envelope,
                here=fetched.here,
            )
            for fetched, envelope in zip(batch, envelopes, strict=True)
        ]


def _importance(mailbox: ServerMailbox) -> tuple[bool, bool, str]:
    """INBOX first, then what has a purpose, then the others."""
    return mailbox.name != INBOX, mailbox.role is Role.NONE, mailbox.name
