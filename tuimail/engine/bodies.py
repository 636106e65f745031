"""Whole messages: fetched in the background, or at once for who waits; then made readable."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from tuimail.backend.base import NotAuthorized, Refused, Unreachable
from tuimail.engine.batching import in_batches
from tuimail.engine.events import BodiesArrived, BodiesFailed
from tuimail.engine.gathering import SMALL, Gathering, Missed, Place
from tuimail.engine.in_pieces import LARGEST_OF_ALL, InPieces
from tuimail.engine.leaving import reasons_of
from tuimail.engine.link import Link
from tuimail.engine.tasks import one_ahead
from tuimail.engine.troubles import note_mailbox, note_missed
from tuimail.model.body import Body, NotHere
from tuimail.model.mail import MailboxName, MessageKey
from tuimail.model.safe_text import SafeText, safe_line
from tuimail.model.sizes import size_words
from tuimail.model.sync import Part
from tuimail.store.failpoint import failpoint
from tuimail.store.store import Failed, Store, Touched, Wanted

BATCH = 500
BATCH_BYTES = 4_000_000
# Asked for at a time; the first time only what is on the screen, and some more.
AHEAD = 20
FIRST = 250
LARGEST = 50_000_000
# What somebody waits for and is larger comes in pieces, between which the small goes.
BIG = 1 << 20
PARSED_AT_ONCE = 100
READ_AT_ONCE = 400
# So many messages are readable within a second or two.
A_WHILE = 1000

Raw = tuple[MessageKey, bytes]

_UNREADABLE = Body(
    notes=(SafeText("Its file is not there any more, or it is larger than 400 MB."),)
)

NOT_THERE = SafeText("The message is not on the server any more.")
_AGAIN = SafeText("It is tried again by itself, in growing pauses.")
_HOW = SafeText("The keys g f bring it here, or `tuimail show --raw` with its id.")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """Which messages are kept here whole: all, those of a certain age, or none.

    Above `largest` bytes a note stands for the message. `placeholders`: what cannot be had
    was left on the server for its size, and comes when it is asked for.
    """

    wanted: bool = True
    age: timedelta | None = None
    largest: int = LARGEST
    placeholders: bool = False


EVERYTHING = BodyPolicy()
# From a folder of this machine.
EVERYTHING_LOCAL = BodyPolicy(largest=LARGEST_OF_ALL, placeholders=True)


class Bodies:
    """Brings messages here whole, newest first, and what somebody waits for before that."""

    def __init__(self, link: Link, policy: BodyPolicy) -> None:
        self._link = link
        self._policy = policy
        self._in_pieces = InPieces(link)
        # Whether the line was lost when messages came last.
        self._cautious = False
        self._absent: dict[MessageKey, int] = {}
        self._done = 0
        self.unread = asyncio.Event()
        self.unread.set()
        self.all_read = asyncio.Event()

    def forget_absent(self) -> None:
        """After a pull: what the server did not give is known to be gone, or worth a try."""
        self._absent.clear()
        # What came, or was copied before it was read, is here and not readable yet.
        self.all_read.clear()
        self.unread.set()
        self._end_progress()

    def _end_progress(self) -> None:
        """Whoever was told that it began is told that it ended: it stands on a screen."""
        if self._done:
            self._link.tell_progress("messages", self._done, self._done)
        self._done = 0

    async def download_some(self) -> bool:
        """Fetch a few batches; False if there is nothing more to fetch."""
        wanted = await self._wanted()
        if not wanted:
            self._end_progress()
            return False
        arrived: set[MessageKey] = set()
        async for raw in one_ahead(self._batches(wanted)):
            await self._keep_raw(raw)
            arrived.update(key for key, _ in raw)
            self._done += len(raw)
            self._link.tell_progress("messages", self._done, 0)
        absent = [each for each in wanted if each.key not in arrived]
        self._absent |= {each.key: each.size for each in absent}
        await self._note_placeholders(absent)
        return True

    async def fetch(self, keys: Collection[MessageKey], large: Collection[MessageKey] = ()) -> None:
        """Bring these here and make them readable, now, and tell.

        `large` are those of them that are to come whatever their size.
        """
        reason = NOT_THERE
        reasons: dict[MessageKey, str] = {}
        try:
            await self._bring(large)
            await self._fetch_missing(await self._missing(keys), reasons)
        except (Refused, Unreachable, NotAuthorized) as trouble:
            reason = safe_line(str(trouble), 500)
        for key, why in reasons.items():
            await self._tell([key], safe_line(why, 500), frozenset({key}).intersection(large))
        rest = frozenset(keys) - reasons.keys()
        await self._tell(rest, reason, rest.intersection(large))

    async def big_ones(self, keys: Collection[MessageKey]) -> frozenset[MessageKey]:
        """Those of `keys` that are not here and take long to come."""
        if self._policy.placeholders:
            return frozenset()
        wanted = await self._link.disk(Store.missing, keys)
        return frozenset(each.key for each in wanted if BIG < each.size <= self._policy.largest)

    async def read_here(
        self,
        keys: Collection[MessageKey],
        reason: SafeText,
        large: Collection[MessageKey] = (),
    ) -> None:
        """Without a server: make readable what is here, and tell why the others are not."""
        await self._extract(await self._missing(keys), urgent=True)
        await self._tell(keys, reason, large)

    async def extract_some(self, count: int = READ_AT_ONCE) -> bool:
        """Make some of the messages that are here readable; False if all of them are."""
        self.unread.clear()
        try:
            keys = await self._link.disk(Store.unparsed, count)
        except BaseException:
            self.unread.set()
            raise
        if not keys:
            if not self.unread.is_set():
                self.all_read.set()
            return False
        self.unread.set()
        await self._extract(keys, urgent=False)
        return True

    async def read_soon(self) -> None:
        """Return when all can be read, or at once if that will take long."""
        if await self._link.disk(Store.unparsed_count) <= A_WHILE:
            await self.all_read.wait()

    async def _wanted(self) -> list[Wanted]:
        if not self._policy.wanted:
            return []
        wanted = await self._link.disk(
            Store.bodies_wanted,
            (AHEAD * BATCH if self._done else FIRST) + len(self._absent),
            AHEAD * BATCH_BYTES + sum(self._absent.values()),
            since=self._since(),
            max_size=self._policy.largest,
        )
        return [each for each in wanted if each.key not in self._absent]

    def _since(self) -> datetime | None:
        return None if self._policy.age is None else self._link.clock() - self._policy.age

    async def _batches(self, wanted: Sequence[Wanted]) -> AsyncIterator[list[Raw]]:
        """What the server does not give is noted, and the rest comes all the same."""
        for place, group in groupby(wanted, _place):
            try:
                async for batch in self._fetched(place, list(group), {}):
                    yield batch
            except Refused as refusal:
                log.warning("%s: messages of one mailbox were refused", self._link.account)
                await note_mailbox(self._link, place.mailbox, refusal)
            except Unreachable as loss:
                await note_mailbox(self._link, place.mailbox, loss)
                await self._link.backend.connect()

    async def _fetched(
        self, place: Place, wanted: Sequence[Wanted], reasons: dict[MessageKey, str]
    ) -> AsyncIterator[list[Raw]]:
        """`reasons` get what was in the way of those that do not come."""
        of_uid = {each.uid: each for each in wanted}
        sizes = {each.uid: each.size for each in wanted}

        async def miss(missed: Missed) -> None:
            await self._miss(of_uid[missed.uid].key, reasons, missed)

        gathering = Gathering(
            self._link.backend, place, Part.FULL, miss, sizes, cautious=self._cautious
        )
        suspects = {each.uid for each in wanted if each.suspect}
        large = {uid for uid in suspects if sizes[uid] > SMALL}
        plain = [uid for uid in of_uid if uid not in suspects]
        came: set[int] = set()
        fetch = gathering.messages(plain, suspects - large)
        async for batch in in_batches(fetch, BATCH, BATCH_BYTES):
            came.update(each.uid for each in batch)
            yield [(of_uid[each.uid].key, each.content) for each in batch if each.uid in of_uid]
        self._cautious = gathering.broke
        for uid in [*gathering.for_pieces, *large]:
            await self._bring_in_pieces(of_uid[uid], miss)
        gone = of_uid.keys() - came - gathering.settled - large
        await self._note_gone([of_uid[uid].key for uid in gone])

    async def _miss(self, key: MessageKey, reasons: dict[MessageKey, str], missed: Missed) -> None:
        reasons[key] = missed.reason
        await note_missed(self._link, key, missed)

    async def _bring_in_pieces(
        self, wanted: Wanted, miss: Callable[[Missed], Awaitable[None]]
    ) -> None:
        try:
            if await self._in_pieces.bring(wanted):
                self._tell_unread()
            else:
                await self._note_gone([wanted.key])
        except Refused as refusal:
            await miss(Missed(wanted.uid, str(refusal), broke=False))
        except Unreachable as loss:
            await self._link.backend.connect()
            await miss(Missed(wanted.uid, str(loss), broke=True))

    async def _note_gone(self, keys: Collection[MessageKey]) -> None:
        """A pull may show that they are not on the server any more."""
        if keys and not self._policy.placeholders:
            failed = Failed(SafeText("the server does not send it"), sure=False)
            await self._link.disk(Store.note_failed, dict.fromkeys(keys, failed))

    def _tell_unread(self) -> None:
        self.all_read.clear()
        self.unread.set()

    async def _keep_raw(self, raw: Sequence[Raw]) -> None:
        await self._link.disk(Store.keep_raw, raw)
        failpoint("after_keep_raw")
        self._tell_unread()

    async def _fetch_missing(
        self, keys: Sequence[MessageKey], reasons: dict[MessageKey, str]
    ) -> None:
        wanted = await self._link.disk(Store.missing, keys)
        largest = self._policy.largest
        await self._keep_notes([each for each in wanted if each.size > largest])
        fetchable = sorted((each for each in wanted if each.size <= largest), key=_place)
        reasons |= await self._left_alone(keys)
        fetchable = [each for each in fetchable if each.key not in reasons]
        big = await self.big_ones([each.key for each in fetchable])
        small = [each for each in fetchable if each.key not in big]
        for place, group in groupby(small, _place):
            async for raw in self._fetched(place, list(group), reasons):
                await self._keep_raw(raw)
        for each in fetchable:
            if each.key in big:
                await self._bring_in_pieces(each, partial(self._miss, each.key, reasons))
        await self._note_placeholders(await self._link.disk(Store.missing, keys))
        await self._extract(await self._missing(keys), urgent=True)

    async def _left_alone(self, keys: Collection[MessageKey]) -> dict[MessageKey, str]:
        """Why these are not asked for now: the line was lost at them again and again."""
        now = self._link.clock()
        troubles = await self._link.disk(Store.troubles)
        return {
            each.key: each.reason
            for each in troubles
            if each.key in keys and each.key is not None and each.broke and each.again > now
        }

    async def _bring(self, keys: Collection[MessageKey]) -> None:
        """What is too large to come by itself."""
        for each in await self._lacking(keys):
            if each.size > self._policy.largest and await self._in_pieces.bring(each):
                await self._extract([each.key], urgent=True)

    async def _lacking(self, keys: Collection[MessageKey]) -> list[Wanted]:
        return await self._link.disk(lambda store: store.arriving().lacking(keys)) if keys else []

    async def _tell(
        self, keys: Collection[MessageKey], reason: SafeText, large: Collection[MessageKey]
    ) -> None:
        lacking = frozenset(each.key for each in await self._lacking(large))
        failed = lacking.union(await self._missing(keys))
        if failed:
            self._link.publish(BodiesFailed(failed, reason))
        if arrived := frozenset(keys) - failed:
            self._link.publish(BodiesArrived(arrived))

    async def _keep_notes(self, too_large: Sequence[Wanted]) -> None:
        """A placeholder instead of the text (security.md N7)."""
        bodies = [(each.key, _too_large(each.size)) for each in too_large]
        self._link.show(await self._link.disk(Store.keep_bodies, bodies))

    async def _note_placeholders(self, absent: Sequence[Wanted]) -> None:
        """Say in their place why they are not here, and how they come."""
        if not self._policy.placeholders:
            return
        for place, group in groupby(sorted(absent, key=_place), _place):
            of_uid = {each.uid: each for each in group}
            fetch = self._link.backend.fetch(
                place.mailbox, place.validity, list(of_uid), Part.HEADERS
            )
            left = [of_uid[each.uid] async for each in fetch if not each.here]
            reasons = await self._link.disk(reasons_of, [each.uid for each in left])
            bodies = [(each.key, _left_there(each.size, reasons.get(each.uid))) for each in left]
            self._link.show(await self._link.disk(Store.keep_bodies, bodies))

    async def _extract(self, keys: Sequence[MessageKey], *, urgent: bool) -> None:
        """Parse and store side by side; tell where a list shows more of them now."""
        mailboxes: set[MailboxName] = set()
        async for bodies in one_ahead(self._parsed(keys, urgent=urgent)):
            touched = await self._link.disk(Store.keep_bodies, bodies)
            mailboxes |= touched.mailboxes
            failpoint("after_keep_bodies")
        self._link.show(Touched(frozenset(mailboxes)))

    async def _parsed(
        self, keys: Sequence[MessageKey], *, urgent: bool
    ) -> AsyncIterator[list[tuple[MessageKey, Body]]]:
        for start in range(0, len(keys), PARSED_AT_ONCE):
            some = keys[start : start + PARSED_AT_ONCE]
            raw = await self._link.disk(_raw, some)
            if lost := set(some).difference(key for key, _ in raw):
                # A power failure may have taken their bytes: then they are fetched again.
                await self._link.disk(Store.missing, lost)
            bodies = await self._link.parser.bodies([each for _, each in raw], urgent=urgent)
            parsed = [(key, body) for (key, _), body in zip(raw, bodies, strict=True)]
            # Of a file there is no other copy to wait for.
            yield [*parsed, *((key, _UNREADABLE) for key in lost if self._policy.placeholders)]

    async def _missing(self, keys: Collection[MessageKey]) -> list[MessageKey]:
        """Those that cannot be read yet."""
        return await self._link.disk(_not_here, keys) if keys else []


def _raw(store: Store, keys: Sequence[MessageKey]) -> list[tuple[MessageKey, bytes]]:
    """The bytes of those that are here."""
    found = ((key, store.raw(key)) for key in keys)
    return [(key, content) for key, content in found if content is not None]


def _place(wanted: Wanted) -> Place:
    return Place(wanted.mailbox, wanted.validity)


def _not_here(store: Store, keys: Collection[MessageKey]) -> list[MessageKey]:
    return [key for key in keys if isinstance(store.body(key), NotHere)]


def _left_there(size: int, reason: str | None) -> Body:
    """What stands for the text of a message that is on the server only."""
    if reason is None:
        told = SafeText(f"{size_words(size)}, on the server only: larger than pop3.max_size.")
        return Body(lines=(told, _HOW), snippet=told)
    told = SafeText(f"On the server only: it could not be had. {safe_line(reason, 200)}")
    return Body(lines=(told, _AGAIN, _HOW), snippet=told)


def _too_large(size: int) -> Body:
    told = SafeText(f"{size_words(size)}, on the server only: too large to come by itself.")
    return Body(lines=(told, _HOW), snippet=told, notes=(told,))
