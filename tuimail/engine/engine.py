"""The engine: all accounts side by side, and everybody who listens to them."""

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NoReturn, assert_never

from tuimail import __version__
from tuimail.engine.account import Account, AccountSetup
from tuimail.engine.broadcast import Broadcast, Listener
from tuimail.engine.events import EngineGone, JournalChanged, MailboxChanged
from tuimail.engine.requests import (
    FetchBodies,
    GiveSecret,
    Reconnect,
    Request,
    Ring,
    Status,
    Stop,
    SyncNow,
)
from tuimail.engine.tasks import first_of, unending
from tuimail.mime.worker import Parser
from tuimail.model.mail import (
    AccountName,
    MailboxId,
    MailboxName,
    MessageKey,
    account_slot,
    slot_of,
)
from tuimail.model.safe_text import safe_line

LONGEST_FLIGHT = 20.0

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """Keeps every account in step with its server until it is told to stop."""

    def __init__(
        self,
        read_setups: Callable[[], Sequence[AccountSetup]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._read_setups = read_setups
        self._clock = clock
        self._broadcast = Broadcast()
        self._attached = 0
        self._visits = 0
        self._parser = Parser()
        self._stop = asyncio.Event()
        self._changed = asyncio.Event()
        self._accounts: dict[AccountName, Account] = {}
        self._setups: dict[AccountName, AccountSetup] = {}
        self._former: list[Account] = []
        self._follow_settings()

    async def run(self) -> None:
        """Return when `stop` was asked for and what was in flight is over."""
        running: dict[Account, asyncio.Task[NoReturn]] = {}
        try:
            async with asyncio.TaskGroup() as tasks:
                while not self._stop.is_set():
                    self._changed.clear()
                    await self._end(running)
                    for account in self._accounts.values():
                        if account not in running:
                            run = unending(account.run(), f"account {account.name}")
                            running[account] = tasks.create_task(run)
                    await first_of(self._stop.wait(), self._changed.wait())
                self._former = list(running)
                await self._end(running)
        finally:
            await self._parser.close()
            self._broadcast.end()

    async def _end(self, running: "dict[Account, asyncio.Task[NoReturn]]") -> None:
        """End the former accounts: what is between a server and a store ends first."""
        former = [account for account in self._former if account in running]
        self._former.clear()
        await asyncio.gather(*(_end_flight(account) for account in former))
        for account in former:
            running[account].cancel()
        for account in former:
            await asyncio.wait([running.pop(account)])
            heir = self._accounts.get(account.name)
            if heir is not account:
                account.hand_over(heir)

    def stop(self, newer: str = "") -> None:
        """End what is in flight and leave, for good or because a newer version takes over."""
        words = "The engine was stopped; a new tuimail starts another."
        if newer:
            words = f"tuimail {newer} took over: leave this one and start it again."
        self._broadcast.publish(EngineGone(safe_line(words, 200), outdated=bool(newer)))
        self.leave()

    def leave(self) -> None:
        """The same without a word: who comes at this very moment starts another engine."""
        self._stop.set()

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Attach; the first news are how everything stands."""
        self._follow_settings()
        self._visits += 1
        with self._broadcast.listen() as listener:
            self._attached += 1
            for account in self._accounts.values():
                for event in account.standing():
                    listener.hear(event)
            try:
                yield listener
            finally:
                self._attached -= 1

    def serve(self, request: Request) -> None:
        match request:
            case Ring(account=name, mailboxes=mailboxes):
                self._ring(name, mailboxes)
            case FetchBodies(keys=keys, large=large):
                self._fetch(keys, large=large)
            case SyncNow(accounts=names):
                self._each(names, Account.sync)
            case Reconnect(accounts=names):
                self._each(names, Account.reconnect)
            case GiveSecret(account=name, secret=secret):
                self._each({name}, lambda account: account.give_secret(secret))
            case Stop(newer=newer):
                self.stop(newer)
            case _:
                assert_never(request)

    async def status(self) -> Status:
        accounts = tuple([await account.status() for account in self._accounts.values()])
        return Status(__version__, os.getpid(), self._attached, accounts)

    async def is_idle(self) -> bool:
        """Whether nobody is attached and nothing is left to do."""
        visits = self._visits
        busy = any([await account.has_work() for account in self._accounts.values()])
        return not busy and not self._attached and self._visits == visits

    def _each(self, names: Collection[AccountName], act: Callable[[Account], None]) -> None:
        """No names means all accounts."""
        for name, account in self._accounts.items():
            if not names or name in names:
                act(account)

    def _ring(self, name: AccountName, mailboxes: Collection[MailboxName]) -> None:
        for mailbox in mailboxes:
            self._broadcast.publish(MailboxChanged(MailboxId(name, mailbox)))
        self._broadcast.publish(JournalChanged(name))
        self._each({name}, Account.ring)

    def _fetch(self, keys: frozenset[MessageKey], *, large: bool) -> None:
        for slot in {slot_of(key) for key in keys} & self._by_slot.keys():
            own = frozenset(key for key in keys if slot_of(key) == slot)
            self._by_slot[slot].fetch(own, large=large)

    def _follow_settings(self) -> None:
        """Accounts come, go and change while we run."""
        setups = {setup.name: setup for setup in self._read_setups()}
        for name in self._setups.keys() | setups.keys():
            if self._setups.get(name) == setups.get(name):
                continue
            if name in self._accounts:
                self._former.append(self._accounts.pop(name))
            if name in setups:
                self._accounts[name] = self._account(setups[name])
            self._changed.set()
        self._setups = setups
        self._by_slot = {account_slot(name): each for name, each in self._accounts.items()}

    def _account(self, setup: AccountSetup) -> Account:
        publish = self._broadcast.publish
        return Account(setup, self._parser, publish, self._clock, lambda: self._attached > 0)


async def _end_flight(account: Account) -> None:
    try:
        async with asyncio.timeout(LONGEST_FLIGHT):
            await account.end_flight()
    except TimeoutError:
        log.warning("an operation did not end in time; it will be looked at again")
