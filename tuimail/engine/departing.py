"""What leaves a POP3 server at the end of a visit: only what is safe here by its own hash."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from tuimail.backend.maildir.maildir import Maildir
from tuimail.backend.pop3.session import Pop3Session
from tuimail.engine.aging import Ages
from tuimail.engine.filing import Filing
from tuimail.engine.leaving import Rules, fates
from tuimail.engine.link import Link
from tuimail.engine.sameness import checked
from tuimail.engine.stock import Stock, Uidls
from tuimail.engine.unfetched import Unfetched
from tuimail.store.failpoint import failpoint
from tuimail.store.maildrop import Drop
from tuimail.store.store import Store
from tuimail.wire.pop3_commands import Listed

_ABOUT_TO_GO = timedelta(minutes=1)

log = logging.getLogger(__name__)

Fetch = Callable[[Sequence[Listed]], Awaitable[None]]


@dataclass(slots=True)
class Departing:
    """One visit's part of it. `problems` are what could not be done, in sentences."""

    link: Link
    session: Pop3Session
    rules: Rules
    maildir: Maildir
    placeholders: Maildir
    listed: Sequence[Listed]
    stock: Stock
    filing: Filing
    unfetched: Unfetched
    problems: list[str] = field(default_factory=list)

    async def run(self, ages: Ages, fetch: Fetch) -> None:
        """Delete what is due; `fetch` is asked for what has to be looked at again before that."""
        numbers = await self._deletable(ages, fetch)
        failpoint("before_dele")
        done = await self.session.delete(sorted(numbers))
        failpoint("after_dele")
        ended = await self.session.quit()
        failpoint("after_quit")
        if ended and done:
            drops = {**self.stock.safe, **self.stock.left}
            uidls = [drops[number].uidl for number in done]
            await self.link.disk(_note_deleted, uidls, self.link.clock())
            log.info("%s: %d messages deleted on the server", self.link.account, len(done))
        elif done:
            self.problems.append(
                f"{self.session.host} did not confirm that it deleted what is stored"
            )

    async def _deletable(self, ages: Ages, fetch: Fetch) -> Collection[int]:
        """The numbers of what is safe here by its own hash and has stayed there long enough."""
        if self.rules.delete_nothing or self._is_in_doubt():
            return ()
        due = await self._due(ages)
        if self.stock.unstable:
            return due & self.stock.fetched
        unseen = due - self.stock.fetched
        if not unseen:
            return due
        same = await self.confirm(unseen, fetch)
        sure = self.stock.fetched if self.stock.unstable else same | self.stock.fetched
        return await self._due(ages) & sure

    async def confirm(self, numbers: Collection[int], fetch: Fetch) -> set[int]:
        """Those that still are what they were; the others were fetched, as far as they came."""
        drops = {**self.stock.safe, **self.stock.left}
        asked = [each for each in self.listed if each.number in numbers]
        heads = {each.number: await self._head(drops[each.number]) for each in asked}
        # Of a placeholder there may be no header, and what it stands for was never here.
        same = {n for n in numbers if n in self.stock.left and not heads[n]}
        asked = [each for each in asked if each.number not in same]
        ask = partial(self.unfetched.heads, self.session)
        found = await checked(ask, asked, heads, self.stock.doubtful)
        again = [each for each in found.others if each.number in self.stock.safe]
        for each in again:
            # Whose it is, its content will say.
            self.stock.claimed.discard(self.stock.safe.pop(each.number).uidl)
        if again:
            await fetch(self.unfetched.order(again))
        return same | found.same

    async def _head(self, drop: Drop) -> bytes:
        if drop.head or not drop.here:
            return drop.head
        return (await asyncio.to_thread(self.filing.print_of, drop)).head

    def _is_in_doubt(self) -> bool:
        """Whether nothing may be deleted, because messages cannot be told or counted (P4)."""
        host = self.session.host
        match self.stock.uidls:
            case Uidls.USABLE:
                return False
            case Uidls.SHARED:
                self.problems.append(
                    f"{host} gives several messages the same UIDL; nothing is deleted there"
                )
            case Uidls.LACKING:
                self.problems.append(
                    f"{host} gives not every message a UIDL that can be used; nothing is deleted"
                    " there"
                )
            case Uidls.NONE if self.rules.after_days:
                self.problems.append(
                    f"{host} has no UIDLs, so that the days of a message cannot be counted:"
                    ' set pop3.delete_after_days to 0 or "never"'
                )
            case Uidls.NONE:
                return False
        return True

    async def _due(self, ages: Ages) -> set[int]:
        sure = self.stock.safe.keys() | self.stock.left.keys()
        drops = await self._reviewed({**self.stock.safe, **self.stock.left})
        others = sum(each.size for each in self.listed if each.number not in drops)
        now = self.link.clock()
        plan = fates(list(drops.values()), self.rules, now, others=others, ages=ages)
        return {n for n, fate in zip(drops, plan, strict=True) if n in sure and fate.is_due(now)}

    async def _reviewed(self, drops: dict[int, Drop]) -> dict[int, Drop]:
        """As the user says by now; what is to go because it was deleted here must not be here."""
        said = await self.link.disk(_said)
        drops = {number: _as_said(drop, said) for number, drop in drops.items()}
        believed = [drop for drop in drops.values() if drop.removed is not None]
        if not believed:
            return drops
        here = await asyncio.to_thread(self._names_here)
        back = {drop.uidl for drop in believed if drop.name in here}
        # What was noted just now is perhaps about to go.
        settled = self.link.clock() - _ABOUT_TO_GO
        old = {drop.uidl for drop in believed if drop.removed is None or drop.removed < settled}
        await self.link.disk(_note_back, back & old)
        return {
            number: replace(drop, removed=None) if drop.uidl in back else drop
            for number, drop in drops.items()
        }

    def _names_here(self) -> set[str]:
        """Raises MissingMaildir: a Maildir that is away says of nothing that it was deleted."""
        held = self.placeholders
        return self.maildir.uniques() | (held.uniques() if held.exists() else set())


def _as_said(drop: Drop, said: dict[str, tuple[bool, datetime | None]]) -> Drop:
    kept, removed = said.get(drop.uidl, (False, None))
    if (kept, removed) == (drop.kept, drop.removed):
        return drop
    return replace(drop, kept=kept, removed=removed)


def _said(store: Store) -> dict[str, tuple[bool, datetime | None]]:
    return store.maildrop.said()


def _note_deleted(store: Store, uidls: Collection[str], now: datetime) -> None:
    store.maildrop.deleted(uidls, now)


def _note_back(store: Store, uidls: Collection[str]) -> None:
    store.maildrop.removed(uidls, None)
