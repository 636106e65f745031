"""From the server into the store: mailboxes, flags and headers, the newest first."""

import logging
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from tuimail.backend.base import Busy, Refused, Unreachable
from tuimail.engine.batching import in_batches
from tuimail.engine.events import MailboxChanged, MailboxesChanged
from tuimail.engine.gathering import Gathering, Missed, Place
from tuimail.engine.link import Link
from tuimail.engine.tasks import one_ahead
from tuimail.engine.troubles import (
    failure,
    listed_in_full,
    mailboxes_in_trouble,
    note_mailbox,
    note_missed,
)
from tuimail.model.mail import INBOX, Envelope, MailboxId, MailboxName, MessageKey, Role
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sync import Bookmark, Changes, Fetched, Part, ServerMailbox
from tuimail.model.trouble import Trouble
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Delivery, Store

FIRST_LOOK = 300
BATCH = 1000
BATCH_BYTES = 4_000_000

NOT_GIVEN_OUT = SafeText("(The server does not give this message out)")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A mailbox whose newest headers are here: what is left to fetch, ascending."""

    mailbox: MailboxName
    bookmark: Bookmark
    left: Sequence[int]


class Pull:
    """Brings every changed mailbox up to date; the list can be read from the first moment on.

    A mailbox or message that cannot be had is noted and keeps nobody from the others, also
    where the line is lost at it: it is asked for last, and then less and less often.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._arrived = 0
        self._expected = 0
        self._in_trouble: dict[MailboxName, Trouble] = {}
        self._noted: set[MailboxName] = set()
        self._readable = 0
        self._cautious = False
        self._unlisted: dict[MailboxName, str] = {}
        # Whether the server has time for none of the mailboxes.
        self.busy = False

    async def run(self, *, thorough: bool, news: bool = False) -> None:
        """One round. Raises CacheLost if the cache was deleted meanwhile: run again.

        `thorough`: changed flags are looked for also where STATUS cannot tell. `news`: INBOX is
        looked at whatever its STATUS tells, which may be older than what was heard of.
        """
        self._arrived = self._expected = 0
        self.busy = False
        listed = await listed_in_full(self._link)
        await self._merge_list(listed)
        self._readable = sum(mailbox.selectable for mailbox in listed)
        there = {mailbox.name for mailbox in listed}
        self._unlisted = {name: each for name, each in self._unlisted.items() if name in there}
        self._in_trouble = await mailboxes_in_trouble(self._link)
        self._noted = set(self._in_trouble)
        unplaced = await self._link.disk(Store.unplaced)
        changed = [
            mailbox.name
            for mailbox in sorted(listed, key=_importance)
            if not self._is_left_alone(mailbox.name)
            if mailbox.name in self._in_trouble
            or (news and mailbox.name == INBOX)
            or mailbox.name in unplaced
            or await self._changed(mailbox, thorough=thorough)
        ]
        lost = await self._bring(sorted(changed, key=lambda name: name in self._in_trouble))
        await self._bring(lost)
        await self._try_bare()
        if self._expected:
            self._link.tell_progress("headers", self._expected, self._expected)
        log.info(
            "pulled %s: %d of %d mailboxes, %d arrived",
            self._link.account,
            len(changed),
            len(listed),
            self._arrived,
        )

    @property
    def unlisted(self) -> SafeText:
        """Where the server counts more messages than it lists, in words; "" if nowhere."""
        return safe_line("; ".join(self._unlisted.values()), 500)

    def _note_unlisted(self, mailbox: MailboxName, changes: Changes) -> None:
        self._unlisted.pop(mailbox, None)
        if changes.unreadable:
            self._unlisted[mailbox] = (
                f"{safe_line(mailbox, 100)}: the server counts {changes.bookmark.total} messages"
                f" and does not list {changes.unreadable} of them"
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

    def _is_left_alone(self, mailbox: MailboxName) -> bool:
        trouble = self._in_trouble.get(mailbox)
        return trouble is not None and trouble.again > self._link.clock()

    async def _bring(self, mailboxes: Sequence[MailboxName]) -> list[MailboxName]:
        """Returns those where the line was lost: once more, after all others, they may come."""
        begun: list[_Arrival] = []
        troubles = [(name, await self._tried(name, self._begin(name, begun))) for name in mailboxes]
        busy = [name for name, trouble in troubles if isinstance(trouble, Busy)]
        self.busy = self.busy or (bool(busy) and len(busy) == self._readable)
        for arrival in begun:
            trouble = await self._tried(arrival.mailbox, self._finish(arrival))
            troubles.append((arrival.mailbox, trouble))
        return [name for name, trouble in troubles if isinstance(trouble, Unreachable)]

    async def _tried(
        self, mailbox: MailboxName, step: Coroutine[object, object, None]
    ) -> Refused | Unreachable | None:
        """Carry out a step of one mailbox; returns what was in the way of it.

        Raises Unreachable if the server cannot be reached any more.
        """
        try:
            await step
        except Refused as refusal:
            log.warning("a mailbox of %s cannot be read", self._link.account)
            await note_mailbox(self._link, mailbox, refusal)
            return refusal
        except Unreachable as loss:
            log.warning("the line of %s was lost at a mailbox", self._link.account)
            await note_mailbox(self._link, mailbox, loss)
            self._noted.add(mailbox)
            await self._link.backend.connect()
            return loss
        if mailbox in self._noted:
            await self._link.disk(Store.note_mailbox_read, mailbox)
        return None

    async def _begin(self, mailbox: MailboxName, begun: list[_Arrival]) -> None:
        changes = await self._merge_changes(mailbox)
        self._note_unlisted(mailbox, changes)
        known = frozenset(await self._link.disk(Store.known, mailbox))
        arrived = [uid for uid in changes.arrived if uid not in known]
        self._expected += len(arrived)
        await self._deliver(mailbox, changes.bookmark.validity, arrived[-FIRST_LOOK:])
        begun.append(_Arrival(mailbox, changes.bookmark, arrived[:-FIRST_LOOK]))

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

        async def miss(missed: Missed) -> None:
            await self._deliver_placeholder(mailbox, validity, missed)

        gathering = Gathering(
            self._link.backend,
            Place(mailbox, validity),
            Part.HEADERS,
            miss,
            cautious=self._cautious,
        )
        async for batch in in_batches(gathering.messages(uids[::-1]), BATCH, BATCH_BYTES):
            yield batch
        self._cautious = gathering.broke

    async def _deliver_placeholder(
        self, mailbox: MailboxName, validity: int, missed: Missed
    ) -> None:
        """What stands for a message that the server does not give out, until it does."""
        placeholder = Delivery(
            uid=missed.uid,
            validity=validity,
            flags=frozenset(),
            received=self._link.clock(),
            size=0,
            envelope=Envelope(subject=NOT_GIVEN_OUT),
            missed=failure(missed, bare=True),
        )
        await self._link.disk(Store.deliver, mailbox, [placeholder])
        self._link.tally.new += 1
        self._link.publish(MailboxChanged(MailboxId(self._link.account, mailbox)))

    async def _try_bare(self) -> None:
        """Ask again for headers in whose place something else stands."""
        now = self._link.clock()
        bare = [
            each
            for each in await self._link.disk(Store.troubles)
            if each.bare and each.again <= now and not self._is_left_alone(each.mailbox)
        ]
        for place, group in groupby(bare, lambda each: Place(each.mailbox, each.validity)):
            of_uid = {each.uid: each.key for each in group if each.key is not None}
            await self._tried(place.mailbox, self._renew(place, of_uid))

    async def _renew(self, place: Place, of_uid: Mapping[int, MessageKey]) -> None:
        async def miss(missed: Missed) -> None:
            await note_missed(self._link, of_uid[missed.uid], missed)

        gathering = Gathering(self._link.backend, place, Part.HEADERS, miss)
        async for fetched in gathering.messages([], of_uid):
            if fetched is None:
                continue
            deliveries = await self._parsed([fetched], place.validity)
            self._link.show(await self._link.disk(Store.renew, place.mailbox, deliveries))

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
