"""One visit to a POP3 server: fetch what is new, make it safe here, only then delete there.

The order (design.md 2): each file is synced, then its folder, then the journal has its UIDL
and hash; DELE comes after all of that, and counts only once QUIT was answered.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.maildir.maildir import Maildir
from tuimail.backend.pop3.session import Pop3Session, Retrieved
from tuimail.engine.aging import Ages, ages_from
from tuimail.engine.departing import Departing
from tuimail.engine.filing import Batch, Filing, Uniques
from tuimail.engine.large import Large
from tuimail.engine.leaving import Rules
from tuimail.engine.link import Link
from tuimail.engine.stamps import Stamp
from tuimail.engine.stock import Stock, Uidls, take_stock, usable
from tuimail.engine.tasks import in_thread, one_ahead
from tuimail.engine.unfetched import Unfetched
from tuimail.model.safe_text import safe_line
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import Drop
from tuimail.store.store import Store, StoreError
from tuimail.wire.pop3_commands import Listed

BATCH = 250
BATCH_BYTES = 4_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pop3Access:
    """How to reach a maildrop, where its mail goes, and when it leaves the server.

    What has more than `max_size` bytes stays there, and `placeholders` stand for it.
    """

    open_session: Callable[[], Awaitable[Pop3Session]]
    maildir: Maildir
    placeholders: Maildir
    rules: Rules = field(default_factory=Rules)
    max_size: int | None = None


class Drain:
    """One visit. Every exception leaves the server as it was, and here all that came whole.

    `entered` is the event loop's time of the log-in: mail that came later is not seen.
    `brought` counts the messages that came. `arrived` is called once, when the first mail is
    here.
    """

    def __init__(self, link: Link, access: Pop3Access, asked: Collection[int] = ()) -> None:
        """`asked` are the UIDs of placeholders whose messages are to come."""
        self._link = link
        self._access = access
        self._asked = asked
        self.entered: float | None = None
        self.brought = 0
        self.arrived: Callable[[], None] = lambda: None

    async def run(self) -> list[str]:
        """Returns what could not be done, in sentences."""
        await self._require_maildir()
        session = await self._access.open_session()
        self.entered = session.entered
        try:
            return await (await self._begun(session)).run()
        finally:
            session.close()

    async def _require_maildir(self) -> None:
        """A Maildir that is away is no empty one: nothing may be fetched into its place."""
        try:
            await asyncio.to_thread(self._access.maildir.make)
        except OSError as trouble:
            words = safe_line(trouble.strerror or str(trouble), 400)
            raise StoreError(words) from trouble

    async def _begun(self, session: Pop3Session) -> "_Visit":
        listed, uidls = usable(await session.listing())
        unfetched = Unfetched(self._link, session.host)
        await unfetched.begin(listed, all_named=uidls is Uidls.USABLE)
        stock = take_stock(listed, uidls, await self._link.disk(_drops))
        access = self._access
        here = Uniques(access.maildir)
        ages = ages_from(await self._link.disk(_memory)).at(self._link.clock())
        large = Large(
            self._link,
            access.maildir,
            access.placeholders,
            here,
            unfetched,
            limit=access.max_size,
            asked=self._asked,
            passed=ages.passed,
        )
        filing = Filing(access.maildir, here, stock, ages.passed)
        departing = Departing(
            self._link,
            session,
            access.rules,
            access.maildir,
            access.placeholders,
            listed,
            stock,
            filing,
            unfetched,
        )
        return _Visit(
            self, self._link, session, listed, stock, unfetched, large, filing, departing, ages
        )


@dataclass(slots=True)
class _Visit:
    """One session of a visit: what comes, then what leaves."""

    drain: Drain
    link: Link
    session: Pop3Session
    listed: Sequence[Listed]
    stock: Stock
    unfetched: Unfetched
    large: Large
    filing: Filing
    departing: Departing
    ages: Ages
    stamps: list[Stamp] = field(default_factory=list)

    async def run(self) -> list[str]:
        """Returns what could not be done, in sentences."""
        session, stock = self.session, self.stock
        self.large.leave(stock)
        try:
            if stock.doubtful:
                await self.departing.confirm(stock.doubtful, self._look_again)
            await self._fetch(self.unfetched.order(stock.wanted))
            if stock.reused:
                unseen = stock.safe.keys() - stock.fetched
                await self.departing.confirm(unseen, self._fetch)
            await self.large.stand_in(session, stock)
            await self.large.bring(session, stock, self.listed)
            await self._settle()
            await self.departing.run(self.ages, self._fetch)
        except (Unreachable, Refused) as end:
            await self._settle()
            await self.unfetched.ended(broken=True)
            # Whatever ended the line, the next one may go further.
            raise Unreachable(f"{end}{self.unfetched.where}") from end
        await self._settle()
        await self._note_absent()
        await self.unfetched.ended(broken=False)
        left_out = self.unfetched.sentence()
        return [*self.departing.problems, *self.large.problems, *([left_out] if left_out else [])]

    async def _look_again(self, listed: Sequence[Listed]) -> None:
        """These are to be fetched with the others."""
        numbers = {each.number for each in listed}
        wanted = numbers | {each.number for each in self.stock.wanted}
        self.stock.wanted = [each for each in self.listed if each.number in wanted]

    async def _settle(self) -> None:
        """What came and what did not is noted; what was given up gets its placeholder."""
        now = self.link.clock()
        self.ages = self.ages.compared(now, self.stamps)
        await self.link.disk(_remember, self.ages)
        self.unfetched.came(self.large.came)
        for each in await self.unfetched.settle():
            await self.large.hold(each, self.stock)

    async def _note_absent(self) -> None:
        """Only once what has come was looked at: until then it may be what no UIDL leads to."""
        if self.stock.trusted:
            there = {each.uidl for each in self.listed if each.uidl is not None}
            there |= self.stock.perhaps_there()
            await self.link.disk(_note_listing, there, self.link.clock())

    async def _fetch(self, wanted: Sequence[Listed]) -> None:
        """Three at once: a batch comes, the one before is written, the one before that noted."""
        done = 0
        retrieved = self.session.retrieve(wanted, self.unfetched.pace, self.unfetched.tries(wanted))
        batches = one_ahead(_batches(retrieved))
        async for batch in one_ahead(self._written(batches)):
            await self.link.disk(_keep, [*batch.safe.values()], batch.renamed)
            failpoint("after_commit_drop")
            self._note(batch)
            done += batch.count
            self.link.tell_progress("letters", done, len(wanted))
            if done == batch.count:
                self.drain.arrived()
        log.info("%s: %d messages fetched", self.link.account, done)

    def _note(self, batch: Batch) -> None:
        self.stock.safe |= batch.safe
        self.stock.fetched |= batch.safe.keys()
        self.unfetched.came(batch.came)
        self.unfetched.failed(batch.failed)
        self.stamps += batch.stamps
        self.drain.brought += len(batch.came)

    async def _written(self, batches: AsyncIterator[list[Retrieved]]) -> AsyncIterator[Batch]:
        """The same, in files that are safe; the journal does not know them yet."""
        async for retrieved in batches:
            failpoint("before_store")
            try:
                batch = await in_thread(self.filing.store, retrieved, self.link.clock())
            except OSError as trouble:
                words = safe_line(trouble.strerror or str(trouble), 200)
                raise StoreError(
                    f"New mail cannot be stored and stays on the server: {words}"
                ) from trouble
            failpoint("after_deliver_drop")
            yield batch


async def _batches(retrieved: AsyncIterator[Retrieved]) -> AsyncIterator[list[Retrieved]]:
    """What came whole before the line ended is a batch, too."""
    batch: list[Retrieved] = []
    size = 0
    try:
        async for each in retrieved:
            batch.append(each)
            size += len(each.content or b"")
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    except (Unreachable, Refused):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _drops(store: Store) -> list[Drop]:
    return store.maildrop.drops()


def _memory(store: Store) -> dict[str, int]:
    return store.maildrop_trouble.memory()


def _remember(store: Store, ages: Ages) -> None:
    store.maildrop_trouble.remember(ages.as_memory())


def _note_listing(store: Store, uidls: Collection[str], now: datetime) -> None:
    store.maildrop.listed(uidls, now)


def _keep(store: Store, drops: Sequence[Drop], renamed: Collection[str]) -> None:
    store.maildrop.store(drops, renamed)
