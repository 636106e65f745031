"""What a `Sync` came to, in the figures of contract.md."""

import time
from dataclasses import replace

from tuimail.backend.base import Busy, Unreachable
from tuimail.engine.events import SyncFinished
from tuimail.engine.link import Link, Tally
from tuimail.engine.trouble import words_of
from tuimail.model.operation import EntryState
from tuimail.model.safe_text import SafeText
from tuimail.store.store import Store, StoreError

FAILED = 1
TRY_LATER = 75


class Reports:
    """Each report tells what changed since the one before it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._reported = Tally()

    async def finished(self, began: float, trouble: Exception | None) -> SyncFinished:
        """`began` is the monotonic time at which the sync was asked for."""
        try:
            entries = await self._link.disk(Store.pending)
        except StoreError as disk_trouble:
            entries, trouble = [], trouble or disk_trouble
        parked = sum(entry.state is EntryState.PARKED for entry in entries)
        before, now = self._reported, replace(self._link.tally)
        self._reported = now
        return SyncFinished(
            account=self._link.account,
            exit=_exit(trouble),
            error=SafeText("") if trouble is None else words_of(trouble),
            new=now.new - before.new,
            removed=now.removed - before.removed,
            flags_changed=now.flags_changed - before.flags_changed,
            pushed=now.pushed - before.pushed,
            here=now.here - before.here,
            pending=len(entries) - parked,
            parked=parked,
            mailboxes=now.mailboxes,
            seconds=round(time.monotonic() - began, 3),
        )


def _exit(trouble: Exception | None) -> int:
    if trouble is None:
        return 0
    return TRY_LATER if isinstance(trouble, Unreachable | Busy) else FAILED
