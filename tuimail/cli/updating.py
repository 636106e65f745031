"""What an older version left is brought up to date before anything reads it."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from tuimail.cli.failure import Failure
from tuimail.engine.channel import EngineUnavailable
from tuimail.engine.lock import Locked, no_engine
from tuimail.engine.process import LOOK_AGAIN, Place, stop, visit_running
from tuimail.store.lost import JournalBroken
from tuimail.store.updating import is_older, update
from tuimail.store.values import AccountFolders, StoreError

# An engine that was just started opens its stores this soon.
_SOON = 2.0


async def update_stores(place: Place, accounts: Iterable[AccountFolders]) -> None:
    """Only who has the data folder for itself changes their form; raises Failure."""
    older = [folders for folders in accounts if is_older(folders)]
    if not older:
        return
    try:
        await _without_older_engine(place, older)
        with no_engine(place.lock):
            for folders in older:
                # Whoever reads a broken one says so; the others go on.
                with suppress(JournalBroken):
                    update(folders)
    except Locked:
        # Whoever came in between does the same.
        return
    except (EngineUnavailable, StoreError) as error:
        raise Failure(str(error)) from error


async def _without_older_engine(place: Place, older: Sequence[AccountFolders]) -> None:
    """One of this version brings them up to date itself, at once; any other has to leave."""
    visit = await visit_running(place)
    if visit is None:
        return
    await visit.leave()
    end = time.monotonic() + _SOON
    while any(map(is_older, older)) and time.monotonic() < end:  # noqa: ASYNC110 (no event)
        await asyncio.sleep(LOOK_AGAIN)
    if any(map(is_older, older)):
        with suppress(EngineUnavailable):
            await stop(place)
