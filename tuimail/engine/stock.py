"""What the journal knows of the messages that a session lists, and what has to be fetched."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from tuimail.engine.same_letter import Print
from tuimail.store.maildrop import Drop
from tuimail.wire.pop3_commands import Listed

_MICROSECOND = timedelta(microseconds=1)
# Where a size or the server's notes change again and again, the header is looked at instead.
UNSTEADY = 2

CoreOf = Callable[[Drop], bytes]


class Uidls(Enum):
    """What can be said of the UIDLs of a session."""

    USABLE = auto()
    NONE = auto()
    SHARED = auto()
    LACKING = auto()


def usable(listed: Sequence[Listed]) -> tuple[list[Listed], Uidls]:
    """The same, without the UIDLs that name more than one of them (security.md P4)."""
    count = Counter(each.uidl for each in listed if each.uidl is not None)
    shared = {uidl for uidl, times in count.items() if times > 1}
    kept = [replace(each, uidl=None) if each.uidl in shared else each for each in listed]
    if shared:
        return kept, Uidls.SHARED
    if all(each.uidl is not None for each in listed):
        return kept, Uidls.USABLE
    return kept, Uidls.LACKING if count else Uidls.NONE


@dataclass(slots=True)
class Stock:
    """What the journal knows of the messages that a session lists.

    `safe` are those stored here for sure, by number; `left` those that a placeholder stands
    for, `wanted` those to be fetched, `fetched` those whose content was seen in this session.
    `doubtful` are known by their UIDL, and their header has to show that it still is theirs.
    `claimed` are the entries that a message of this session was found to be; `unstable`: one of
    them by its content, under another UIDL; `reused`: a UIDL was found to name another one.
    """

    listed: Sequence[Listed]
    uidls: Uidls
    by_uidl: dict[str, Drop]
    safe: dict[int, Drop] = field(default_factory=dict)
    left: dict[int, Drop] = field(default_factory=dict)
    wanted: list[Listed] = field(default_factory=list)
    fetched: set[int] = field(default_factory=set)
    doubtful: set[int] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    by_hash: dict[bytes, list[Drop]] = field(default_factory=lambda: defaultdict(list))
    by_core: dict[bytes, list[Drop]] = field(default_factory=lambda: defaultdict(list))
    unstable: bool = False
    reused: bool = False

    @property
    def trusted(self) -> bool:
        """Whether every message has a UIDL of its own."""
        return self.uidls is Uidls.USABLE

    def astray(self) -> list[Drop]:
        """Entries that no UIDL leads to: gone, unless a message got another UIDL."""
        led_to = {each.uidl for each in self.listed} | self.claimed
        entries = self.by_uidl.values()
        return [drop for drop in entries if is_there(drop) and drop.uidl not in led_to]

    def perhaps_there(self) -> set[str]:
        """Their names, as far as what is listed and not here may prove to be one of them."""
        known = self.safe.keys() | self.left.keys()
        if any(each.number not in known for each in self.listed):
            return {drop.uidl for drop in self.astray()}
        sizes = {drop.size for drop in self.left.values()}
        return {drop.uidl for drop in self.astray() if drop.size in sizes}

    def own(self, listed: Listed) -> Drop | None:
        """The entry that its UIDL leads to."""
        return self.by_uidl.get(listed.uidl) if listed.uidl else None

    def claim(self, listed: Listed, print_: Print, core_of: CoreOf) -> Drop | None:
        """The entry for this content: by its UIDL, else one that no UIDL leads to any more.

        Where both lead nowhere, a server may have written its notes into it since.
        """
        own = self.own(listed)
        mine = [own] if own is not None and own.here else []
        same = [each for each in mine if each.sha256 == print_.whole]
        noted = [each for each in mine if each not in same and core_of(each) == print_.core]
        for drop in (*same, *self.by_hash[print_.whole], *noted, *self.by_core[print_.core]):
            if drop.uidl not in self.claimed:
                self.claimed.add(drop.uidl)
                self.unstable |= listed.uidl is not None and drop is not own
                return drop
        if own is not None and own.here and is_there(own):
            self.unstable = self.reused = True
        return None


def take_stock(listed: Sequence[Listed], uidls: Uidls, drops: Iterable[Drop]) -> Stock:
    """Sort out what has to be fetched; what came back after it was gone is looked at anew."""
    stock = Stock(listed, uidls, {drop.uidl: drop for drop in drops})
    for each in listed:
        drop = stock.own(each)
        if drop is None or not is_there(drop):
            stock.wanted.append(each)
        elif drop.size == each.size or drop.unsteady >= UNSTEADY:
            stock.safe[each.number] = drop
            stock.claimed.add(drop.uidl)
            if drop.size != each.size:
                stock.doubtful.add(each.number)
        else:
            stock.wanted.append(each)
    for drop in stock.by_uidl.values():
        if is_there(drop):
            stock.by_hash[drop.sha256].append(drop)
            if drop.core:
                stock.by_core[drop.core].append(drop)
    return stock


def is_there(drop: Drop) -> bool:
    return drop.here and drop.on_server


@dataclass(frozen=True, slots=True)
class Sight:
    """When a message is seen, and how much time the visits had seen pass then."""

    now: datetime
    passed: timedelta


def recognised(
    listed: Listed, print_: Print, stock: Stock, sight: Sight, core_of: CoreOf
) -> tuple[Drop, Drop | None]:
    """The entry for a message that was fetched, and what it was known as, if it was."""
    known = stock.claim(listed, print_, core_of)
    if known is not None:
        changed = known.size != listed.size or known.sha256 != print_.whole
        drop = replace(
            known,
            uidl=listed.uidl or known.uidl,
            sha256=print_.whole,
            core=print_.core,
            head=print_.head,
            size=listed.size,
            unsteady=known.unsteady + changed,
            absent=None,
            deleted=None,
        )
        return drop, known
    # In the order of the server, also where many come at the same moment.
    seen = sight.now + listed.number * _MICROSECOND
    drop = Drop(listed.uidl or _nth_twin(print_.whole, stock), print_.whole, "", listed.size, seen)
    return replace(drop, core=print_.core, head=print_.head, seen_at=sight.passed), None


def _nth_twin(digest: bytes, stock: Stock) -> str:
    """A name by content, for servers whose own names cannot be used."""
    number = 0
    while (name := f"={digest.hex()} {number}") in stock.by_uidl:
        number += 1
    return name
