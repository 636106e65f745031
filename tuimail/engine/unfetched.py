"""Messages that a POP3 server lists and that could not be had: when each is asked for again.

One that is refused, or in which the line ends, is left out and all others come. It is tried
again by itself; after three tries a placeholder stands for it, and the pauses grow.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tuimail.backend.base import Refused, Unreachable
from tuimail.backend.pop3.session import BRISK, Pace, Pop3Session, Retrieved
from tuimail.engine.link import Link
from tuimail.model.safe_text import SafeText
from tuimail.model.sizes import size_words
from tuimail.store.maildrop_trouble import ENOUGH_TRIES, Trouble
from tuimail.store.store import Store
from tuimail.store.values import from_micros, to_micros
from tuimail.wire.pop3_commands import Listed

# After the line broke once, and again.
CAUTIOUS = Pace(20, 200_000)
ONE_BY_ONE = Pace(1, 0)
# A server that refuses so many and gives out none has a trouble of its own.
ALL_REFUSED = 20
# So often the line may end in headers that are asked for, before nobody asks for any more.
HEAD_BREAKS = 2
LONGEST_SHOWN = 70
SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=1)


def name_of(listed: Listed) -> str:
    """By what a message is known again that is not here; a UIDL has no blank in it."""
    return listed.uidl or f"#{listed.number} {listed.size}"


def in_order(
    wanted: Sequence[Listed], troubles: Collection[Trouble], now: datetime, *, broken: bool
) -> list[Listed]:
    """In which order to ask, what rests left out; `broken`: the session before ended in one.

    In that one this session does not begin if there is anything else. At most one that ended
    the line comes first, where its end says most; of those given up one that is due comes last.
    """
    known = {trouble.name: trouble for trouble in troubles}
    ended = {name for name, trouble in known.items() if trouble.broke}
    latest = max((known[name] for name in ended), key=lambda each: each.last, default=None)
    fresh: list[Listed] = []
    suspects: list[Listed] = []
    resting: list[Listed] = []
    for each in wanted:
        trouble = known.get(name_of(each))
        if trouble is None or (not trouble.broke and is_due(trouble, now)):
            fresh.append(each)
        elif trouble.broke and not trouble.given_up:
            suspects.append(each)
        elif trouble.broke and is_due(trouble, now):
            resting.append(each)

    def last_try(listed: Listed) -> datetime:
        return known[name_of(listed)].last

    suspects.sort(key=last_try)
    last = min(resting, key=last_try, default=None)
    first, rest = suspects[:1], suspects[1:]
    if first and fresh and broken and latest is not None and name_of(first[0]) == latest.name:
        first, rest = [], suspects
    return [*first, *fresh, *rest, *([last] if last else [])]


def is_due(trouble: Trouble, now: datetime) -> bool:
    """Whether to ask for it again; a clock that was ahead puts nothing off for ever."""
    return not trouble.given_up or not now < trouble.next_try <= now + LONGEST


def after(trouble: Trouble | None, failed: Retrieved, now: datetime) -> Trouble:
    """What is known of a message after it could not be had once more.

    Only where it was the first of its session, or did not even begin, the end of the line says
    something about it.
    """
    listed, broken = failed.listed, failed.broken
    telling = broken is None or not broken.before or not broken.begun
    if trouble is None:
        trouble = Trouble(
            name_of(listed), listed.size, now, now, 0, broke=False, reason="", next_try=now
        )
        telling = True
    tries = trouble.tries + telling
    pause = SHORTEST * 2.0 ** min(max(tries - ENOUGH_TRIES, 0), 10)
    return replace(
        trouble,
        size=listed.size,
        last=now,
        tries=tries,
        broke=broken is not None,
        reason=str(failed.refusal),
        next_try=now + min(pause, LONGEST) if tries >= ENOUGH_TRIES else now,
    )


@dataclass(slots=True)
class Unfetched:
    """One visit's part of it. `host` is named in sentences."""

    link: Link
    host: str
    _known: dict[str, Trouble] = field(default_factory=dict)
    _breaks: int = 0
    _head_breaks: int = 0
    _came: set[str] = field(default_factory=set)
    _failed: dict[str, Retrieved] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _dismissed: set[str] = field(default_factory=set)

    async def begin(self, listed: Sequence[Listed], *, all_named: bool) -> None:
        """Remember; what is not listed any more is no trouble.

        A UIDL may be missing for a day, unless every message has one.
        """
        known, memory = await self.link.disk(_recall)
        self._breaks = memory.get("breaks", 0)
        rested = from_micros(memory.get("heads_asked", 0)) < self.link.clock() - LONGEST
        self._head_breaks = 0 if rested else memory.get("head_breaks", 0)
        names = {name_of(each) for each in listed}
        self._known = {each.name: each for each in known if each.name in names}
        gone = {each.name for each in known} - names
        over = {name for name in gone if all_named or name.startswith("#")}
        if over:
            await self.link.disk(_over, over)

    @property
    def pace(self) -> Pace:
        return (BRISK, CAUTIOUS, ONE_BY_ONE)[min(self._breaks, 2)]

    def order(self, wanted: Sequence[Listed]) -> list[Listed]:
        now = self.link.clock()
        return in_order(wanted, self._known.values(), now, broken=self._breaks > 0)

    def tries(self, wanted: Iterable[Listed]) -> dict[int, int]:
        """How often each could not be had, by its number in this session."""
        found = ((each.number, self._known.get(name_of(each))) for each in wanted)
        return {number: trouble.tries for number, trouble in found if trouble is not None}

    def of(self, listed: Listed) -> Trouble | None:
        return self._known.get(name_of(listed))

    def broke_in(self, listed: Listed) -> bool:
        """Whether the line ended in it when it was asked for last."""
        trouble = self.of(listed)
        return trouble is not None and trouble.broke

    def rests(self, listed: Listed) -> bool:
        """Whether it was given up and is not due."""
        trouble = self.of(listed)
        return trouble is not None and not is_due(trouble, self.link.clock())

    def given_up(self, wanted: Iterable[Listed]) -> set[int]:
        """The numbers of those that a placeholder is to stand for."""
        found = ((each.number, self.of(each)) for each in wanted)
        return {number for number, trouble in found if trouble is not None and trouble.given_up}

    async def heads(
        self, session: Pop3Session, wanted: Sequence[Listed]
    ) -> AsyncIterator[Retrieved]:
        """Headers alone; refused without a question where the line ended in them twice of late."""
        if self._head_breaks >= HEAD_BREAKS:
            for each in wanted:
                yield Retrieved(each, None, SafeText("the line ended when it was asked for"))
            return
        try:
            async for head in session.heads(wanted):
                yield head
        except (Unreachable, Refused):
            self._head_breaks += 1
            asked = to_micros(self.link.clock())
            memory = {"head_breaks": self._head_breaks, "heads_asked": asked}
            await self.link.disk(_remember, memory)
            raise

    def came(self, listed: Iterable[Listed]) -> None:
        """They are safe here."""
        self._came |= {name_of(each) for each in listed}

    def dismissed(self, listed: Listed) -> None:
        """The user deleted what stands for it: nobody misses it any more."""
        self._dismissed.add(name_of(listed))

    def failed(self, retrieved: Iterable[Retrieved]) -> None:
        self._failed |= {name_of(each.listed): each for each in retrieved}

    async def settle(self) -> list[Retrieved]:
        """Note what came and what did not; returns what was given up just now.

        Raises Unreachable if the server gives out nothing at all: that says nothing of any one.
        """
        over = (self._came | self._dismissed) & self._known.keys()
        done = self._came | self._dismissed | self._settled
        failed = [each for name, each in self._failed.items() if name not in done]
        self._settled |= self._failed.keys()
        refused = [each for each in failed if each.broken is None]
        if len(refused) > ALL_REFUSED and not self._came:
            raise Unreachable(f"{self.host} gives out no message: {refused[0].refusal}")
        now = self.link.clock()
        noted = [after(self.of(each.listed), each, now) for each in failed]
        fresh = [
            each
            for each, trouble in zip(failed, noted, strict=True)
            if trouble.given_up and each.listed.number not in self.given_up([each.listed])
        ]
        self._known |= {trouble.name: trouble for trouble in noted}
        for name in over:
            del self._known[name]
        if over or noted:
            await self.link.disk(_settle, over, noted)
        return fresh

    async def ended(self, *, broken: bool) -> None:
        """How the session ended: the next one is the more cautious the more of them broke."""
        breaks = min(self._breaks + 1, 2) if broken else 0
        if breaks != self._breaks:
            await self.link.disk(_remember, {"breaks": breaks})
            self._breaks = breaks

    @property
    def where(self) -> str:
        """In which message the line ended, if in any."""
        found = (each.listed for each in self._failed.values() if each.broken is not None)
        return "".join(f", in the message {_shown(name_of(each))}" for each in found)

    def sentence(self) -> str:
        """What is not here, "" if there is nothing."""
        found = sorted(self._known.values(), key=lambda each: each.last, reverse=True)
        if not found:
            return ""
        latest = found[0]
        size = f", {size_words(latest.size)}" if latest.size else ""
        which = f"({_shown(latest.name)}{size}): {latest.reason}"
        if len(found) == 1:
            return f"One message could not be had from {self.host} {which}"
        return (
            f"{len(found)} messages could not be had from {self.host}, as"
            f" `tuimail pop plan` lists them; the latest {which}"
        )


def _shown(name: str) -> str:
    """A UIDL may be as long as its server likes."""
    words = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
    return words if name.startswith("#") else f"UIDL {words}"


def _recall(store: Store) -> tuple[list[Trouble], dict[str, int]]:
    return store.maildrop_trouble.troubles(), store.maildrop_trouble.memory()


def _over(store: Store, names: Collection[str]) -> None:
    store.maildrop_trouble.over(names)


def _settle(store: Store, over: Collection[str], noted: Sequence[Trouble]) -> None:
    store.maildrop_trouble.over(over)
    store.maildrop_trouble.note(noted)


def _remember(store: Store, values: Mapping[str, int]) -> None:
    store.maildrop_trouble.remember(values)
