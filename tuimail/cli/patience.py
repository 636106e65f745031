"""Waiting for an engine's news without ever waiting for good."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Final

from tuimail.cli.failure import Exit
from tuimail.cli.output import complain
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.events import (
    Connection,
    ConnectionChanged,
    Event,
    JournalChanged,
    MailboxChanged,
    Progress,
    SyncFinished,
)
from tuimail.engine.requests import AccountStatus, Status
from tuimail.model.mail import AccountName
from tuimail.model.safe_text import SafeText

LOOK: Final = 5.0
"""Seconds between two looks at who was silent for how long."""

AskStatus = Callable[[], Awaitable[Status | None]]


class News:
    """Events one by one; waiting for the next one may be broken off and gone on with."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        self._next: asyncio.Task[Event | None] | None = None

    def __aiter__(self) -> "News":
        return self

    async def __anext__(self) -> Event:
        event = await self.within(None)
        if event is None:
            raise StopAsyncIteration
        return event

    async def within(self, seconds: float | None) -> Event | None:
        """The next event; None if none comes in that time, or ever: then `ended`."""
        if self._next is None:
            self._next = asyncio.create_task(self._one(), name="the next news")
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        if not done:
            return None
        task, self._next = self._next, None
        return task.result()

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            await asyncio.wait({self._next})

    @property
    def ended(self) -> bool:
        return self._next is None

    async def _one(self) -> Event | None:
        return await anext(self._events, None)


class Patience:
    """For how long each of the accounts may be silent while somebody waits for its sync.

    The engine answers for each account, with its failure, too; where it does not, who waits
    is told after `OFFLINE` seconds of silence that it is not reached, and in any case after
    `SILENT` seconds.
    """

    OFFLINE = 75.0
    SILENT = 300.0

    def __init__(
        self,
        accounts: Collection[AccountName],
        ask: AskStatus,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._heard = dict.fromkeys(accounts, clock())
        self._next_look = 0.0

    def note(self, event: Event) -> None:
        match event:
            case Progress(account=account) | ConnectionChanged(account=account):
                self._heard[account] = self._clock()
            case JournalChanged(account=account):
                self._heard[account] = self._clock()
            case MailboxChanged(mailbox=mailbox):
                self._heard[mailbox.account] = self._clock()
            case _:
                pass

    def begin_anew(self, account: AccountName) -> None:
        self._heard[account] = self._clock()

    async def lost(self, waiting: Collection[AccountName]) -> list[SyncFinished]:
        """How it ends for those of the accounts that were silent for too long."""
        now = self._clock()
        silent = {
            account: now - self._heard[account]
            for account in waiting
            if now - self._heard[account] >= self.OFFLINE
        }
        if not silent or now < self._next_look:
            return []
        self._next_look = now + LOOK
        status = await self._status()
        accounts = {} if status is None else {each.account: each for each in status.accounts}
        found = (
            self._verdict(account, seconds, accounts.get(account), there=status is not None)
            for account, seconds in silent.items()
        )
        return [each for each in found if each]

    def _verdict(
        self, account: AccountName, seconds: float, status: AccountStatus | None, *, there: bool
    ) -> SyncFinished | None:
        if not there:
            return _lost(account, "the engine does not answer")
        if status is None:
            return _lost(account, "the engine knows nothing of this account")
        if status.connection is Connection.OFFLINE or status.connection.needs_help:
            return _lost(account, status.reason or "its server was not reached", status)
        if seconds >= self.SILENT:
            words = f"nothing was heard of it for {seconds:.0f} seconds; the engine goes on trying"
            return _lost(account, words, status)
        return None

    async def _status(self) -> Status | None:
        try:
            return await self._ask()
        except EngineUnavailable:
            return None


def tell_wait(change: ConnectionChanged, delayed: set[AccountName]) -> None:
    """Why nothing happens for a while, once; `delayed` are the accounts of which it was told."""
    if change.connection is not Connection.CONNECTING or not change.reason:
        delayed.discard(change.account)
    elif change.account not in delayed:
        delayed.add(change.account)
        complain(f"{change.account}: {change.reason}")


def _lost(account: AccountName, words: str, status: AccountStatus | None = None) -> SyncFinished:
    pending, parked = (status.pending, status.parked) if status else (0, 0)
    needs_help = status is not None and status.connection.needs_help
    exit_code = Exit.FAILED if needs_help else Exit.LATER
    return SyncFinished(account, exit_code, SafeText(words), pending=pending, parked=parked)
