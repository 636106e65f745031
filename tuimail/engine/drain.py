"""One visit to a POP3 server: fetch what is new, make it safe here, only then delete there.

The order (design.md 2): each file is synced, then its folder, then the journal has its UIDL
and hash; DELE comes after all of that, and counts only once QUIT was answered.
"""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from tuimail.backend.maildir.content import header_block
from tuimail.backend.maildir.maildir import Maildir, New, drop_stem
from tuimail.backend.pop3.session import Pop3Session, Retrieved
from tuimail.engine.large import Large
from tuimail.engine.leaving import Rules, fates
from tuimail.engine.link import Link
from tuimail.engine.tasks import in_thread, one_ahead
from tuimail.mime.dates import parse_date
from tuimail.model.mail import INBOX
from tuimail.model.safe_text import safe_line
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import Drop, is_copied
from tuimail.store.store import Store, StoreError
from tuimail.wire.pop3_commands import Listed

BATCH = 250
BATCH_BYTES = 4_000_000
_FIELD = re.compile(rb"^(?:Received|Date):((?:.*(?:\r?\n[ \t].*)*))", re.IGNORECASE | re.MULTILINE)
# A clock elsewhere may be ahead; a date further off is a mistake or a trick.
_AHEAD = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_ABOUT_TO_GO = timedelta(minutes=1)

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


@dataclass(slots=True)
class Stock:
    """What the journal knows of the messages that a session lists.

    `safe` are those stored here for sure, by number; `left` those that a placeholder stands
    for, `wanted` those to be fetched. `claimed` are the entries that a message
    of this session was found to be; `unstable`: one of them by its hash, under another UIDL.
    """

    trusted: bool
    by_uidl: dict[str, Drop]
    safe: dict[int, Drop] = field(default_factory=dict)
    left: dict[int, Drop] = field(default_factory=dict)
    wanted: list[Listed] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    by_hash: dict[bytes, list[Drop]] = field(default_factory=lambda: defaultdict(list))
    unstable: bool = False

    def claim(self, listed: Listed, digest: bytes) -> Drop | None:
        """The entry for this content: by its UIDL, else one that no UIDL leads to any more."""
        own = self.by_uidl.get(listed.uidl or "") if self.trusted else None
        for drop in ([own] if own else []) + self.by_hash[digest]:
            if drop.sha256 == digest and drop.uidl not in self.claimed:
                self.claimed.add(drop.uidl)
                self.unstable |= self.trusted and drop is not own
                return drop
        return None


@dataclass(frozen=True, slots=True)
class Batch:
    """So many messages that came: what each that is safe here is known as, by its number.

    `renamed` are names by which the server called some of them before.
    """

    count: int
    safe: dict[int, Drop] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)


def take_stock(listed: Sequence[Listed], drops: Iterable[Drop]) -> Stock:
    """Sort out what has to be fetched; what came back after it was gone is looked at anew."""
    uidls = {each.uidl for each in listed}
    trusted = None not in uidls and len(uidls) == len(listed)
    stock = Stock(trusted, {drop.uidl: drop for drop in drops})
    for each in listed:
        drop = stock.by_uidl.get(each.uidl or "") if trusted else None
        if drop is not None and _is_there(drop) and drop.size == each.size:
            stock.safe[each.number] = drop
            stock.claimed.add(drop.uidl)
        else:
            stock.wanted.append(each)
    for drop in stock.by_uidl.values():
        if _is_there(drop):
            stock.by_hash[drop.sha256].append(drop)
    return stock


def _is_there(drop: Drop) -> bool:
    return drop.here and drop.on_server


def received_at(content: bytes, now: datetime) -> datetime:
    """When the last server got it, as it says in the first Received or Date field."""
    for match in _FIELD.finditer(header_block(content)[:100_000]):
        text = match[1].rpartition(b";")[2].decode("ascii", "replace")
        moment = parse_date(" ".join(text.split()))
        if moment is not None and moment.year >= 1980 and moment <= now + _AHEAD:
            return moment
    return now


class Drain:
    """One visit. Every exception leaves the server as it was.

    `entered` is the event loop's time of the log-in: mail that came later is not seen.
    `arrived` is called once, when the first mail is here.
    """

    def __init__(self, link: Link, access: Pop3Access, asked: Collection[int] = ()) -> None:
        """`asked` are the UIDs of placeholders whose messages are to come."""
        self._link = link
        self._access = access
        self._asked = asked
        self._problems: list[str] = []
        self._here: set[str] | None = None
        self.entered: float | None = None
        self.arrived: Callable[[], None] = lambda: None

    async def run(self) -> list[str]:
        """Returns what could not be done, in sentences."""
        await self._require_maildir()
        large = self._large()
        session = await self._access.open_session()
        self.entered = session.entered
        try:
            listed = await session.listing()
            stock = await self._taken_stock(listed)
            await large.leave(session, stock, listed)
            await self._fetch(session, stock)
            await large.bring(session, stock, listed)
            await self._delete(session, stock, await self._deletable(session, listed, stock))
        finally:
            session.close()
        return self._problems + large.problems

    async def _require_maildir(self) -> None:
        """A Maildir that is away is no empty one: nothing may be fetched into its place."""
        try:
            await asyncio.to_thread(self._access.maildir.make)
        except OSError as trouble:
            words = safe_line(trouble.strerror or str(trouble), 400)
            raise StoreError(words) from trouble

    def _large(self) -> Large:
        access = self._access
        return Large(
            self._link,
            access.maildir,
            access.placeholders,
            limit=access.max_size,
            asked=self._asked,
            received_at=received_at,
        )

    async def _taken_stock(self, listed: Sequence[Listed]) -> Stock:
        drops = await self._link.disk(_drops)
        stock = take_stock(listed, drops)
        if stock.trusted:
            there = stock_uidls(listed)
            if stock.wanted:
                # Known by their content alone, until everything was fetched once.
                there |= {drop.uidl for drop in drops if is_copied(drop)}
            await self._link.disk(_note_listing, list(there), self._link.clock())
        return stock

    async def _fetch(self, session: Pop3Session, stock: Stock) -> None:
        """Three at once: a batch comes, the one before is written, the one before that noted."""
        done = 0
        batches = one_ahead(_batches(session.retrieve(stock.wanted)))
        async for batch in one_ahead(self._written(batches, stock)):
            await self._link.disk(_keep, [*batch.safe.values()], batch.renamed)
            failpoint("after_commit_drop")
            stock.safe |= batch.safe
            done += batch.count
            self._link.tell_progress("letters", done, len(stock.wanted))
            if done == batch.count:
                self.arrived()
        log.info("%s: %d messages fetched", self._link.account, done)

    async def _written(
        self, batches: AsyncIterator[list[Retrieved]], stock: Stock
    ) -> AsyncIterator[Batch]:
        """The same, in files that are safe; the journal does not know them yet."""
        async for retrieved in batches:
            failpoint("before_store")
            try:
                batch = await in_thread(self._store, retrieved, stock)
            except OSError as trouble:
                words = safe_line(trouble.strerror or str(trouble), 200)
                raise StoreError(
                    f"New mail cannot be stored and stays on the server: {words}"
                ) from trouble
            failpoint("after_deliver_drop")
            yield batch

    def _store(self, retrieved: Sequence[Retrieved], stock: Stock) -> Batch:
        """A message that is here already, wherever it was moved to, is not stored again."""
        batch = Batch(len(retrieved))
        new: list[New] = []
        now = self._link.clock()
        for each in retrieved:
            if each.content is None:
                self._problems.append(f"One message was not given out: {each.refusal}")
                continue
            drop, known = _recognised(each.listed, each.content, stock, now)
            if known is not None and known.uidl != drop.uidl:
                batch.renamed.append(known.uidl)
            if known is None:
                message = _as_new(drop, each.content, now)
                drop = replace(drop, name=message.unique)
                new.append(message)
            if not stock.trusted:
                stock.by_uidl[drop.uidl] = drop
            batch.safe[each.listed.number] = drop
        if self._here is None:
            self._here = self._access.maildir.uniques() if new else None
        if self._here is not None:
            missing = [message for message in new if message.unique not in self._here]
            self._access.maildir.deliver(INBOX, missing)
            self._here |= {message.unique for message in missing}
        return batch

    async def _deletable(
        self, session: Pop3Session, listed: Sequence[Listed], stock: Stock
    ) -> Collection[int]:
        """The numbers of what is safe here and has stayed there long enough."""
        rules = self._access.rules
        if rules.delete_nothing or self._is_in_doubt(session, listed, stock):
            return ()
        sure = stock.safe.keys() | stock.left.keys()
        if stock.unstable:
            sure = {each.number for each in stock.wanted} & stock.safe.keys()
        drops = await self._reviewed({**stock.safe, **stock.left})
        others = sum(each.size for each in listed if each.number not in drops)
        now = self._link.clock()
        plan = zip(drops, fates(list(drops.values()), rules, now, others), strict=True)
        return [number for number, fate in plan if number in sure and fate.is_due(now)]

    def _is_in_doubt(self, session: Pop3Session, listed: Sequence[Listed], stock: Stock) -> bool:
        """Whether nothing may be deleted, because messages cannot be told or counted."""
        if stock.trusted:
            return False
        if any(each.uidl is not None for each in listed):
            self._problems.append(
                f"{session.host} gives several messages the same UIDL; nothing is deleted there"
            )
            return True
        if self._access.rules.after_days:
            self._problems.append(
                f"{session.host} has no UIDLs, so that the days of a message cannot be counted:"
                ' set pop3.delete_after_days to 0 or "never"'
            )
            return True
        return False

    async def _reviewed(self, drops: dict[int, Drop]) -> dict[int, Drop]:
        """As the user says by now; what is to go because it was deleted here must not be here."""
        now = {drop.uidl: drop for drop in await self._link.disk(_drops)}
        drops = {number: now.get(drop.uidl, drop) for number, drop in drops.items()}
        believed = [drop for drop in drops.values() if drop.removed is not None]
        if not believed:
            return drops
        here = await asyncio.to_thread(self._names_here)
        back = {drop.uidl for drop in believed if drop.name in here}
        # What was noted just now is perhaps about to go.
        settled = self._link.clock() - _ABOUT_TO_GO
        old = {drop.uidl for drop in believed if drop.removed is None or drop.removed < settled}
        await self._link.disk(_note_back, back & old)
        return {
            number: replace(drop, removed=None) if drop.uidl in back else drop
            for number, drop in drops.items()
        }

    def _names_here(self) -> set[str]:
        held = self._access.placeholders
        return self._access.maildir.uniques() | (held.uniques() if held.exists() else set())

    async def _delete(self, session: Pop3Session, stock: Stock, numbers: Collection[int]) -> None:
        failpoint("before_dele")
        done = await session.delete(numbers)
        failpoint("after_dele")
        ended = await session.quit()
        failpoint("after_quit")
        if ended and done:
            drops = {**stock.safe, **stock.left}
            uidls = [drops[number].uidl for number in done]
            await self._link.disk(_note_deleted, uidls, self._link.clock())
            log.info("%s: %d messages deleted on the server", self._link.account, len(done))
        elif done:
            self._problems.append(f"{session.host} did not confirm that it deleted what is stored")


def stock_uidls(listed: Iterable[Listed]) -> set[str]:
    return {each.uidl for each in listed if each.uidl is not None}


def _recognised(
    listed: Listed, content: bytes, stock: Stock, now: datetime
) -> tuple[Drop, Drop | None]:
    """The entry for a message that was fetched, and what it was known as, if it was."""
    digest = sha256(content).digest()
    name = listed.uidl if stock.trusted and listed.uidl else ""
    known = stock.claim(listed, digest)
    if known is not None:
        uidl = name or known.uidl
        return replace(known, uidl=uidl, size=listed.size, absent=None, deleted=None), known
    # In the order of the server, also where many come at the same moment.
    seen = now + listed.number * _MICROSECOND
    return Drop(name or _nth_twin(digest, stock), digest, "", listed.size, seen), None


def _nth_twin(digest: bytes, stock: Stock) -> str:
    """A name by content, for servers whose own names cannot be used."""
    number = 0
    while (name := f"={digest.hex()} {number}") in stock.by_uidl:
        number += 1
    return name


def _as_new(drop: Drop, content: bytes, now: datetime) -> New:
    return New.of(drop_stem(drop.sha256, drop.uidl), content, received_at(content, now))


async def _batches(retrieved: AsyncIterator[Retrieved]) -> AsyncIterator[list[Retrieved]]:
    batch: list[Retrieved] = []
    size = 0
    async for each in retrieved:
        batch.append(each)
        size += len(each.content or b"")
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _drops(store: Store) -> list[Drop]:
    return store.maildrop.drops()


def _note_listing(store: Store, uidls: Collection[str], now: datetime) -> None:
    store.maildrop.listed(uidls, now)


def _keep(store: Store, drops: Sequence[Drop], renamed: Collection[str]) -> None:
    store.maildrop.store(drops, renamed)


def _note_deleted(store: Store, uidls: Collection[str], now: datetime) -> None:
    store.maildrop.deleted(uidls, now)


def _note_back(store: Store, uidls: Collection[str]) -> None:
    store.maildrop.removed(uidls, None)
